from django.apps import AppConfig
from django.db.models.signals import post_migrate


class PortalConfig(AppConfig):
    name = "portal"

    def ready(self) -> None:
        # They listen for Celery, in this order: what refuses to start has not started. Models are
        # loaded now.
        from portal import lifecycle, start  # noqa: F401, PLC0415

        post_migrate.connect(lifecycle.note_migrated, sender=self)
