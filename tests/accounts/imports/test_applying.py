"""A file applied to the registry: one transaction, its events, and nothing the second time."""

import io
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.imports import actions
from accounts.imports.plan import Kind, Plan
from accounts.imports.rows import PeopleFile
from accounts.models import Employee, Organisation
from audit.models import AuditEvent
from linking import tasks
from linking.models import LinkedIdentity
from tests.accounts.imports.files import (
    INGRID,
    INGRIDS_NUMBER,
    REQUIRED,
    SOLVEIG,
    TORBJORN,
    csv,
)
from tests.factories import fingerprint_of, make_employee, make_link, make_organisation

pytestmark = pytest.mark.django_db
NOW = timezone.now()
TODAY = timezone.localdate(NOW)
WHOLE = (*REQUIRED, "birth_date", "national_id", "department", "starts_on", "ends_on")


def people(content: bytes) -> PeopleFile:
    return actions.read_people(io.BytesIO(content), keys=settings.FINGERPRINT_KEYS, now=NOW)


def apply(organisation: Organisation, content: bytes, **options: Any) -> Plan:
    return actions.apply_import(
        organisation, people(content), by="command:test", now=NOW, **options
    )


def everybody(organisation: Organisation) -> list[tuple[Any, ...]]:
    return list(
        Employee.objects.filter(organisation=organisation)
        .order_by("employee_number")
        .values_list("employee_number", "first_name", "email", "department", "ends_on", "active")
    )


def employee(organisation: Organisation, number: str) -> Employee:
    found: Employee = Employee.objects.get(organisation=organisation, employee_number=number)
    return found


def test_new_people_are_registered_with_all_that_the_file_says(organisation: Organisation) -> None:
    told = ("16.11.1994", INGRIDS_NUMBER, "Skole", "01.08.2020", "31.12.2099")
    apply(organisation, csv((*INGRID, *told), header=WHOLE))
    ingrid = employee(organisation, "1001")
    assert (ingrid.full_name, ingrid.email, ingrid.department) == (
        "Ingrid Bergtun",
        INGRID[3],
        "Skole",
    )
    fingerprint = fingerprint_of(INGRIDS_NUMBER)
    assert bytes(ingrid.national_id_fingerprint or b"") == fingerprint.digest
    assert ingrid.national_id_key == fingerprint.key_id
    assert (str(ingrid.birth_date), str(ingrid.ends_on)) == ("1994-11-16", "2099-12-31")
    assert ingrid.id.version == 7
    ingrid.full_clean()


def test_the_same_file_again_changes_nothing_and_leaves_no_event(
    organisation: Organisation,
) -> None:
    content = csv((*INGRID, "", INGRIDS_NUMBER, "Skole", "", ""), header=WHOLE)
    apply(organisation, content)
    before, events = everybody(organisation), AuditEvent.objects.count()
    again = apply(organisation, content)
    assert (again.changes, again.unchanged) == ([], 1)
    assert (everybody(organisation), AuditEvent.objects.count()) == (before, events)


def test_each_person_has_an_event_with_fields_and_no_values(organisation: Organisation) -> None:
    apply(organisation, csv(INGRID, SOLVEIG))
    changed = ("1001", "Inga", *INGRID[2:], "Skole")
    file = csv(changed, (*TORBJORN, ""), header=(*REQUIRED, "department"))
    apply(organisation, file, leave_limit=50, source="hr.csv")
    found = {
        (event.event, str(event.employee_id), str(event.details.get("fields")))
        for event in AuditEvent.objects.filter(event__startswith="employee:", actor="command:test")
    }
    ids = {number: str(employee(organisation, number).pk) for number in ("1001", "1002", "1003")}
    assert found == {
        ("employee:created", ids["1001"], "None"),
        ("employee:created", ids["1002"], "None"),
        ("employee:created", ids["1003"], "None"),
        ("employee:changed", ids["1001"], "['first_name', 'department']"),
        ("employee:changed", ids["1002"], "['ends_on', 'active']"),
    }
    newest = AuditEvent.objects.filter(event="import:applied").latest("id")
    counts = {"new": 1, "changed": 0, "moved": 1, "leaving": 1, "returning": 0}
    assert newest.details == counts | {"unchanged": 0, "refused": 0, "source": "hr.csv"}
    assert newest.organisation_id == organisation.pk


def test_three_who_pass_their_addresses_round_get_them(organisation: Organisation) -> None:
    apply(organisation, csv(INGRID, SOLVEIG, TORBJORN))
    addresses = [SOLVEIG[3], TORBJORN[3], INGRID[3].upper()]
    round_ = [
        (*who[:3], address)
        for who, address in zip((INGRID, SOLVEIG, TORBJORN), addresses, strict=True)
    ]
    apply(organisation, csv(*round_))
    assert [row[2] for row in everybody(organisation)] == addresses


def test_a_new_person_may_have_the_address_that_another_gives_up(
    organisation: Organisation,
) -> None:
    apply(organisation, csv(INGRID))
    apply(organisation, csv((*INGRID[:3], "new@kommune.example"), (*SOLVEIG[:3], INGRID[3])))
    assert [row[2] for row in everybody(organisation)] == ["new@kommune.example", INGRID[3]]


def test_a_leavers_link_ends_with_the_next_task_and_the_others_stay(
    organisation: Organisation,
) -> None:
    apply(organisation, csv(INGRID, SOLVEIG))
    for number in ("1001", "1002"):
        make_link(employee=employee(organisation, number))
    apply(organisation, csv(SOLVEIG), leave_limit=50)
    tasks.end_leavers()
    states = LinkedIdentity.objects.values_list("employee__employee_number", "state")
    assert set(states) == {("1001", "revoked"), ("1002", "active")}


def test_too_many_leavers_change_nothing_unless_allowed(organisation: Organisation) -> None:
    apply(organisation, csv(INGRID, SOLVEIG))
    before = everybody(organisation)
    with pytest.raises(actions.TooManyWouldLeave) as refused:
        apply(organisation, csv((*INGRID[:1], "Inga", *INGRID[2:])), leave_limit=49)
    assert (refused.value.plan.losing_access, refused.value.plan.employed) == (1, 2)
    assert everybody(organisation) == before
    assert apply(organisation, csv(INGRID), leave_limit=50).counts()[Kind.LEAVING] == 1


def test_another_organisation_is_not_touched(organisation: Organisation) -> None:
    other = make_employee(organisation=make_organisation(), employee_number="1001", email=INGRID[3])
    apply(organisation, csv(INGRID))
    other.refresh_from_db()
    assert (other.active, other.first_name) == (True, "Solveig")


def test_bad_rows_are_left_out_and_good_ones_go_on(organisation: Organisation) -> None:
    apply(organisation, csv(INGRID, SOLVEIG))
    bad = (*INGRID[:3], "no address")
    plan = apply(organisation, csv(bad, ("1002", "Sol", *SOLVEIG[2:]), TORBJORN))
    assert [row.line for row in plan.refused] == [2]
    assert [row[1] for row in everybody(organisation)] == ["Ingrid", "Sol", "Torbjørn"]
    assert employee(organisation, "1001").active


def test_what_was_looked_at_is_applied_and_nothing_else(organisation: Organisation) -> None:
    content = csv(INGRID)
    looked_at = actions.preview_import(organisation, people(content), now=NOW)
    assert everybody(organisation) == []
    make_employee(organisation=organisation, employee_number="1001", email=INGRID[3])
    with pytest.raises(actions.RegistryChanged):
        apply(organisation, content, reviewed=looked_at.code())
    looked_at = actions.preview_import(organisation, people(content), now=NOW)
    apply(organisation, content, reviewed=looked_at.code())
    assert employee(organisation, "1001").first_name == "Ingrid"


def change_ingrid(organisation: Organisation) -> None:
    Employee.objects.filter(organisation=organisation).update(department="Kultur")


def take_solveigs_address(organisation: Organisation) -> None:
    make_employee(organisation=organisation, email=SOLVEIG[3])


@pytest.mark.parametrize("meanwhile", [change_ingrid, take_solveigs_address])
def test_somebody_who_writes_after_the_plan_was_made_is_not_overwritten(
    organisation: Organisation, meanwhile: Any
) -> None:
    apply(organisation, csv(INGRID))
    content = csv(("1001", "Inga", *INGRID[2:]), SOLVEIG)
    with pytest.raises(actions.RegistryChanged):
        apply(organisation, content, tell=lambda _plan: meanwhile(organisation))
    assert employee(organisation, "1001").first_name == "Ingrid"


def test_who_comes_back_is_the_same_employee(organisation: Organisation) -> None:
    apply(organisation, csv(INGRID, SOLVEIG))
    was = employee(organisation, "1001").pk
    apply(organisation, csv(SOLVEIG), leave_limit=50)
    left = employee(organisation, "1001")
    assert (left.active, left.ends_on) == (False, TODAY)
    apply(organisation, csv(INGRID, SOLVEIG))
    back = employee(organisation, "1001")
    assert (back.pk, back.active, back.ends_on) == (was, True, None)


@pytest.mark.parametrize("address", ["a@b", "a b@k.example", "a@", "@k.no"])
def test_an_address_that_the_model_refuses_the_file_refuses(
    organisation: Organisation, address: str
) -> None:
    with pytest.raises(ValidationError):
        Employee._meta.get_field("email").clean(address, None)
    plan = apply(organisation, csv((*INGRID[:3], address)))
    assert (len(plan.refused), everybody(organisation)) == (1, [])


def test_somebody_who_only_begins_later_leaves_without_a_last_day(
    organisation: Organisation,
) -> None:
    tomorrow = TODAY + timedelta(days=1)
    make_employee(organisation=organisation, employee_number="1001", starts_on=tomorrow)
    apply(organisation, csv(SOLVEIG))
    assert employee(organisation, "1001").ends_on is None
    assert not employee(organisation, "1001").active
