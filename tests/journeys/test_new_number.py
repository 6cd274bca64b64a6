"""A D-number becomes a national identity number: ID-porten gives another than the link's.

Nothing is moved (A-08). An administrator ends the old link; whoever reads the mailbox links anew.
"""

from datetime import timedelta

import pytest
from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from accounts.models import Employee, Organisation
from accounts.roles import Role
from devtools.idporten.server import StandIn
from devtools.mailbox import Mailbox
from linking import actions
from linking.models import Case, LinkedIdentity, OutgoingMail, PendingCode
from tests.accounts.worlds import browser_of
from tests.factories import (
    fingerprint_of,
    make_administrator,
    make_employee,
    make_grant,
    make_link,
    some_fingerprint,
)
from tests.journeys.visitor import INGRID, Visitor, newest_code, run_worker, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def employee(organisation: Organisation) -> Employee:
    """Linked by the D-number, and HR has registered the new number already."""
    number = fingerprint_of(INGRID.national_id)
    return make_employee(
        organisation=organisation,
        email=INGRID.email,
        national_id_fingerprint=number.digest,
        national_id_key=number.key_id,
        language="en",
    )


def later() -> None:
    """A minute on: a mailbox gets one mail a minute."""
    minutes = timedelta(minutes=2)
    OutgoingMail.objects.update(created_at=F("created_at") - minutes)
    PendingCode.objects.update(requested_at=F("requested_at") - minutes)


def test_the_new_number_takes_over_when_a_third_person_has_ended_the_old_link(
    employee: Employee, idporten: StandIn, mailbox: Mailbox
) -> None:
    by_d_number = make_link(employee=employee, whose=some_fingerprint())
    visitor = Visitor(idporten)
    assert visitor.sign_in(INGRID).headers["Location"] == "/link/"
    visitor.ask_for_code(INGRID.email)
    case = Case.objects.get()
    assert case.kind == "employee-linked"
    assert "123" not in mailbox.mails[0].subject  # no code has been sent: nothing is proved yet
    administrator = make_administrator()
    actions.decide_case(
        case, Case.Decision.ENDED, by=administrator, reason="Saw the letter", now=timezone.now()
    )
    run_worker()
    told = mailbox.mails[0].text
    assert "Sign in with the electronic ID that you are going to use" in told
    assert "http://eksempel-kommune.localhost/" in told
    later()
    visitor.ask_for_code(INGRID.email)
    done = visitor.post("/link/code/", code=newest_code(mailbox))
    assert done.headers["Location"] == "/link/done/"
    by_d_number.refresh_from_db()
    assert (by_d_number.state, by_d_number.end_reason) == ("revoked", "Saw the letter")
    link = LinkedIdentity.objects.standing().get()
    assert bytes(link.fingerprint) == fingerprint_of(INGRID.national_id).digest


def test_hr_changing_the_number_moves_no_link_and_the_pages_say_it_in_words(
    employee: Employee, idporten: StandIn
) -> None:
    link = make_link(employee=employee, whose=some_fingerprint())
    boss = make_employee(organisation=employee.organisation)
    make_link(employee=boss)
    make_grant(employee=boss, role=Role.ADMINISTRATOR, organisation=employee.organisation)
    browser = browser_of(boss.user)
    for name, key in (("accounts_employee", employee.pk), ("linking_linkedidentity", link.pk)):
        page = browser.get(reverse(f"admin:{name}_change", args=[key]))
        assert "it is not the linked one" in text(page)
    LinkedIdentity.objects.filter(pk=link.pk).update(fingerprint=employee.national_id_fingerprint)
    page = browser.get(reverse("admin:accounts_employee_change", args=[employee.pk]))
    assert "it is the linked one" in text(page)
    assert Visitor(idporten).sign_in(INGRID).headers["Location"] == "/me/"
