"""«It wasn't me»: from the mail to the page, in any browser, and what that stops."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.models import Employee, Organisation, UserSession
from audit.models import AuditEvent
from devtools.idporten.server import StandIn
from devtools.mailbox import Mailbox
from devtools.people import SAMPLE_PEOPLE
from linking.disowning import mail_id_from, not_me_url
from linking.models import Case, LinkedIdentity, OutgoingMail, PendingCode
from tests.conftest import HOST
from tests.factories import fingerprint_of, make_employee, make_link, make_mail, make_organisation
from tests.journeys.visitor import (
    INGRID,
    SOLVEIG,
    Visitor,
    newest_code,
    run_worker,
    text,
)

pytestmark = pytest.mark.django_db(transaction=True)
ADDRESS = re.compile(r"http://[^/]+(/link/not-me/\S+/)")


@pytest.fixture
def visitor(idporten: StandIn, organisation: Organisation) -> Visitor:
    for who in (INGRID, SOLVEIG):
        make_employee(
            organisation=organisation,
            first_name=who.given_name,
            last_name=who.family_name,
            email=who.email,
        )
    return Visitor(idporten)


def reader(host: str = HOST) -> Client:
    """The browser beside the mail program: no session, and no cookies for CSRF."""
    return Client(headers={"host": host, "accept-language": "en"}, enforce_csrf_checks=True)


def address_in(mailbox: Mailbox, kind: str) -> str:
    """Read the address from the newest mail of a kind, as a person would."""
    recipient = OutgoingMail.objects.filter(kind=kind).latest("pk")
    for mail in mailbox.mails:
        found = ADDRESS.search(mail.text)
        if found and mail_id_from(found[1].split("/")[3]) == recipient.pk:
            return found[1]
    raise LookupError("There is no such address in the mailbox.")


def state() -> list[object]:
    """Whatever a page might change."""
    return [
        list(model.objects.order_by("pk").values())
        for model in (PendingCode, LinkedIdentity, Case, OutgoingMail, UserSession, AuditEvent)
    ]


def without_what_is_the_readers(page: str) -> str:
    """Leave away the address that was typed, and what is random on each page."""
    page = re.sub(r"[\w.]+@eksempel(-kommune)?\.example", "", page)
    return re.sub(r'nonce="[^"]*"|csrfmiddlewaretoken" value="[^"]*"', "", page)


def say_it_was_not_me(address: str) -> str:
    answer = reader().post(address, follow=True)
    assert answer.status_code == 200
    return text(answer)


def test_looking_changes_nothing(visitor: Visitor, mailbox: Mailbox) -> None:
    """A-21: scanners of mail open every address in it."""
    visitor.link(mailbox)
    run_worker()
    for kind in ("code", "linked"):
        address, before = address_in(mailbox, kind), state()
        assert reader().get(address).status_code == 200
        assert reader().head(address).status_code == 200
        assert reader().put(address).status_code == 405
        assert state() == before


def test_a_code_that_was_disowned_is_right_no_more_and_its_asker_sees_what_others_see(
    visitor: Visitor, mailbox: Mailbox
) -> None:
    visitor.sign_in(SOLVEIG)
    visitor.ask_for_code(INGRID.email)
    code = newest_code(mailbox)
    page = say_it_was_not_me(address_in(mailbox, "code"))
    assert "The request has been stopped." in page
    request = PendingCode.objects.get()
    assert (request.state, request.refusal, request.ended_at) == ("refused", "disowned", None)
    assert request.code_hash is None
    # the right code is as wrong as for an address that nobody has.
    disowned = text(visitor.post("/link/code/", code=code))
    assert "You have 4 tries left." in disowned
    stranger = Visitor(visitor.idporten)
    stranger.sign_in(SAMPLE_PEOPLE[2])  # whose own budget is whole
    stranger.ask_for_code("nobody@eksempel.example")
    unknown = text(stranger.post("/link/code/", code=code))
    assert without_what_is_the_readers(disowned) == without_what_is_the_readers(unknown)
    assert not LinkedIdentity.objects.exists()


def test_a_case_is_opened_and_support_told_once(visitor: Visitor, mailbox: Mailbox) -> None:
    visitor.sign_in(SOLVEIG)
    visitor.ask_for_code(INGRID.email)
    address = address_in(mailbox, "code")
    pages = [say_it_was_not_me(address) for _ in range(2)]
    assert pages[0] == pages[1]
    run_worker()
    case = Case.objects.get()
    request = PendingCode.objects.get()
    assert (case.kind, case.employee, case.request) == ("not-me", request.employee, request)
    told = [mail for mail in mailbox.mails if f"/admin/linking/case/{case.pk}/change/" in mail.text]
    assert len(told) == 1
    for word in (case.reference, request.reference, INGRID.email):
        assert word in told[0].text
    event = AuditEvent.objects.get(event="link:disowned")
    assert (event.reference, event.actor) == (request.reference, f"employee:{case.employee_id}")


def test_the_same_eid_gets_no_more_codes_for_the_employee(
    visitor: Visitor, mailbox: Mailbox
) -> None:
    visitor.sign_in(SOLVEIG)
    visitor.ask_for_code(INGRID.email)
    say_it_was_not_me(address_in(mailbox, "code"))
    with time_machine.travel(timezone.now() + timedelta(minutes=15)):
        again = Visitor(visitor.idporten)
        again.sign_in(SOLVEIG)
        again.ask_for_code(INGRID.email)
    assert PendingCode.objects.latest("requested_at").refusal == "disputed"


@pytest.mark.parametrize("kind", ["code", "linked"])
def test_a_link_that_was_disowned_is_ended_with_its_sessions(
    visitor: Visitor, mailbox: Mailbox, kind: str
) -> None:
    visitor.link(mailbox)
    run_worker()
    assert visitor.get("/me/").status_code == 200
    page = say_it_was_not_me(address_in(mailbox, kind))
    assert "The link has been ended." in page
    link = LinkedIdentity.objects.get()
    assert (link.state, link.end_reason) == ("revoked", "Den ansatte sa: «Det var ikke meg»")
    assert visitor.get("/me/").status_code == 302
    assert page == say_it_was_not_me(address_in(mailbox, kind))
    assert Case.objects.get().link == link


def test_a_link_whose_fingerprint_was_renewed_is_found_by_its_request(
    visitor: Visitor, mailbox: Mailbox
) -> None:
    visitor.link(mailbox)
    LinkedIdentity.objects.update(fingerprint=b"x" * 32, fingerprint_key="another")
    say_it_was_not_me(address_in(mailbox, "code"))
    assert LinkedIdentity.objects.get().state == "revoked"


def test_a_link_that_waits_is_ended_and_nobody_can_approve_it(
    visitor: Visitor, mailbox: Mailbox, organisation: Organisation
) -> None:
    organisation.approve_links = True
    organisation.save()
    visitor.link(mailbox)
    run_worker()
    say_it_was_not_me(address_in(mailbox, "waiting"))
    assert LinkedIdentity.objects.get().state == "revoked"
    decisions = dict(Case.objects.values_list("kind", "decision"))
    assert decisions == {"approval": "overtaken", "not-me": ""}


def test_in_a_conflict_the_request_is_disowned_and_ones_own_link_stays(
    visitor: Visitor, mailbox: Mailbox
) -> None:
    """Solveig's eID asks for Ingrid: Solveig may say so as well, and keeps her own link."""
    solveig = SOLVEIG.email
    Employee.objects.filter(email=solveig).update(language="en")
    own = make_link(
        employee=Employee.objects.get(email=solveig),
        whose=fingerprint_of(SOLVEIG.national_id),
    )
    intruder = Visitor(visitor.idporten)
    intruder.sign_in(INGRID)
    intruder.ask_for_code(solveig)
    run_worker()
    assert PendingCode.objects.get().refusal == "employee-linked"
    page = say_it_was_not_me(address_in(mailbox, "conflict"))
    assert "The request has been stopped." in page
    own.refresh_from_db()
    assert own.state == "active"
    assert PendingCode.objects.get().refusal == "disowned"
    assert set(Case.objects.values_list("kind", flat=True)) == {"employee-linked", "not-me"}


@pytest.mark.parametrize(
    "token",
    [
        "x",
        "0" * 32,
        "0" * 32 + "." + "A" * 43,
        "..",
        "a.b.c",
        "%00",
        "%ff%fe",
        "%E2%80%AE",
        "9" * 9000,
    ],
)
def test_an_address_that_nobody_was_sent_is_a_clear_page(
    organisation: Organisation, token: str
) -> None:
    for answer in (reader().get(f"/link/not-me/{token}/"), reader().post(f"/link/not-me/{token}/")):
        assert answer.status_code == 404
        assert "Nothing has been changed." in text(answer)


def test_an_address_is_good_at_its_own_organisation_for_thirty_days() -> None:
    mail = make_mail()
    path = not_me_url(mail).removeprefix(mail.organisation.base_url)
    assert reader(mail.organisation.host).get(path).status_code == 200
    assert reader(make_organisation().host).get(path).status_code == 404
    assert reader("nobody.localhost").get(path).status_code == 400
    with time_machine.travel(timezone.now() + timedelta(days=30, seconds=1), tick=False):
        for answer in (
            reader(mail.organisation.host).get(path),
            reader(mail.organisation.host).post(path),
        ):
            assert answer.status_code == 410
            assert "30 days" in text(answer)
    assert not Case.objects.exists()


@pytest.mark.parametrize("kind", ["approved", "declined", "stale"])
def test_only_mails_with_such_an_address_can_be_answered(kind: str) -> None:
    mail = make_mail()
    link = make_link(employee=mail.employee)
    OutgoingMail.objects.update(kind=kind, link=link)
    path = not_me_url(mail).removeprefix(mail.organisation.base_url)
    assert reader(mail.organisation.host).post(path).status_code == 404


def test_the_pages_are_kept_nowhere_and_tell_nobody_their_address() -> None:
    mail = make_mail()
    path = not_me_url(mail).removeprefix(mail.organisation.base_url)
    answer = reader(mail.organisation.host).get(path)
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "no-store" in answer.headers["Cache-Control"]
    assert answer.headers["Content-Language"] == "nb"  # as the mail
    assert "<form" in text(answer)
    assert text(answer).count("<form") == 1
