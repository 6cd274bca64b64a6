"""Employers, and their rules."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from accounts import actions
from accounts.access import ScopedAdmin, everywhere
from accounts.admin.common import actor
from accounts.administrators.fresh import FreshSignInToChange
from accounts.models import Organisation

# What ID-porten's self-service calls an address, and which page of ours it is.
_AT_IDPORTEN = {
    "redirect_uri": "oidc_authentication_callback",
    "post_logout_redirect_uri": "sign_in",
    "frontchannel_logout_uri": "oidc_frontchannel_logout",
    "backchannel_logout_uri": "oidc_backchannel_logout",
}


@admin.register(Organisation)
class OrganisationAdmin(FreshSignInToChange[Organisation], ScopedAdmin[Organisation]):
    list_display = ("name", "host", "minimum_assurance", "unused_days", "active")
    list_filter = ("active", "minimum_assurance")
    search_fields = ("name", "slug", "host")
    organisation_path = "pk"
    # Where employees find the portal: the proxy and ID-porten must know it too.
    of_the_portal = ("slug", "host", "active")
    fieldsets = (
        (None, {"fields": ("name", "slug", "host", "default_language", "active")}),
        (_("Help for employees"), {"fields": ("support_email", "support_phone")}),
        (
            _("Rules"),
            {
                "fields": (
                    "minimum_assurance",
                    "unused_days",
                    "name_mismatch",
                    "approve_links",
                    "shows_who_looked",
                )
            },
        ),
    )
    at_idporten = (
        _("At ID-porten"),
        {
            "fields": ("addresses",),
            "description": _(
                "Nobody can sign in here until these addresses are registered on the portal's "
                "client at ID-porten, letter by letter."
            ),
        },
    )

    def organisation_of(self, obj: Organisation) -> UUID | None:
        return obj.pk

    def get_readonly_fields(self, request: HttpRequest, obj: Organisation | None = None) -> Any:
        keeps_the_portal = everywhere(request.user, self.permission("change"))
        return ("addresses", *(() if keeps_the_portal else self.of_the_portal))

    def get_fieldsets(self, request: HttpRequest, obj: Organisation | None = None) -> Any:
        """The addresses are made of the host, which a new one has not got yet."""
        fieldsets = super().get_fieldsets(request, obj)
        return fieldsets if obj is None else (*fieldsets, self.at_idporten)

    @admin.display(description=_("addresses"))
    def addresses(self, organisation: Organisation) -> str:
        """What whoever keeps the client at ID-porten is to copy."""
        rows = (
            (name, organisation.base_url + reverse(page)) for name, page in _AT_IDPORTEN.items()
        )
        return format_html(
            '<dl class="addresses">{}</dl>',
            format_html_join("", "<dt><code>{}</code></dt><dd><code>{}</code></dd>", rows),
        )

    def get_prepopulated_fields(self, request: HttpRequest, obj: Organisation | None = None) -> Any:
        return {"slug": ("name",)} if obj is None else {}

    def save_model(
        self, request: HttpRequest, obj: Organisation, form: ModelForm[Organisation], change: bool
    ) -> None:
        now = timezone.now()
        if change:
            fields = form.changed_data
            actions.change_organisation(obj, fields=fields, by=actor(request), now=now)
        else:
            actions.create_organisation(obj, by=actor(request), now=now)

    def response_post_save_add(
        self, request: HttpRequest, obj: Organisation
    ) -> HttpResponseRedirect:
        """Show the new one: its addresses are to be registered at ID-porten next."""
        return HttpResponseRedirect(reverse("admin:accounts_organisation_change", args=[obj.pk]))

    def has_delete_permission(self, request: HttpRequest, obj: Organisation | None = None) -> bool:
        """Organisations are made inactive: their employees and links stay accounted for."""
        return False
