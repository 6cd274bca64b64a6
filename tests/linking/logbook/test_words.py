"""An event of the log in words: each of the catalogue, in each language, and no raw key."""

import ast
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from django.utils import translation

from accounts.imports import words as import_words
from accounts.models import Import
from audit.erasure import Ground, Hindrance
from audit.events import Event
from audit.models import AuditEvent
from linking import refusals
from linking.logbook.groups import Group, events_of, group_of
from linking.logbook.words import Names, said
from linking.logbook.words.columns import field_in_words
from linking.logbook.words.details import DETAILS
from linking.logbook.words.names import as_key
from linking.logbook.words.reasons import is_told
from linking.models import Block, Case, Invitation, OutgoingMail
from linking.policy import Refusal

ROOT = Path(__file__).resolve().parents[3]
LANGUAGES = [code for code, _name in settings.LANGUAGES]
KARI, SIRI, USER = (UUID(int=number) for number in (1, 2, 3))
NAMES = Names(
    people={KARI: "Kari Nordby", SIRI: None},
    users={USER: "Siri Ås"},
    employees={USER: SIRI},
)
# Of each detail something that is written; what an event does not have is no harm.
TYPICAL: dict[str, Any] = {
    "user": str(USER),
    "other": str(KARI),
    "from": ["support"],
    "to": ["support", "auditor"],
    "fields": ["first_name", "minimum_assurance", "password", "email"],
    "eid": "BankID",
    "level": "high",
    "how": "back-channel",
    "why": "Ringte og legitimerte seg",
    "purpose": "Ringte",
    "kind": "code",
    "kinds": ["person", "since"],
    "budget": "person-day",
    "factor": "recovery_codes",
    "again": True,
    "slug": "eksempel",
    "host": "eksempel.example",
    "source": "ansatte.csv",
    "request": "7F3K-2Q",
    "starts_on": "2026-01-02",
    "ends_on": "2026-01-03",
    "day": "2026-01-04",
    "page": "linking_pendingcode",
    "roles": ["support"],
    "kept": "security",
    "month": "2026-01",
    "form": "verifier",
    "process": "beat",
    "task": "send_due_mails",
    "migrations": ["audit.0001_initial"],
}
RAW = re.compile(r"\b(?:first_name|recovery_codes|person-day|back-channel|linking_pendingcode)\b")
NUMBERS = [name for name in DETAILS if name not in TYPICAL]
REASONS: dict[Event, list[str]] = {
    Event.SIGN_IN_REFUSED: [
        each.reason
        for each in vars(refusals).values()
        if isinstance(each, type) and issubclass(each, refusals.Refused)
    ],
    Event.CODE_REFUSED: Refusal.values,
    Event.CODE_NOT_TAKEN: ["expired", "no-tries-left"],
    Event.CODE_DISOWNED: OutgoingMail.Kind.values,
    Event.LINK_REFUSED: Refusal.values,
    Event.LINK_WAITING: [Case.Kind.APPROVAL, Case.Kind.NAME_MISMATCH],
    Event.LINK_REVOKED: ["key-given-up", Refusal.NOT_EMPLOYED],
    Event.EMPLOYEE_CHANGED: ["key-given-up"],
    Event.EMPLOYEE_ERASED: Ground.values,
    Event.ERASURE_REFUSED: Hindrance.values,
    Event.BLOCK_LIFTED: [*Block.Budget.values, "key-given-up"],
    Event.CASE_OPENED: Case.Kind.values,
    Event.CASE_DECIDED: Case.Decision.values,
    Event.INVITATION_ENDED: Invitation.End.values,
    Event.IMPORT_REFUSED: list(import_words._PROBLEMS),
    Event.IMPORT_CANCELLED: Import.State.values,
    Event.ADMINISTRATOR_REFUSED: [
        *("password-wrong", "code-wrong", "code-used-before"),
        *("secret-unreadable", "passkey-wrong", "too-many-tries"),
    ],
}


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


def event(name: Event | str, **fields: Any) -> AuditEvent:
    given = {"at": datetime(2026, 1, 1, tzinfo=UTC), "actor": f"user:{USER}", "employee_id": KARI}
    return AuditEvent(pk=1, event=name, **given | fields)


def text_of(row: AuditEvent) -> str:
    told = said(row, NAMES)
    return " ".join([told.title, told.person, told.by, *told.more])


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_event_is_a_sentence_with_names_and_without_keys(language: str) -> None:
    details = TYPICAL | dict.fromkeys(NUMBERS, 7)
    with translation.override(language):
        for name in Event:
            kind = "name" if name == Event.PERSON_SEARCHED else "code"
            text = text_of(event(name, details=details | {"kind": kind}))
            assert text.startswith(str(name.label))
            assert "Kari Nordby" in text
            assert "Siri Ås" in text
            assert name.value not in text
            assert str(USER) not in text
            raw = re.findall(r"\b(?:first_name|recovery_codes|person-day|back-channel)\b", text)
            assert raw == []
            assert "%(" not in text


@pytest.mark.parametrize("language", [code for code in LANGUAGES if code != "en"])
def test_the_words_are_translated(language: str) -> None:
    row = event(Event.CASE_DECIDED, details=TYPICAL | dict.fromkeys(NUMBERS, 7), reason="kept")
    with translation.override("en"):
        english = said(row, NAMES).more
    with translation.override(language):
        theirs = said(row, NAMES).more
    same = set(english) & set(theirs)
    assert same == set()


def test_every_reason_has_words() -> None:
    wordless = [
        (name.value, reason)
        for name, reasons in REASONS.items()
        for reason in reasons
        if not is_told(name, reason)
    ]
    assert wordless == []


def test_a_reason_without_words_does_not_show_its_key() -> None:
    text = text_of(event(Event.LINK_REFUSED, reason="brand-new", details={"brand_new": 3}))
    assert "brand" not in text
    assert "stands in the details" in text


def test_an_event_of_a_later_version_is_shown_all_the_same() -> None:
    assert "does not know" in text_of(event("brand:new"))


def written_details() -> Iterator[tuple[str, str]]:
    """Every name that a call of `record` in the portal gives a detail."""
    own = {"by", "now", "organisation", "employee", "reason", "reference"}
    for package in ("accounts", "audit", "linking", "portal"):
        for file in (ROOT / package).rglob("*.py"):
            for call in ast.walk(ast.parse(file.read_text())):
                name = getattr(call, "func", None)
                called = getattr(name, "id", getattr(name, "attr", ""))
                if isinstance(call, ast.Call) and called in ("record", "record_each"):
                    for keyword in call.keywords:
                        if keyword.arg and keyword.arg not in own:
                            yield keyword.arg, file.name


def test_every_detail_that_the_portal_writes_has_words() -> None:
    assert len(set(written_details())) > 20
    told = {*DETAILS, "changes"}
    assert [each for each in written_details() if each[0] not in told] == []


@pytest.mark.parametrize(
    ("actor", "named"),
    [
        (f"user:{USER}", "Siri Ås"),
        (f"employee:{KARI}", "the employee"),
        (f"employee:{SIRI}", "somebody whose name you may not see"),
        (f"user:{UUID(int=9)}", "somebody who is not here any more"),
        ("user:nonsense", "somebody who is not here any more"),
        ("system", "the portal itself"),
        ("eid", "somebody with an electronic ID"),
        ("id-porten", "ID-porten"),
        ("command:import_employees", "somebody at the server, by a command"),
        ("brand-new", "somebody whose name you may not see"),
    ],
)
def test_whoever_did_it_is_named_as_far_as_the_reader_may_know(actor: str, named: str) -> None:
    assert NAMES.actor(actor, KARI) == named


def test_whoever_does_something_about_themselves_is_the_employee() -> None:
    assert NAMES.actor(f"user:{USER}", SIRI) == "the employee"


@pytest.mark.parametrize("text", ["", "x", None, 7, "user"])
def test_what_is_no_key_is_none(text: Any) -> None:
    assert as_key(text) is None


CHANGES = {"last_name": ["Nordby", "Vik"], "unused_days": [365, 30], "active": [True, False]}
CHANGES |= {"minimum_assurance": ["high", "substantial"], "department": ["", "Skole"]}


LEVELS = (
    "Minimum assurance level: from “High (BankID, Buypass, Commfides)” to "
    "“Substantial (MinID and up)”."
)


def test_what_changed_is_told_from_what_to_what() -> None:
    row = event(Event.EMPLOYEE_CHANGED, details={"fields": list(CHANGES), "changes": CHANGES})
    assert said(row, NAMES).more == (
        "Last name: from “Nordby” to “Vik”.",
        "Days until an unused link expires: from “365” to “30”.",
        "Active: from yes to no.",
        LEVELS,
        "Department: from nothing to “Skole”.",
    )
    told = " ".join(said(row, NAMES, values=False).more)
    assert "Nordby" not in told
    assert "last name" in told


@pytest.mark.parametrize(
    ("language", "day", "month"),
    [
        ("nb", "Siste dag: fra ingenting til 31.12.2026.", "Måned: januar 2026."),
        ("en", "Last day: from nothing to 31 Dec 2026.", "Month: January 2026."),
    ],
)
def test_days_and_months_are_written_as_one_writes_them(
    language: str, day: str, month: str
) -> None:
    left = event(Event.EMPLOYEE_CHANGED, details={"changes": {"ends_on": [None, "2026-12-31"]}})
    dropped = event(Event.RETENTION_DROPPED, details={"month": "2026-01"})

    with translation.override(language):
        assert said(left, NAMES).more == (day,)
        assert said(dropped, NAMES).more == (month,)


# What the portal never writes, but whoever can write into its log may.
ODD = [
    5,
    True,
    [],
    {},
    [[]],
    [{}],
    {"a": []},
    [5],
    "\u0001",
    "9999-12-31T23:59:59Z",
    "9999-12",
    "0",
]


@pytest.mark.parametrize("odd", ODD)
def test_a_detail_of_another_kind_breaks_no_page(odd: Any) -> None:
    for name in (*DETAILS, "changes"):
        for kind in (Event.EMPLOYEE_CHANGED, Event.PERSON_SEARCHED, Event.FORWARDING_RESUMED):
            for free_text in (True, False):
                said(event(kind, details={name: odd}), NAMES, free_text=free_text)
    for column in ("ends_on", "minimum_assurance", "first_name", "x"):
        changes = {column: [odd, odd]}
        assert said(event(Event.EMPLOYEE_CHANGED, details={"changes": changes}), NAMES).more


def test_columns_are_called_as_on_their_pages() -> None:
    named = [field_in_words(name) for name in ("first_name", "unused_days", "username", "x")]
    assert named == [
        "first name",
        "days until an unused link expires",
        "user name",
        "something else",
    ]


def test_each_event_is_in_one_group_and_no_group_is_empty() -> None:
    assert sum(len(events_of(group)) for group in Group) == len(Event)
    assert all(events_of(group) for group in Group)
    assert events_of("nothing") == []
    portals = [each for each in Event if group_of(each) == Group.SYSTEM]
    assert {each.value.partition(":")[0] for each in portals} <= {
        *("task", "system", "retention", "forwarding"),
    }
