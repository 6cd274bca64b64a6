"""The last import, undone: what it changed is again what it was, or nothing is."""

import pytest
from django.test import Client

from accounts.imports.models import Import
from accounts.models import Employee, Organisation
from accounts.roles import Role
from audit.models import AuditEvent
from linking import tasks
from linking.models import LinkedIdentity
from tests.accounts.imports.files import INGRID, INGRIDS_NUMBER, REQUIRED, SOLVEIG, TORBJORN, csv
from tests.accounts.worlds import browser_of, make_local
from tests.factories import fingerprint_of, make_grant, make_link
from tests.linking.hr import imported, newest, page, send, upload, work

pytestmark = pytest.mark.django_db
WHOLE = (*REQUIRED, "birth_date", "national_id", "department", "starts_on", "ends_on")


@pytest.fixture
def rune(organisation: Organisation) -> Client:
    return browser_of(make_local("rune", role=Role.REGISTRAR, organisation=organisation))


def everybody() -> list[tuple[object, ...]]:
    rows = Employee.objects.order_by("employee_number").values_list()
    return [
        tuple(bytes(each) if isinstance(each, memoryview) else each for each in row) for row in rows
    ]


def undo(client: Client) -> Import:
    send(client, "undo")
    return work()


def test_every_field_gets_its_former_value_and_new_people_are_deleted(
    rune: Client, organisation: Organisation
) -> None:
    first = (*INGRID, "16.11.1994", "", "Skole", "01.08.2020", "")
    imported(rune, organisation, csv(first, (*SOLVEIG, "", "", "Skole", "", ""), header=WHOLE))
    before = everybody()
    swapped = ("1001", "Inga", "Berg", SOLVEIG[3], "", INGRIDS_NUMBER, "Kultur", "", "31.12.2099")
    others = (("1002", *SOLVEIG[1:3], INGRID[3], *[""] * 5), (*TORBJORN, *[""] * 5))
    imported(rune, organisation, csv(swapped, *others, header=WHOLE))
    assert everybody() != before
    shown = page(rune, "undo")
    assert "2 employees get their former values back" in shown
    assert "1 new employee, who has not signed in, is deleted" in shown
    assert undo(rune).state == "undone"
    assert everybody() == before
    undone = AuditEvent.objects.get(event="import:undone")
    assert (undone.details["restored"], undone.details["deleted"]) == (2, 1)
    assert AuditEvent.objects.filter(event="employee:deleted").count() == 1
    assert newest().rows.filter(kind="new", name="Torbjørn Biegganjárga").exists()


def test_leavers_come_back_and_their_links_do_not(rune: Client, organisation: Organisation) -> None:
    imported(rune, organisation, csv(INGRID, SOLVEIG))
    make_link(employee=Employee.objects.get(employee_number="1002"))
    imported(rune, organisation, csv(INGRID), leavers="1")
    tasks.end_leavers()
    assert "does not come back" in page(rune, "undo")
    undo(rune)
    back = Employee.objects.get(employee_number="1002")
    assert (back.active, back.ends_on) == (True, None)
    assert LinkedIdentity.objects.get().state == "revoked"


def test_new_people_who_have_linked_are_kept_and_become_inactive(
    rune: Client, organisation: Organisation
) -> None:
    imported(rune, organisation, csv(INGRID, SOLVEIG))
    make_link(employee=Employee.objects.get(employee_number="1001"))
    assert "is set inactive" in page(rune, "undo")
    undo(rune)
    assert list(Employee.objects.values_list("employee_number", "active")) == [("1001", False)]


def test_somebody_changed_since_stands_in_the_way_by_name(
    rune: Client, organisation: Organisation
) -> None:
    imported(rune, organisation, csv(INGRID, SOLVEIG))
    Employee.objects.filter(employee_number="1002").update(department="Kultur")
    assert "Solveig" not in page(rune, "undo")  # not a field of the import's
    Employee.objects.filter(employee_number="1002").update(last_name="Li")
    shown = page(rune, "undo")
    assert "these people have been changed since" in shown
    assert "Solveig Li" in shown
    assert undo(rune).state == "applied"
    assert Employee.objects.count() == 2


def test_a_change_between_the_question_and_the_work_is_kept(
    rune: Client, organisation: Organisation
) -> None:
    imported(rune, organisation, csv(INGRID, SOLVEIG))
    send(rune, "undo")
    Employee.objects.filter(employee_number="1002").update(last_name="Li")
    assert work().state == "applied"
    assert "was not undone" in page(rune)
    assert Employee.objects.count() == 2


def test_an_address_that_somebody_has_taken_since_undoes_nothing(
    rune: Client, organisation: Organisation
) -> None:
    imported(rune, organisation, csv(INGRID))
    imported(rune, organisation, csv((*INGRID[:3], "inga@kommune.example")))
    Employee.objects.create(
        organisation=organisation, employee_number="5", first_name="A", last_name="B",
        email=INGRID[3],
    )  # fmt: skip
    assert undo(rune).state == "applied"
    assert Employee.objects.get(employee_number="1001").email == "inga@kommune.example"


def test_only_the_last_import_is_undone_and_only_once(
    rune: Client, organisation: Organisation
) -> None:
    first = imported(rune, organisation, csv(INGRID))
    second = imported(rune, organisation, csv(INGRID, SOLVEIG))
    assert "not what you looked at any more" in page(rune, "undo", first)
    undo(rune)
    assert second.pk == newest().pk
    for changeset in (first, second):
        assert "not what you looked at any more" in page(rune, "undo", changeset)
    upload(rune, organisation, csv(INGRID, SOLVEIG))
    assert work().new == 1


def test_a_registrar_does_not_undo_what_tells_who_an_administrator_is(
    rune: Client, organisation: Organisation
) -> None:
    imported(rune, organisation, csv(INGRID))
    imported(rune, organisation, csv((*INGRID[:3], "inga@kommune.example")))
    boss = Employee.objects.get()
    make_grant(employee=boss, role=Role.ADMINISTRATOR, organisation=organisation)
    assert "have a role that gives more" in page(rune, "undo")
    assert undo(rune).state == "applied"
    boss.refresh_from_db()
    assert boss.email == "inga@kommune.example"


def test_a_number_under_a_key_that_is_gone_is_not_put_back(
    rune: Client, organisation: Organisation, settings: pytest.FixtureRequest
) -> None:
    """A number without its key would keep the portal from starting."""
    header = (*REQUIRED, "national_id")
    imported(rune, organisation, csv(INGRID))
    Employee.objects.update(national_id_fingerprint=b"x" * 32, national_id_key="gone")
    imported(rune, organisation, csv((*INGRID, INGRIDS_NUMBER), header=header))
    assert undo(rune).state == "applied"
    kept = Employee.objects.get()
    assert kept.national_id_key == fingerprint_of(INGRIDS_NUMBER).key_id


def test_the_commands_imports_are_undone_too(
    rune: Client, organisation: Organisation, tmp_path: object
) -> None:
    from pathlib import Path

    from django.core.management import call_command

    file = Path(str(tmp_path)) / "people.csv"
    file.write_bytes(csv(INGRID, ("9", "", "B", "b@k.example")))
    call_command("import_employees", str(file), "--organisation", organisation.slug)
    kept = newest()
    assert (kept.state, kept.source, kept.new, kept.refused) == ("applied", "people.csv", 1, 1)
    assert "The command on the server" in page(rune)
    assert "it is empty" in page(rune, "report")
    undo(rune)
    assert not Employee.objects.exists()
