"""Erasing a person from the log: by whom, of whom, what the page says, and that it is whole after.

Anne is administrator of Eksempel, Arne auditor, Siri support, Rune registrar; Pia administers the
whole portal. Kari has left.
"""

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from accounts.actions import StillEmployed
from accounts.models import Employee, User
from accounts.roles import Role
from audit import erasure
from audit.erasure import Ground, OutOfReach
from audit.events import Event, Severity
from audit.models import AuditEvent, SubjectKey
from audit.rounds import _LOCK
from audit.waits import LogIsBusy
from linking import actions
from tests.accounts.worlds import World, browser_of, make_colleague, make_local
from tests.audit.database_role import not_let_erase, only_adding
from tests.audit.sealed import seal, verified
from tests.audit.test_no_event_no_pass import unwritable
from tests.connections import another_connection
from tests.factories import make_employee, make_event

pytestmark = pytest.mark.django_db
LOG = reverse("admin:audit_auditevent_changelist")
YES = {"reason": "asked", "understood": "on"}


@pytest.fixture
def boss(eksempel: World) -> User:
    return make_colleague(eksempel, "Anne", Role.ADMINISTRATOR)


@pytest.fixture
def anne(boss: User) -> Client:
    return browser_of(boss)


@pytest.fixture
def kari(eksempel: World) -> Employee:
    kari = make_employee(
        organisation=eksempel.organisation, first_name="Kari", last_name="Nordby", active=False
    )
    tell_of(kari.pk, eksempel)
    tell_of(kari.pk, eksempel)
    return kari


def tell_of(person: UUID, world: World | None, **fields: Any) -> AuditEvent:
    return make_event(
        Event.EMPLOYEE_CHANGED,
        employee_id=person,
        organisation_id=world.organisation.pk if world else None,
        network="192.0.2.7",
        details={"why": "Fikk nytt navn"},
        **fields,
    )


def page_of(person: UUID) -> str:
    return reverse("admin:audit_auditevent_erase", args=[person])


def log_of(person: UUID) -> str:
    return f"{LOG}?person={person}"


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def details_of(person: UUID) -> list[Any]:
    rows = AuditEvent.objects.filter(employee_id=person, event=Event.EMPLOYEE_CHANGED)
    return list(rows.order_by("id").values_list("details", "network"))


WHOLE = [({"why": "Fikk nytt navn"}, "192.0.2.7")] * 2
BLANK: list[Any] = [({}, "")] * 2


# --- Who, and whom


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.REGISTRAR, Role.AUDITOR])
def test_others_than_administrators_are_neither_offered_it_nor_let(
    eksempel: World, kari: Employee, role: Role
) -> None:
    browser = browser_of(make_colleague(eksempel, "Siri", role))
    assert "Erase this person" not in text(browser.get(log_of(kari.pk)))
    assert browser.get(page_of(kari.pk)).status_code == 403
    assert browser.post(page_of(kari.pk), YES).status_code == 403
    assert details_of(kari.pk) == WHOLE


def test_an_administrator_erases_whoever_has_left_and_the_log_is_whole(
    anne: Client, boss: User, kari: Employee
) -> None:
    seal()
    assert page_of(kari.pk) in text(anne.get(log_of(kari.pk)))
    shown = text(anne.get(page_of(kari.pk)))
    assert "Kari Nordby" in shown
    assert "<b>4 events</b>" in shown  # with the two looks at Kari
    answer = anne.post(page_of(kari.pk), YES, follow=True)
    assert answer.redirect_chain == [(log_of(kari.pk), 302)]
    assert "The details of 4 events were erased." in text(answer)
    assert "The person asked for it." in text(answer)
    assert details_of(kari.pk) == BLANK
    assert not SubjectKey.objects.filter(pk=kari.pk).exists()
    told = AuditEvent.objects.get(event="employee:erased")
    assert (told.actor, told.reason, told.network) == (f"user:{boss.pk}", "asked", "127.0.0.1")
    assert Event.EMPLOYEE_ERASED.severity == Severity.ALERT
    seal()
    report = verified()
    assert report.sound, report.findings


def test_whoever_is_deleted_is_known_by_the_key_alone(anne: Client, eksempel: World) -> None:
    person = uuid4()
    tell_of(person, eksempel)
    shown = text(anne.get(page_of(person)))
    assert "Somebody who is not in the registry" in shown
    assert "<b>1 event</b>" in shown
    anne.post(page_of(person), YES)
    assert details_of(person) == [({}, "")]
    assert "holds no details on this person" in text(anne.get(page_of(person)))
    assert "Nothing was left to erase" in text(anne.post(page_of(person), YES, follow=True))
    assert AuditEvent.objects.filter(event="employee:erased").count() == 1


def test_looks_since_an_erasure_are_told_to_be_looks(anne: Client, kari: Employee) -> None:
    anne.post(page_of(kari.pk), YES)
    assert "these are looks at this person since" in text(anne.get(page_of(kari.pk)))
    make_event(Event.LINK_EXPIRED, employee_id=kari.pk, organisation_id=kari.organisation_id)
    assert "these are looks" not in text(anne.get(page_of(kari.pk)))


def test_nobody_who_works_here_is_erased(anne: Client, boss: User, kari: Employee) -> None:
    Employee.objects.filter(pk=kari.pk).update(active=True)
    shown = text(anne.get(page_of(kari.pk)))
    assert "This person works here now" in shown
    assert reverse("admin:accounts_employee_change", args=[kari.pk]) in shown
    assert "Erase for good" not in shown
    with pytest.raises(StillEmployed):
        erase(kari.pk, boss)
    assert details_of(kari.pk) == WHOLE


def test_who_is_employed_again_while_the_page_is_open_is_not_erased(
    anne: Client, kari: Employee
) -> None:
    assert "Erase for good" in text(anne.get(page_of(kari.pk)))
    Employee.objects.filter(pk=kari.pk).update(active=True)
    answer = anne.post(page_of(kari.pk), YES)
    assert answer.status_code == 409
    assert "Nothing was erased. This person works here now" in text(answer)
    assert [reason for *_of_whom, reason in refused()] == ["still-employed"]
    assert details_of(kari.pk) == WHOLE


def erase(person: UUID, by: User) -> int:
    return actions.erase_from_log(person, ground=Ground.ASKED, by=by, now=timezone.now())


def refused() -> list[Any]:
    rows = AuditEvent.objects.filter(event=Event.ERASURE_REFUSED, network="127.0.0.1")
    return list(rows.values_list("employee_id", "organisation_id", "actor", "reason"))


def test_nobody_erases_their_own_trail(eksempel: World, boss: User, anne: Client) -> None:
    assert boss.employee is not None
    me = boss.employee
    tell_of(me.pk, eksempel)
    assert "nobody erases what the log tells of themselves" in text(anne.get(page_of(me.pk)))
    assert refused() == []  # the page was looked at, and nothing asked for
    answer = anne.post(page_of(me.pk), YES)
    assert (answer.status_code, "It is about you" in text(answer)) == (409, True)
    assert refused() == [(me.pk, eksempel.organisation.pk, boss.actor, "own-trail")]
    local = make_local("anne", role=Role.ADMINISTRATOR)
    local.email = me.email.upper()
    Employee.objects.filter(pk=me.pk).update(active=False)
    for user in (boss, local):
        with pytest.raises(actions.OwnTrail):
            erase(me.pk, user)
    assert details_of(me.pk) == WHOLE[:1]


def test_what_others_tell_of_too_is_for_the_whole_portals_administrator(
    anne: Client, boss: User, kari: Employee, eksempel: World, fjordvik: World
) -> None:
    tell_of(kari.pk, fjordvik)
    shown = text(anne.get(page_of(kari.pk)))
    assert "Ask an administrator of the whole portal" in shown
    assert "Fjordvik" not in shown
    assert "events" not in shown.partition("<h1>")[2]  # not even how many
    assert anne.post(page_of(kari.pk), YES).status_code == 409
    assert refused() == [(kari.pk, eksempel.organisation.pk, boss.actor, "out-of-reach")]
    with pytest.raises(OutOfReach):
        erase(kari.pk, boss)
    assert details_of(kari.pk) == [*WHOLE, WHOLE[0]]
    pia = browser_of(make_local("pia", role=Role.ADMINISTRATOR))
    assert pia.post(page_of(kari.pk), YES).status_code == 302
    assert details_of(kari.pk) == [*BLANK, BLANK[0]]
    assert AuditEvent.objects.filter(event="employee:erased").count() == 2


def test_a_refusal_is_told_where_whoever_asked_may_read(
    anne: Client, kari: Employee, eksempel: World, fjordvik: World
) -> None:
    """Who was moved is employed in another's registry, and left events behind here."""
    Employee.objects.filter(pk=kari.pk).update(organisation=fjordvik.organisation, active=True)
    assert anne.post(page_of(kari.pk), YES).status_code == 409
    assert [place for _whom, place, *_why in refused()] == [eksempel.organisation.pk]


def test_events_of_no_organisation_are_for_the_whole_portals_administrator(
    anne: Client, kari: Employee
) -> None:
    tell_of(kari.pk, None)
    assert anne.post(page_of(kari.pk), YES).status_code == 409


def test_whoever_is_known_elsewhere_alone_is_like_nobody(anne: Client, fjordvik: World) -> None:
    theirs = fjordvik.rows["accounts_employee_delete"].pk
    answers = [anne.get(page_of(person), follow=True) for person in (theirs, uuid4())]
    for answer in answers:
        assert answer.redirect_chain == [(LOG, 302)]
        assert "nothing in the log on this person for you to erase" in text(answer)
    anne.post(page_of(theirs), YES)
    assert not AuditEvent.objects.filter(event="employee:erased").exists()


# --- How

BUSY = "is at work on the log or on this person. Nothing was erased: try again in a minute."


@pytest.mark.parametrize("missing", ["reason", "understood"])
def test_a_reason_and_the_tick_are_asked_for(anne: Client, kari: Employee, missing: str) -> None:
    given = {name: value for name, value in YES.items() if name != missing}
    assert "This field is required" in text(anne.post(page_of(kari.pk), given))
    given[missing] = "because I can" if missing == "reason" else ""
    assert anne.post(page_of(kari.pk), given).status_code == 200
    assert details_of(kari.pk) == WHOLE


def test_it_asks_for_a_fresh_sign_in(anne: Client, kari: Employee) -> None:
    session = anne.session
    session["eid_used_at"] = 0
    session.save()
    for answer in (anne.get(page_of(kari.pk)), anne.post(page_of(kari.pk), YES)):
        assert answer.status_code == 302
        assert "fresh=1" in answer.headers["Location"]
    assert details_of(kari.pk) == WHOLE


@pytest.fixture
def somebody_seals(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Another connection has the log to itself."""
    monkeypatch.setattr(erasure, "_PATIENCE", "50ms")
    with another_connection() as other:
        other.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        yield


@pytest.mark.usefixtures("somebody_seals")
def test_while_the_log_is_sealed_it_says_so_and_changes_nothing(
    anne: Client, boss: User, kari: Employee
) -> None:
    answer = anne.post(page_of(kari.pk), YES)
    assert answer.status_code == 503
    assert BUSY in text(answer)
    with pytest.raises(LogIsBusy):
        erase(kari.pk, boss)
    assert details_of(kari.pk) == WHOLE
    assert not AuditEvent.objects.filter(event="employee:erased").exists()


@pytest.mark.django_db(transaction=True)
def test_while_an_import_holds_the_record_it_says_so_and_changes_nothing(
    anne: Client, kari: Employee, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasure, "_PATIENCE", "50ms")
    with another_connection() as importing:
        importing.execute("SET idle_in_transaction_session_timeout = '10s'")  # a page that hangs
        importing.execute("SELECT FROM accounts_employee WHERE id = %s FOR UPDATE", [kari.pk])
        answer = anne.post(page_of(kari.pk), YES)
        importing.execute("SELECT 1")
    assert answer.status_code == 503
    assert BUSY in text(answer)
    assert details_of(kari.pk) == WHOLE


def test_where_the_database_role_may_not_erase_the_page_says_so(
    anne: Client, kari: Employee
) -> None:
    with only_adding() as role:
        not_let_erase(role)
        page = text(anne.get(page_of(kari.pk)))
        assert ("no right to erase" in page, "Erase for good" in page) == (True, False)
        answer = anne.post(page_of(kari.pk), YES)
        assert (answer.status_code, "Nothing was erased." in text(answer)) == (409, True)
        assert [reason for *_of_whom, reason in refused()] == ["not-granted"]
    assert details_of(kari.pk) == WHOLE


def test_where_no_event_can_tell_of_it_nothing_is_erased(anne: Client, kari: Employee) -> None:
    seal()
    with unwritable(Event.EMPLOYEE_ERASED) as failed, pytest.raises(DatabaseError):
        anne.post(page_of(kari.pk), YES)
    assert failed
    assert details_of(kari.pk) == WHOLE
    assert SubjectKey.objects.filter(pk=kari.pk).exists()


def test_a_look_at_the_page_is_a_look_at_the_person(anne: Client, kari: Employee) -> None:
    anne.get(page_of(kari.pk))
    look = AuditEvent.objects.get(event="person:viewed")
    assert (look.employee_id, look.details["page"]) == (kari.pk, "audit_auditevent")


@pytest.mark.parametrize("language", ["nb", "nn"])
def test_the_page_speaks_the_readers_language(anne: Client, kari: Employee, language: str) -> None:
    def words(spoken: str) -> list[str]:
        with translation.override(spoken):
            return [str(ground.label) for ground in Ground]

    assert not set(words(language)) & set(words("en"))
    shown = text(anne.get(page_of(kari.pk), headers={"accept-language": language}))
    assert all(label in shown for label in words(language))
    for english in ("What goes", "What stays", "Article 17 (3)", "Erase for good", "events"):
        assert english not in shown.partition("<h1>")[2]
