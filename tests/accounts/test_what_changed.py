"""From what to what: a change in the registry tells it, but of nobody's name."""

from datetime import date
from typing import Any

import pytest
from django.utils import timezone

from accounts import actions
from accounts.models import User
from audit.models import AuditEvent
from tests.factories import make_employee, make_organisation

pytestmark = pytest.mark.django_db


def newest() -> dict[str, Any]:
    details: dict[str, Any] = AuditEvent.objects.latest("id").details
    return details


def test_a_policy_tells_from_what_to_what() -> None:
    organisation = make_organisation(unused_days=365, approve_links=False)
    organisation.unused_days, organisation.approve_links = 90, True
    fields = ["unused_days", "approve_links", "name"]
    actions.change_organisation(organisation, fields=fields, by="user:x", now=timezone.now())
    assert newest() == {
        "fields": fields,
        "changes": {"unused_days": [365, 90], "approve_links": [False, True]},
    }


def test_an_employment_tells_from_what_to_what_and_a_name_only_that_it_changed() -> None:
    employee = make_employee(first_name="Kari", email="kari@x.example", department="")
    employee.first_name, employee.email = "Karin", "karin@x.example"
    employee.ends_on, employee.department = date(2026, 3, 1), "Skole"
    fields = ["first_name", "email", "ends_on", "department"]
    actions.change_employee(employee, fields=fields, by="user:x", now=timezone.now())
    assert newest() == {
        "fields": fields,
        "changes": {"ends_on": [None, "2026-03-01"], "department": ["", "Skole"]},
    }


def test_an_administrator_tells_of_rights_alone() -> None:
    user = User.objects.create(username="kari", email="kari@x.example", password="!")
    user.is_active, user.email = False, "karin@x.example"
    fields = ["is_active", "email"]
    actions.change_administrator(user, fields=fields, by="user:x", now=timezone.now())
    told = newest()
    assert told["changes"] == {"is_active": [True, False]}
    assert "karin" not in str(told)


def test_a_new_password_by_the_command_is_told_of_each_time() -> None:
    for _time in range(2):
        actions.create_administrator("kari", password="x", by="command:x", now=timezone.now())
    told = list(AuditEvent.objects.order_by("id").values_list("event", flat=True))
    assert told == ["administrator:created", "administrator:changed"]
