"""All that the portal holds on me: as a file and as a page, mine alone, and noted."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts.models import AddressChange, Employee, ImportRow, RoleGrant, User
from accounts.roles import Role
from audit.events import Event
from audit.models import AuditEvent
from linking.actions.own_data import MOST_DOWNLOADS
from linking.models import Block, Case, CodeTry, Invitation, SavedSearch
from linking.own.everything import TITLES, sections
from linking.own.history import all_deeds
from linking.views import own
from tests.accounts.worlds import World, browser_of, make_colleague
from tests.factories import (
    make_block,
    make_case,
    make_employee,
    make_import,
    make_invitation,
    make_mail,
    make_pending_code,
)
from tests.linking.own.events import look, note

pytestmark = pytest.mark.django_db
FILE, PAGE = "/me/data/file/", "/me/data/page/"
SECRET = "SECRET-NOTE"
STRANGER = "GUNVOR FREMMED"


@pytest.fixture
def everything(eva: Employee, siri: User, eksempel: World) -> Employee:
    fill(eva, siri, eksempel)
    return eva


def fill(eva: Employee, siri: User, eksempel: World) -> None:
    """Write something of each kind about Eva, and beside it what is not hers to see."""
    user = eva.user
    anne = make_colleague(eksempel, "Annbjørg", Role.ADMINISTRATOR)
    Employee.objects.filter(pk=eva.pk).update(
        birth_date=date(1990, 2, 3),
        national_id_fingerprint=b"\xfa" * 32,
        national_id_key="key-of-2026",
        department="Skole",
    )
    given = {"granted_at": timezone.now(), "granted_by": anne.actor}
    RoleGrant.objects.create(
        user=user, role=Role.REGISTRAR, organisation=eksempel.organisation, **given
    )
    request = make_pending_code(
        employee=eva,
        eid_given_name=STRANGER,
        eid_family_name=STRANGER,
        fingerprint_key="key-of-2026",
        refusal="person-linked",
        session_binding=b"\xfb" * 32,
        code_hash=b"\xfc" * 32,
    )
    CodeTry.objects.create(
        request=request,
        organisation=eva.organisation,
        employee=eva,
        fingerprint=b"\xfd" * 32,
        fingerprint_key="key-of-2026",
        tried_at=timezone.now(),
    )
    make_block(request=request, lifted_by=anne.actor, lift_reason=SECRET)
    make_case(
        employee=eva,
        kind=Case.Kind.EMPLOYEE_LINKED,
        request=request,
        requester=STRANGER,
        eid=STRANGER,
        decided_at=timezone.now(),
        decided_by=anne.actor,
        decision="kept",
        reason=SECRET,
    )
    make_invitation(employee=eva)
    make_mail(pending_code=request)
    AddressChange.objects.create(
        employee=eva, old_address="eva@old.example", changed_at=timezone.now()
    )
    _import_rows(eva)
    note(Event.SIGN_IN_DONE, eva, by=user.actor, eid="BankID", level="high")
    note(Event.EMPLOYEE_CHANGED, eva, by=anne.actor, fields=["email"], why=SECRET, other="0189-x")
    look(eva, siri, purpose="Cannot sign in")
    SavedSearch.objects.create(user=user, name="Mine", query="days=7", saved_at=timezone.now())
    note(Event.EMPLOYEE_CREATED, make_employee(first_name=STRANGER), by=user.actor)


def _import_rows(eva: Employee) -> None:
    changeset = make_import(organisation=eva.organisation, state="applied", source="hr.csv")
    given = {"changeset": changeset, "employee_number": eva.employee_number}
    ImportRow.objects.create(
        kind="changed",
        employee=eva,
        name=eva.full_name,
        before={"department": "Bad", "national_id": False},
        after={"department": "Skole", "national_id": True},
        after_fingerprint=b"\xfe" * 32,
        after_key="key-of-2026",
        **given,
    )
    names = ["twice-number", "employee_number", "1", [STRANGER]]
    ImportRow.objects.create(kind="refused", line=7, problems=[names], **given)


def taken(browser: Client, address: str = FILE) -> str:
    answer = browser.post(address)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_the_file_has_what_the_portal_holds_under_keys_that_stay(
    browser: Client, everything: Employee
) -> None:
    found = json.loads(taken(browser))
    assert found["schema"] == "kobling-own-data-1"
    [registered] = found["registered"]
    assert registered["email"] == everything.email
    assert registered["birth_date"] == "1990-02-03"
    assert registered["national_id_registered"] is True
    assert found["former_addresses"][0]["old_email"] == "eva@old.example"
    assert found["roles"][0]["role"] == "registrar"
    assert found["roles"][0]["given_by"] == "Administrator, Eksempel kommune"
    assert found["links"][0]["eid"] == "BankID"
    assert found["links"][0]["state"] == "active"
    assert found["security_codes"][0]["email_typed"] == everything.email
    assert len(found["typed_codes"]) == len(found["sessions"]) == len(found["invitations"]) == 1
    assert found["blocks"][0]["lifted_by"] == "Administrator, Eksempel kommune"
    assert found["cases"][0]["decision"] == "kept"
    assert found["mails"][0]["kind"] == "code"
    changed, refused = found["imports"]
    assert changed["after"] == {"department": "Skole", "national_id": True}
    assert changed["import"]["file"] == "hr.csv"
    assert (refused["kind"], refused["row"]) == ("refused", 7)
    assert found["looks"][0]["by"] == "Support, Eksempel kommune"
    assert found["looks"][0]["purpose"] == "Cannot sign in"
    newest, *_older, oldest = found["events"]
    assert "person:viewed" not in {row["event"] for row in found["events"]}
    assert {row["event"] for row in found["looks"]} == {"person:viewed"}
    assert newest["event"] == "person:downloaded"
    assert oldest["event"] == "sign-in:done"
    assert newest["at"].endswith("Z")
    [done] = found["done"]
    assert (done["event"], set(done)) == ("employee:created", {"at", "event"})


def test_a_purpose_is_a_code_in_the_file_and_words_on_the_page(
    browser: Client, eva: Employee, siri: User
) -> None:
    look(eva, siri, purpose="case")
    look(eva, siri, purpose="other", purpose_text="The union asked")
    told = [(each["purpose"], each["purpose_text"]) for each in json.loads(taken(browser))["looks"]]
    assert told == [("other", "The union asked"), ("case", "")]
    page = taken(browser, PAGE)
    assert "Deciding a case" in page
    assert page.count("The union asked") == 1


def leaks(text: str) -> Iterator[str]:
    """What must stand in no download: secrets, fingerprints, notes, other people."""
    for byte in (0xFA, 0xFB, 0xFC, 0xFD, 0xFE):
        yield bytes([byte] * 32).hex()
        yield f"\\x{byte:x}" * 2
    yield from ("key-of-2026", SECRET, STRANGER, "Annbjørg", "Siri", "person-linked", "0189-x")


@pytest.mark.parametrize("address", [FILE, PAGE])
def test_neither_secrets_nor_notes_nor_other_people_are_in_it(
    browser: Client, everything: Employee, address: str
) -> None:
    text = taken(browser, address)
    assert [each for each in leaks(text) if each in text] == []
    sessions = everything.user.sessions.all()
    assert [each for each in sessions if each.session_key in text] == []


def test_no_section_has_a_row_of_a_colleagues(
    browser: Client, eva: Employee, siri: User, eksempel: World
) -> None:
    colleague = make_colleague(eksempel, "Kollegabjørg", None)
    browser_of(colleague)
    assert colleague.employee is not None
    fill(colleague.employee, siri, eksempel)
    found = json.loads(taken(browser))
    sections = {key: len(rows) for key, rows in found.items() if isinstance(rows, list)}
    own = dict.fromkeys(("registered", "account", "sessions", "links", "events"), 1)
    assert {key: rows for key, rows in sections.items() if rows} == own
    assert len(sections) == len(TITLES)


@pytest.mark.parametrize("address", [FILE, PAGE])
def test_nothing_of_a_colleague_is_in_it(browser: Client, eva: Employee, address: str) -> None:
    colleague = make_employee(organisation=eva.organisation, first_name="Kollegabjørg")
    request = make_pending_code(employee=colleague, reference="XXXX-XX")
    make_block(request=request)
    make_case(employee=colleague, kind=Case.Kind.NOT_ME, request=request)
    make_mail(pending_code=request)
    make_invitation(employee=colleague)
    _import_rows(colleague)
    note(Event.LINK_MADE, colleague, reference="XXXX-XX")
    text = taken(browser, address)
    assert "Kollegabjørg" not in text
    assert "XXXX-XX" not in text
    assert colleague.email not in text
    assert "hr.csv" not in text


def test_a_row_refused_elsewhere_under_my_number_is_not_mine(
    browser: Client, eva: Employee, fjordvik: World
) -> None:
    for place, source in ((eva.organisation, "mine.csv"), (fjordvik.organisation, "theirs.csv")):
        ImportRow.objects.create(
            changeset=make_import(organisation=place, state="applied", source=source),
            kind="refused",
            line=7,
            employee_number=eva.employee_number,
        )
    [mine] = json.loads(taken(browser))["imports"]
    assert mine["import"]["file"] == "mine.csv"


def test_of_a_case_about_anothers_link_only_my_side_is_told(browser: Client, eva: Employee) -> None:
    other = make_employee(organisation=eva.organisation, first_name="Motpartbjørg")
    make_case(employee=other, other_employee=eva, kind=Case.Kind.PERSON_LINKED)
    text = taken(browser)
    assert json.loads(text)["cases"][0]["kind"] == "person-linked"
    assert "Motpartbjørg" not in text
    assert other.email not in text


@pytest.mark.parametrize("language", ["nb", "nn", "en"])
def test_the_page_is_in_the_readers_words_and_time(
    browser: Client, everything: Employee, language: str
) -> None:
    at = datetime(2026, 7, 3, 6, 30, tzinfo=UTC)
    Invitation.objects.update(opened_at=at)
    browser.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    page = " ".join(taken(browser, PAGE).split())
    assert f'<html lang="{language}"' in page
    assert {"nb": "03.07.2026", "nn": "03.07.2026", "en": "3 Jul 2026"}[language] in page
    assert "08:30" in page or "8:30" in page
    assert {"nb": "Ansattnummer", "nn": "Tilsettnummer", "en": "Employee number"}[language] in page


def test_the_file_speaks_the_readers_language_too(browser: Client, eva: Employee) -> None:
    browser.cookies[settings.LANGUAGE_COOKIE_NAME] = "nb"
    assert "arbeidsgiver" in json.loads(taken(browser))["about"]["sources"][0].casefold()


def test_taking_it_is_an_event_that_stands_before_it(browser: Client, eva: Employee) -> None:
    taken(browser)
    taken(browser, PAGE)
    events = AuditEvent.objects.filter(event=Event.PERSON_DOWNLOADED).order_by("id")
    assert [(each.employee_id, each.actor, each.details["kind"]) for each in events] == [
        (eva.pk, eva.user.actor, "file"),
        (eva.pk, eva.user.actor, "page"),
    ]


def test_what_cannot_be_noted_is_not_given(
    browser: Client, eva: Employee, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: Any, **_fields: Any) -> None:
        raise RuntimeError("no log")

    monkeypatch.setattr("linking.actions.own_data.record", broken)
    for address in (FILE, PAGE):
        with pytest.raises(RuntimeError, match="no log"):
            browser.post(address)


def test_a_link_that_is_followed_takes_nothing(browser: Client, eva: Employee) -> None:
    for address in (FILE, PAGE):
        assert browser.get(address).status_code == 405
        assert browser.head(address).status_code == 405
    assert browser.get("/me/data/").status_code == 200
    assert not AuditEvent.objects.filter(event=Event.PERSON_DOWNLOADED).exists()


def test_no_other_site_can_take_it(user: User, eva: Employee) -> None:
    strict = browser_of(user)
    strict.handler.enforce_csrf_checks = True
    assert strict.post(FILE).status_code == 403


@pytest.mark.parametrize("address", [FILE, PAGE])
def test_nothing_of_it_is_kept_by_a_cache(browser: Client, eva: Employee, address: str) -> None:
    answer = browser.post(address)
    assert "no-store" in answer.headers["Cache-Control"]
    disposition = answer.headers.get("Content-Disposition", "")
    assert disposition.startswith("attachment; filename=") == (address == FILE)


def test_after_many_downloads_in_an_hour_one_waits(browser: Client, eva: Employee) -> None:
    now = timezone.now()
    with time_machine.travel(now, tick=False):
        for _number in range(MOST_DOWNLOADS):
            taken(browser)
        for address in (FILE, PAGE):
            answer = browser.post(address)
            assert answer.status_code == 429
            assert "Please wait a while." in answer.content.decode()
    assert AuditEvent.objects.filter(event=Event.PERSON_DOWNLOADED).count() == MOST_DOWNLOADS
    with time_machine.travel(now + timedelta(minutes=29), tick=False):
        assert browser.post(FILE).status_code == 429


def test_a_long_log_is_whole_in_the_file_and_says_on_the_page_that_there_is_more(
    browser: Client, eva: Employee, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own, "ON_THE_PAGE", 3)
    monkeypatch.setattr("linking.own.history._AT_ONCE", 2)
    for _number in range(7):
        note(Event.MAIL_SENT, eva)
    assert "All of it is in the file." in taken(browser, PAGE)
    assert len(json.loads(taken(browser))["events"]) == 9


def test_whoever_has_no_account_is_not_taken_for_all_who_are_not_signed_in(
    eksempel: World,
) -> None:
    nobody = make_employee(organisation=eksempel.organisation)
    with pytest.raises(User.DoesNotExist):
        next(sections(nobody))
    with pytest.raises(User.DoesNotExist):
        all_deeds(nobody)


def test_the_document_names_each_key(browser: Client, everything: Employee) -> None:
    found = json.loads(taken(browser))
    keys = {*found, *found["organisation"], *found["about"], *found["imports"][0]["import"]}
    for section, rows in found.items():
        if isinstance(rows, list):
            assert rows, section
            keys |= {key for row in rows for key in row}
    document = (Path(settings.BASE_DIR) / "docs/own-data.md").read_text(encoding="utf-8")
    assert [key for key in sorted(keys) if f"`{key}`" not in document] == []
    assert "kobling-own-data-1" in document


def test_a_block_of_somebody_elses_is_not_mine(browser: Client, eva: Employee) -> None:
    Block.objects.all().delete()
    make_block()
    assert json.loads(taken(browser))["blocks"] == []
