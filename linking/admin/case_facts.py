"""A case's facts in words, without numbers: on its own page and where it is decided."""

from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.timesince import timesince
from django.utils.translation import gettext_lazy as _

from accounts.models import Employee
from linking.admin.common import link_to, paragraphs, registered_number
from linking.eids import eid_name
from linking.models import Case

_MINUTE = timedelta(minutes=1)
TOO_LONG = timedelta(days=3)


def age_of(case: Case, now: datetime) -> str:
    """Tell how long a case has been open; what has waited too long is said, not only coloured."""
    until = case.decided_at or now
    if until - case.opened_at <= _MINUTE:
        return ""
    age = timesince(case.opened_at, until, depth=1)
    if case.decided_at is not None or until - case.opened_at <= TOO_LONG:
        return age
    return format_html("<strong>{}</strong>", _("%(age)s: has waited too long") % {"age": age})


def sides_of(case: Case) -> list[tuple[Any, str]]:
    """Give what is known about whom, as labels and facts; what is not there is left out."""
    facts = [
        (_("employee"), facts_about(case.employee, what_fits(case))),
        (_("the other employee"), facts_about(case.other_employee, "")),
        (_("signed in as"), requester(case) if case.request else "–"),
        (_("security code"), request_of(case)),
        (_("link"), link_of(case)),
    ]
    return [(label, text) for label, text in facts if text != "–"]


def facts_about(employee: Employee | None, compared: Any) -> str:
    if employee is None:
        return "–"
    return paragraphs(
        link_to(employee),
        " · ".join(filter(None, (employee.department, employee.employee_number))),
        compared,
    )


def requester(case: Case) -> str:
    no_name = _("No name: MinID tells none, and it is deleted when a case is decided.")
    return paragraphs(case.requester or no_name, eid_name(case.eid))


def request_of(case: Case) -> str:
    asked = case.request
    if asked is None:
        return "–"
    address = reverse("admin:linking_pendingcode_change", args=[asked.pk])
    return paragraphs(
        format_html('<a href="{}">{}</a>', address, asked.reference),
        _("Asked for: %(when)s") % {"when": _moment(asked.requested_at)},
        asked.get_state_display(),
    )


def link_of(case: Case) -> str:
    link = case.link
    if link is None:
        return "–"
    address = reverse("admin:linking_linkedidentity_change", args=[link.pk])
    return paragraphs(
        format_html('<a href="{}">{}</a>', address, link),
        link.get_state_display(),
        _("Linked: %(when)s") % {"when": _moment(link.linked_at)},
        _("Last used: %(when)s") % {"when": _moment(link.last_used_at)},
        registered_number(link.employee, link),
    )


def _moment(at: Any) -> str:
    return date_format(timezone.localtime(at), "SHORT_DATETIME_FORMAT")


def what_fits(case: Case) -> Any:
    """Tell in words, without numbers, how the eID stands to what is registered now."""
    employee, asked = case.employee, case.request
    if employee is None or asked is None or asked.employee_id != employee.pk:
        return ""  # the eID asked for somebody else
    if employee.national_id_fingerprint is not None:
        return _number_in_words(case, employee)
    if employee.birth_date is not None:
        return _("A birth date is registered. If it was when the code was asked for, it fits.")
    return _("Neither birth date nor identity number is registered: nothing could be compared.")


def _number_in_words(case: Case, employee: Employee) -> Any:
    if case.fingerprint is None or case.fingerprint_key != employee.national_id_key:
        return _(
            "An identity number is registered. If it was when the code was asked for, it fits."
        )
    if bytes(case.fingerprint) == bytes(employee.national_id_fingerprint or b""):
        return _("An identity number is registered, and it is the electronic ID's.")
    return _("An identity number is registered, and it is not the electronic ID's.")
