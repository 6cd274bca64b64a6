"""HR's file in the administration, as HR has it: upload, look, approve, undo."""

import csv as reader
import io
import time
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.imports import reviews
from accounts.imports.models import Import, ImportRow, ReadFile
from accounts.models import Employee, Organisation, User
from accounts.national_id import FingerprintKeys
from accounts.roles import Role
from audit.models import AuditEvent
from tests.accounts.imports.files import INGRID, INGRIDS_NUMBER, REQUIRED, SOLVEIG, TORBJORN, csv
from tests.accounts.worlds import browser_of, make_local
from tests.factories import fingerprint_of, make_employee, make_grant, make_link, make_organisation
from tests.linking.hr import imported, newest, page, send, upload, work

pytestmark = pytest.mark.django_db
DEPARTMENTS = (*REQUIRED, "department")


@pytest.fixture
def rune(organisation: Organisation) -> Client:
    return browser_of(make_local("rune", role=Role.REGISTRAR, organisation=organisation))


def test_a_file_is_looked_at_approved_and_applied(rune: Client, organisation: Organisation) -> None:
    known = make_employee(
        organisation=organisation, employee_number="1001", first_name="Ingrid", last_name="Berg",
        email=INGRID[3], department="Skole",
    )  # fmt: skip
    file = csv(
        (*INGRID, "Kultur"), (*SOLVEIG, "Skole"), ("9", "", "B", "x", ""), header=DEPARTMENTS
    )
    answer = upload(rune, organisation, file)
    assert answer.status_code == 302
    assert "Being compared" in page(rune)
    assert work().state == "review"
    shown = page(rune)
    assert "<del>Skole</del>" in shown
    assert "<ins>Kultur</ins>" in shown
    assert "Solveig Brattfjellhaug" in shown
    assert "it is empty, and must not be" in shown
    assert not Employee.objects.filter(employee_number="1002").exists()
    assert send(rune, "approve", code=newest().code).status_code == 302
    assert "Approved, being carried out" in page(rune)
    done = work()
    assert (done.state, done.new, done.moved, done.refused) == ("applied", 1, 1, 1)
    known.refresh_from_db()
    assert (known.last_name, known.department) == ("Bergtun", "Kultur")
    assert done.rows.get(kind="new").employee == Employee.objects.get(employee_number="1002")
    assert not ReadFile.objects.exists()
    actors = set(AuditEvent.objects.filter(event__startswith="import:").values_list("actor"))
    assert actors == {(User.objects.get(username="rune").actor,)}


def test_the_rows_are_filtered_by_the_figures(rune: Client, organisation: Organisation) -> None:
    make_employee(organisation=organisation, employee_number="7", last_name="Slutter")
    upload(rune, organisation, csv(INGRID))
    work()
    shown = {kind: page(rune, kind=kind) for kind in ("new", "leaving", "losing", "refused", "x\0")}
    assert [("Slutter" in shown[kind], "Bergtun" in shown[kind]) for kind in shown] == [
        (False, True), (True, False), (True, False), (False, False), (True, True),
    ]  # fmt: skip
    assert "There are no such rows" in shown["refused"]


def test_many_rows_come_page_by_page(rune: Client, organisation: Organisation) -> None:
    people = [(str(number), "A", f"Nr{number}X", f"{number}@k.example") for number in range(120)]
    upload(rune, organisation, csv(*people))
    work()
    assert "Nr119X" in page(rune, page="3")
    assert "Nr119X" in page(rune, page="99999999999999999999")
    assert "Nr0X" in page(rune, page="\0")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"x" * (5 * 2**20 + 1), "larger than 5 MB"),
        (b"\xd0\xcf\x11\xe0", "with a password, or of the old kind"),
        (b"employee_number,first_name,last_name,email\r\n", "no row with a person"),
        (b"", "The submitted file is empty"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_by_its_field(
    rune: Client, organisation: Organisation, content: bytes, sentence: str
) -> None:
    answer = upload(rune, organisation, content)
    assert answer.status_code == 200
    assert sentence in answer.content.decode()
    assert not Import.objects.exists()


def test_a_file_is_taken_only_for_an_organisation_of_the_role(rune: Client) -> None:
    other = make_organisation(name="Fjordvik kommune")
    answer = upload(rune, other, csv(INGRID))
    assert "not one of the available choices" in answer.content.decode()
    assert not Import.objects.exists()


def test_a_newer_file_replaces_the_one_that_waits(rune: Client, organisation: Organisation) -> None:
    upload(rune, organisation, csv(INGRID))
    first = work()
    upload(rune, organisation, csv(SOLVEIG))
    first.refresh_from_db()
    assert first.state == "replaced"
    assert not ImportRow.objects.filter(changeset=first).exists()
    assert ReadFile.objects.count() == 1
    assert "The rows are deleted" in page(rune, changeset=first)
    assert "not what you looked at any more" in page(rune, "report", first)


def test_an_import_that_is_carried_out_is_not_replaced(
    rune: Client, organisation: Organisation
) -> None:
    upload(rune, organisation, csv(INGRID))
    work()
    send(rune, "approve", code=newest().code)
    answer = upload(rune, organisation, csv(SOLVEIG))
    assert "is being carried out" in answer.content.decode()
    assert newest().state == "approved"


def test_a_cancelled_import_leaves_nothing(rune: Client, organisation: Organisation) -> None:
    upload(rune, organisation, csv(INGRID))
    work()
    assert send(rune, "cancel").status_code == 302
    assert newest().state == "cancelled"
    assert not ImportRow.objects.exists()
    assert not ReadFile.objects.exists()
    send(rune, "approve", code=newest().code)
    assert newest().state == "cancelled"
    assert not Employee.objects.exists()


def test_the_same_file_again_is_nothing_to_approve(
    rune: Client, organisation: Organisation
) -> None:
    imported(rune, organisation, csv(INGRID))
    upload(rune, organisation, csv(INGRID))
    assert work().unchanged == 1
    assert "There is nothing to change" in page(rune)
    send(rune, "approve", code=newest().code)
    assert newest().state == "review"


def test_what_changed_since_is_not_overwritten_but_looked_at_again(
    rune: Client, organisation: Organisation
) -> None:
    imported(rune, organisation, csv(INGRID))
    upload(rune, organisation, csv(("1001", "Inga", *INGRID[2:])))
    work()
    Employee.objects.update(last_name="Berg")
    send(rune, "approve", code=newest().code)
    assert work().state == "outdated"
    assert "is no longer what it was" in page(rune)
    assert Employee.objects.get().first_name == "Ingrid"
    send(rune, "look_again")
    assert work().state == "review"
    send(rune, "approve", code=newest().code)
    assert work().state == "applied"
    assert Employee.objects.get().full_name == "Inga Bergtun"


def test_only_what_was_shown_is_approved(rune: Client, organisation: Organisation) -> None:
    """A stale page: the same import has been compared anew meanwhile."""
    upload(rune, organisation, csv(INGRID))
    stale = work().code
    make_employee(organisation=organisation, employee_number="1001", email=INGRID[3])
    send(rune, "look_again")
    work()
    send(rune, "approve", code=stale)
    assert newest().state == "review"


def test_whoever_lets_many_lose_their_access_types_how_many(
    rune: Client, organisation: Organisation
) -> None:
    imported(rune, organisation, csv(INGRID, SOLVEIG, TORBJORN))
    upload(rune, organisation, csv(INGRID))
    work()
    assert "67 %, and the limit is 10 %" in page(rune)
    refused = send(rune, "approve", code=newest().code, leavers="1")
    assert "not how many lose their access" in refused.content.decode()
    send(rune, "approve", code=newest().code)
    assert newest().state == "review"
    send(rune, "approve", code=newest().code, leavers="2")
    assert work().state == "applied"
    assert Employee.objects.filter(active=True).count() == 1


def let_an_hour_pass(browser: Client) -> None:
    session = browser.session
    for record in session["account_authentication_methods"]:
        record["at"] = time.time() - 3600
    session.save()


def test_many_leavers_need_a_fresh_sign_in(rune: Client, organisation: Organisation) -> None:
    imported(rune, organisation, csv(INGRID, SOLVEIG))
    upload(rune, organisation, csv(INGRID))
    work()
    let_an_hour_pass(rune)
    answer = send(rune, "approve", code=newest().code, leavers="1")
    assert "/second-factor/" in answer.headers["Location"]
    assert newest().state == "review"


def test_what_is_carried_out_the_next_day_is_what_was_looked_at(
    rune: Client, organisation: Organisation
) -> None:
    make_employee(organisation=organisation, employee_number="7")
    upload(rune, organisation, csv(INGRID))
    work()
    send(rune, "approve", code=newest().code, leavers="1")
    tomorrow = timezone.now() + timedelta(days=1)
    reviews.carry_out(newest().pk, keys=settings.FINGERPRINT_KEYS, now=tomorrow)
    assert newest().state == "applied"
    assert Employee.objects.get(employee_number="7").ends_on == timezone.localdate()


def test_a_registrar_changes_nothing_that_tells_who_an_administrator_is(
    rune: Client, organisation: Organisation
) -> None:
    """A-27: the number of somebody else on an administrator's record would take the role over."""
    boss = make_employee(organisation=organisation, employee_number="1001", email=INGRID[3])
    make_grant(employee=boss, role=Role.ADMINISTRATOR, organisation=organisation)
    row = ("1001", boss.first_name, boss.last_name, INGRID[3], "Kultur", INGRIDS_NUMBER)
    header = (*DEPARTMENTS, "national_id")
    upload(rune, organisation, csv(row, header=header))
    assert work().refused == 1
    assert "identity number: the employee has a role" in page(rune)
    upload(rune, organisation, csv((*row[:-1], ""), header=header))
    assert (work().moved, newest().refused) == (1, 0)


def test_whoever_approves_is_held_to_their_own_roles(
    rune: Client, organisation: Organisation
) -> None:
    """Uploaded by an administrator, approved by a registrar, and a role given in between."""
    anne = browser_of(make_local("anne", role=Role.ADMINISTRATOR, organisation=organisation))
    boss = make_employee(organisation=organisation, employee_number="1001", email=INGRID[3])
    make_grant(employee=boss, role=Role.ADMINISTRATOR, organisation=organisation)
    upload(anne, organisation, csv(INGRID))
    assert work().changed == 1
    send(rune, "approve", code=newest().code)
    assert work().state == "outdated"
    boss.refresh_from_db()
    assert boss.first_name != "Ingrid"


def test_whoever_has_lost_the_role_since_applies_nothing(
    rune: Client, organisation: Organisation
) -> None:
    upload(rune, organisation, csv(INGRID))
    work()
    send(rune, "approve", code=newest().code)
    User.objects.get(username="rune").grants.all().delete()
    assert work().state == "outdated"
    assert not Employee.objects.exists()


def test_the_report_is_for_a_spreadsheet_and_its_download_is_written_down(
    rune: Client, organisation: Organisation
) -> None:
    upload(rune, organisation, csv(INGRID, ("1002", "", "B", "b@k.example")))
    work()
    page_ = reverse("admin:accounts_import_report", args=[newest().pk])
    answer = rune.get(page_)
    rows = list(reader.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    assert rows[1][3:5] == ["refused", "first_name"]
    assert ["2", "1001", "Ingrid Bergtun", "new", "email", "", INGRID[3]] in rows
    assert "attachment" in answer.headers["Content-Disposition"]
    assert AuditEvent.objects.filter(event="import:report-taken").count() == 1
    let_an_hour_pass(rune)
    assert "/second-factor/" in rune.get(page_).headers["Location"]
    assert AuditEvent.objects.filter(event="import:report-taken").count() == 1


def test_a_broken_attempt_is_tried_again_and_then_given_up(
    rune: Client, organisation: Organisation
) -> None:
    upload(rune, organisation, csv(INGRID))
    ReadFile.objects.update(content=b"no such thing")
    for _attempt in range(2):
        assert work().state == "comparing"
        assert newest().started_at is None
    assert work().state == "failed"
    assert "broke off three times" in page(rune)


def test_what_no_worker_took_is_found_and_what_one_works_at_is_left(
    rune: Client, organisation: Organisation
) -> None:
    upload(rune, organisation, csv(INGRID))
    now = timezone.now()
    assert reviews.unfinished(now=now).count() == 1
    Import.objects.update(started_at=now)
    assert not reviews.unfinished(now=now).exists()
    assert work().state == "comparing"
    assert reviews.unfinished(now=now + reviews.CLAIM * 2).count() == 1


def test_rows_are_deleted_in_time_and_figures_kept(
    rune: Client, organisation: Organisation
) -> None:
    imported(rune, organisation, csv(INGRID))
    upload(rune, organisation, csv(SOLVEIG))
    now = timezone.now()
    reviews.forget_old(now=now + timedelta(days=13))
    assert newest().state == "comparing"
    reviews.forget_old(now=now + timedelta(days=15))
    assert newest().state == "expired"
    reviews.forget_old(now=now + timedelta(days=91))
    assert not ImportRow.objects.exists()
    assert Import.objects.get(state="applied").new == 1


def test_a_link_of_a_leaver_ends_and_the_page_never_shows_a_fingerprint(
    rune: Client, organisation: Organisation
) -> None:
    header = (*REQUIRED, "national_id")
    known = make_employee(organisation=organisation, employee_number="1001", email=INGRID[3])
    make_link(employee=known)
    known.national_id_fingerprint, known.national_id_key = b"x" * 32, "old"
    known.save()
    upload(rune, organisation, csv((*INGRID, INGRIDS_NUMBER), header=header))
    work()
    shown = page(rune) + page(rune, "report")
    assert "identity number changed" in shown
    digest = fingerprint_of(INGRIDS_NUMBER).digest
    assert digest.hex() not in shown
    assert INGRIDS_NUMBER not in shown


def test_a_new_fingerprint_key_makes_what_waits_out_of_date(
    rune: Client, organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whose fingerprint was renewed under it meanwhile would seem to have another number."""
    upload(rune, organisation, csv((*INGRID, INGRIDS_NUMBER), header=(*REQUIRED, "national_id")))
    work()
    send(rune, "approve", code=newest().code)
    keys = FingerprintKeys({"new": b"n" * 32, **settings.FINGERPRINT_KEYS.keys})
    monkeypatch.setattr(settings, "FINGERPRINT_KEYS", keys)
    assert work().state == "outdated"
    send(rune, "look_again")
    assert (work().state, newest().problem) == ("outdated", "key-changed")
    assert not Employee.objects.exists()


def test_what_workers_die_of_is_given_up(rune: Client, organisation: Organisation) -> None:
    """A worker that was killed has told nobody."""
    upload(rune, organisation, csv(INGRID))
    long_ago = timezone.now() - reviews.CLAIM * 2
    Import.objects.update(attempts=reviews.ATTEMPTS, started_at=long_ago)
    assert work().state == "failed"
    assert not ReadFile.objects.exists()


def test_no_way_round_the_page_approves_many_leavers(
    rune: Client, organisation: Organisation
) -> None:
    imported(rune, organisation, csv(INGRID, SOLVEIG))
    upload(rune, organisation, csv(INGRID))
    changeset, by = work(), User.objects.get(username="rune")
    for leavers in (None, 0, 2):
        with pytest.raises(reviews.LeaversNotConfirmed):
            reviews.approve(
                changeset, code=changeset.code, by=by, now=timezone.now(), leavers=leavers
            )
