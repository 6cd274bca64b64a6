"""What the administration's pages about linking share."""

from typing import Any

from django.db.models import Model, Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _

from accounts.access import ScopedAdmin
from accounts.models import Employee
from accounts.search import people_found
from linking.models import LinkedIdentity


class ReadOnlyAdmin[Row: Model](ScopedAdmin[Row]):
    """Rows that only the journey itself writes."""

    list_per_page = 50

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Row | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Row | None = None) -> bool:
        return False


def about_people(typed: str, path: str = "employee") -> Q:
    """Give the condition that a row is about somebody who is found so."""
    return Q(**{f"{path}__in": Employee.objects.filter(people_found(typed)).values("pk")})


def link_to(employee: Employee | None) -> str:
    """Give a link to an employee's page."""
    if employee is None:
        return "–"
    address = reverse("admin:accounts_employee_change", args=[employee.pk])
    return format_html('<a href="{}">{}</a>', address, employee)


def paragraphs(*texts: Any) -> str:
    """Give the texts under one another, without the empty ones."""
    return format_html_join(mark_safe("<br>"), "{}", ((text,) for text in texts if text)) or "–"


def registered_number(employee: Employee, link: LinkedIdentity | None) -> Any:
    """Tell in words, without numbers, how the registered identity number stands to the link's."""
    if employee.national_id_fingerprint is None:
        return _("No identity number is registered.")
    if link is None or link.fingerprint_key != employee.national_id_key:
        return _("An identity number is registered.")
    if bytes(link.fingerprint) == bytes(employee.national_id_fingerprint):
        return _("An identity number is registered, and it is the linked one.")
    return _(
        "An identity number is registered, and it is not the linked one: it has been changed since "
        "the link was made. The link stands until somebody ends it."
    )
