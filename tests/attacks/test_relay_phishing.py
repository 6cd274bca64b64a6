"""A-01: an attacker signs in with their own eID and types the victim's address. Two browsers."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Employee, NameMismatch, Organisation
from devtools.idporten.server import StandIn
from devtools.mailbox import Mailbox
from linking.models import LinkedIdentity, OutgoingMail, PendingCode
from tests.attacks.conftest import ANOTHER, ATTACKER
from tests.factories import fingerprint_of
from tests.journeys.visitor import INGRID, Visitor, newest_code, run_worker, text

TWO_MINUTES = timedelta(minutes=2)
_TOKENS = re.compile(r'(csrfmiddlewaretoken" value|nonce)="[^"]*"')
REGISTERED: dict[str, dict[str, Any]] = {
    "birth-date-mismatch": {"birth_date": INGRID.birth_date},
    "number-mismatch": {"number": INGRID.national_id},
}


def register(employee: Employee, *, number: str = "", **fields: Any) -> None:
    """Let HR know more of the victim."""
    if number:
        fingerprint = fingerprint_of(number)
        fields |= {
            "national_id_fingerprint": fingerprint.digest,
            "national_id_key": fingerprint.key_id,
        }
    Employee.objects.filter(pk=employee.pk).update(**fields)


def pages_of(attacker: Visitor, address: str) -> list[str]:
    """All that the attacker sees from the address to the second wrong code, tokens left out."""
    asked = attacker.ask_for_code(address)
    seen = [f"{asked.status_code} {asked.headers['Location']} {text(asked)}"]
    for answer in (
        attacker.get("/link/code/"),
        attacker.post("/link/code/", code="000000"),
        attacker.post("/link/code/", code="000001"),
    ):
        seen += [f"{answer.status_code} {text(answer)}"]
    return [_TOKENS.sub("", page).replace(address, "ADDRESS") for page in seen]


@pytest.mark.parametrize("refusal", REGISTERED)
def test_whoever_is_certainly_another_gets_no_code_and_sees_no_difference(
    attacker: Visitor, ingrid: Employee, mailbox: Mailbox, idporten: StandIn, refusal: str
) -> None:
    """A-01: a registered birth date or number that is not the eID's."""
    register(ingrid, **REGISTERED[refusal])
    victim = pages_of(attacker, INGRID.email)
    assert PendingCode.objects.get().refusal == refusal
    assert not mailbox.mails
    other_attacker = Visitor(idporten)
    other_attacker.sign_in(ANOTHER)  # what an eID has used up of its tries is its own affair
    assert victim == pages_of(other_attacker, "nobody.at.all@eksempel-kommune.example")


@pytest.mark.parametrize("refusal", REGISTERED)
def test_the_employee_whose_facts_fit_is_let_through(
    visitor: Visitor, ingrid: Employee, mailbox: Mailbox, refusal: str
) -> None:
    """A-01: the same facts stop nobody who is the employee."""
    register(ingrid, **REGISTERED[refusal])
    assert visitor.link(mailbox).headers["Location"] == "/link/done/"


def test_another_name_gets_no_code_where_the_organisation_refuses_it(
    attacker: Visitor, organisation: Organisation, mailbox: Mailbox
) -> None:
    """A-01: the eID says who somebody is, and HR says another."""
    Organisation.objects.update(name_mismatch=NameMismatch.REFUSE)
    pages_of(attacker, INGRID.email)
    assert PendingCode.objects.get().refusal == "name-mismatch"
    assert not mailbox.mails


def test_a_code_read_out_to_another_name_lets_nobody_in_before_it_is_approved(
    attacker: Visitor, organisation: Organisation, mailbox: Mailbox, idporten: StandIn
) -> None:
    """A-01: the victim tells the code; the link waits, in this browser and at the next sign-in."""
    Organisation.objects.update(name_mismatch=NameMismatch.APPROVE)
    attacker.ask_for_code(INGRID.email)
    assert attacker.post("/link/code/", code=newest_code(mailbox)).headers["Location"] == "/link/"
    assert LinkedIdentity.objects.get().state == "pending"
    again = Visitor(idporten)
    assert again.sign_in(ATTACKER).headers["Location"] == "/link/"
    for browser in (attacker, again):
        assert browser.get("/me/").status_code == 403
        assert browser.get("/link/done/").headers["Location"] == "/?next=%2Flink%2Fdone%2F"


def test_where_names_are_ignored_the_mails_are_what_tells_the_victim(
    attacker: Visitor, organisation: Organisation, mailbox: Mailbox
) -> None:
    """A-01: the code's mail names asker, moment and eID; a notice follows the link."""
    Organisation.objects.update(name_mismatch=NameMismatch.IGNORE)
    attacker.ask_for_code(INGRID.email)
    warning = mailbox.mails[0]
    assert warning.to == INGRID.email
    asked_at = timezone.localtime(PendingCode.objects.get().requested_at)
    for body in (warning.text, warning.html):
        assert f"{ATTACKER.given_name} {ATTACKER.family_name}" in body
        assert f"{asked_at:%H:%M}" in body
        assert f"{asked_at:%Y}" in body
        assert "BankID" in body
        assert "Never give the code to anybody" in body
        assert organisation.support_email in body
    attacker.post("/link/code/", code=newest_code(mailbox))
    run_worker()
    notice = mailbox.mails[0]
    assert notice.to == INGRID.email
    assert "is now linked" in notice.text
    assert organisation.support_email in notice.text


def test_each_link_has_its_notice(
    visitor: Visitor, mailbox: Mailbox, organisation: Organisation
) -> None:
    """A-01: also the second one, after the first was removed."""
    for number in (1, 2):
        OutgoingMail.objects.filter(kind="code").delete()  # the budget of mails is another matter
        PendingCode.objects.all().delete()
        visitor.link(mailbox)
        run_worker()
        assert OutgoingMail.objects.filter(kind="linked", state="sent").count() == number
        visitor.post("/me/unlink/")


def test_a_code_told_to_another_session_than_the_one_that_asked_is_of_no_use(
    attacker: Visitor, visitor: Visitor, mailbox: Mailbox, organisation: Organisation
) -> None:
    """A-01: the victim asked; an attacker who asked too types the victim's code."""
    attacker.ask_for_code(INGRID.email)
    attackers_code = newest_code(mailbox)
    PendingCode.objects.update(requested_at=timezone.now() - TWO_MINUTES)
    OutgoingMail.objects.update(created_at=timezone.now() - TWO_MINUTES)
    visitor.sign_in()
    visitor.ask_for_code(INGRID.email)
    victims_code = newest_code(mailbox)
    assert victims_code != attackers_code
    assert "tries" in text(attacker.post("/link/code/", code=victims_code))
    assert not LinkedIdentity.objects.exists()
    assert visitor.post("/link/code/", code=victims_code).headers["Location"] == "/link/done/"


def test_the_eids_own_second_browser_cannot_spend_the_firsts_code(
    visitor: Visitor, mailbox: Mailbox, idporten: StandIn
) -> None:
    """A-01: the code is bound to the session that asked, not to the eID alone."""
    visitor.sign_in()
    visitor.ask_for_code(INGRID.email)
    code, first = newest_code(mailbox), visitor.client.session["link_request"]
    second = Visitor(idporten)
    second.sign_in()
    session = second.client.session
    session["link_request"] = first | {"binding": "another browser's own"}
    session.save()
    assert "no longer valid" in text(second.post("/link/code/", code=code))
    assert not LinkedIdentity.objects.exists()
