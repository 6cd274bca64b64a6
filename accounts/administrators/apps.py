from django.contrib import admin
from django.contrib.admin.apps import AdminConfig


class AdministrationConfig(AdminConfig):
    """Django's administration behind the portal's own door."""

    default_site = "accounts.administrators.site.AdministrationSite"

    def ready(self) -> None:
        super().ready()
        # allauth registers them; the one holds secrets, and nobody has an address of the other.
        names = {"account.EmailAddress", "mfa.Authenticator"}
        admin.site.unregister([m for m in admin.site._registry if m._meta.label in names])
