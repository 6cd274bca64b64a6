from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "portal"

    def ready(self) -> None:
        from portal import start  # noqa: F401, PLC0415  # listens for Celery; models are loaded now
