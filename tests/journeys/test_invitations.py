"""The invitation, from the mail to the link: and what it is not worth."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.models import Employee, Organisation
from audit.models import AuditEvent
from devtools.idporten.server import StandIn
from devtools.mailbox import Mailbox
from linking import actions
from linking.models import Case, Invitation, LinkedIdentity, OutgoingMail, PendingCode
from tests.attacks import sinks
from tests.conftest import HOST
from tests.factories import fingerprint_of, make_employee, make_link, make_organisation
from tests.journeys.invited import come, invitation_of, invite, mailed_path, path_of
from tests.journeys.visitor import INGRID, SOLVEIG, Visitor, newest_code, run_worker, text

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ingrid(organisation: Organisation) -> Employee:
    return make_employee(
        organisation=organisation, first_name="Ingrid", last_name="Bergtun", email=INGRID.email
    )


@pytest.fixture
def visitor(idporten: StandIn, ingrid: Employee) -> Visitor:
    return Visitor(idporten)


def browser(host: str = HOST) -> Client:
    """A browser or a scanner without cookies."""
    return Client(headers={"host": host, "accept-language": "en"}, enforce_csrf_checks=True)


def events(name: str) -> int:
    return AuditEvent.objects.filter(event=name).count()


def test_the_link_in_the_mail_takes_the_place_of_address_and_code(
    visitor: Visitor, ingrid: Employee, mailbox: Mailbox
) -> None:
    invite(ingrid, note="Vi bytter innlogging.")
    page = come(visitor, mailed_path(mailbox), INGRID)
    assert "Is this account yours?" in text(page)
    assert INGRID.email in text(page)
    assert visitor.post("/link/invitation/").headers["Location"] == "/link/done/"
    assert visitor.get("/me/").status_code == 200
    link, invitation = LinkedIdentity.objects.get(), invitation_of(ingrid)
    assert (link.employee, link.state) == (ingrid, "active")
    assert invitation.end == "used"
    assert None not in (invitation.sent_at, invitation.opened_at, invitation.signed_in_at)
    names = ("invitation:created", "invitation:sent", "invitation:opened", "invitation:used")
    assert [events(name) for name in (*names, "link:made")] == [1] * 5
    request = PendingCode.objects.get(link=link)
    assert (request.state, request.email) == ("confirmed", INGRID.email)
    assert (request.eid_family_name, request.number_fingerprints) == ("", {})
    run_worker()
    assert "/link/not-me/" in mailbox.mails[0].text
    again = Visitor(visitor.idporten)
    assert again.sign_in(INGRID).headers["Location"] == "/me/"


def test_scanners_change_nothing_and_use_nothing_up(
    visitor: Visitor, ingrid: Employee, mailbox: Mailbox
) -> None:
    """A-21."""
    invite(ingrid)
    path = mailed_path(mailbox)
    before = (list(Invitation.objects.values()), AuditEvent.objects.count())
    scanner = browser()
    for _ in range(100):
        assert scanner.get(path).status_code == 200
    assert scanner.head(path).status_code == 200
    assert Client(headers={"host": HOST}).put(path).status_code == 405
    assert scanner.post(path).status_code == 403  # no CSRF token
    assert before == (list(Invitation.objects.values()), AuditEvent.objects.count())
    come(visitor, path, INGRID)
    assert visitor.post("/link/invitation/").headers["Location"] == "/link/done/"


def test_the_page_sends_its_address_nowhere_and_is_kept_nowhere(ingrid: Employee) -> None:
    invite(ingrid)
    answer = browser().get(path_of(invitation_of(ingrid)))
    assert answer.headers["Referrer-Policy"] == "strict-origin"
    assert "no-store" in answer.headers["Cache-Control"]
    assert not answer.cookies.get("session")


@pytest.mark.parametrize("before_confirming", [False, True])
@pytest.mark.parametrize(
    ("change", "status", "says"),
    [
        (lambda i, e: e.update(email="new@eksempel.example"), 410, "has been changed"),
        (lambda i, e: e.update(active=False), 410, "has been changed"),
        (lambda i, e: e.update(organisation=make_organisation()), 410, "has been changed"),
        (lambda i, e: i.update(expires_at=timezone.now()), 410, "for 14 days"),
        (lambda i, e: i.update(ended_at=timezone.now(), end="stopped"), 410, "taken it back"),
        (lambda i, e: i.update(ended_at=timezone.now(), end="replaced"), 410, "newer invitation"),
        (lambda i, e: i.update(ended_at=timezone.now(), end="used"), 410, "has been used"),
        (lambda i, e: e.get().delete(), 404, "whole address"),
    ],
)
def test_what_is_not_in_force_links_nobody_and_says_what_to_do(
    visitor: Visitor,
    ingrid: Employee,
    change: Callable[..., object],
    status: int,
    says: str,
    *,
    before_confirming: bool,
) -> None:
    """A-11 among them: an address that was changed, or that is another's now."""
    invite(ingrid)
    path = path_of(invitation_of(ingrid))
    if before_confirming:
        come(visitor, path, INGRID)
    change(Invitation.objects.all(), Employee.objects.filter(pk=ingrid.pk))
    answer = visitor.get(path)
    assert answer.status_code == visitor.post(path).status_code == status
    assert says in text(answer)
    assert "type your work e-mail" in text(answer)
    if before_confirming:
        assert visitor.post("/link/invitation/").headers["Location"] == "/link/"
        assert "Enter the e-mail address" in text(visitor.get("/link/"))
    assert not LinkedIdentity.objects.exists()


def test_fourteen_days_to_the_second(ingrid: Employee) -> None:
    now = timezone.now()
    invite(ingrid, now=now)
    path, end = path_of(invitation_of(ingrid)), now + timedelta(days=14)
    with time_machine.travel(end - timedelta(seconds=1), tick=False):
        assert browser().get(path).status_code == 200
    with time_machine.travel(end, tick=False):
        assert browser().get(path).status_code == 410


def test_another_organisations_host_knows_nothing_of_it(ingrid: Employee) -> None:
    """A-17."""
    other = make_organisation()
    invite(ingrid)
    path = path_of(invitation_of(ingrid))
    for address in (path, "/invitation/x/", "/invitation/" + "æ" * 300 + "/", path[:-2] + "/"):
        answer = browser(other.host if address == path else HOST).get(address)
        assert answer.status_code == 404
        assert INGRID.email not in answer.content.decode()


@pytest.mark.parametrize(
    ("registered", "reason"),
    [
        ({"birth_date": SOLVEIG.birth_date}, "birth-date-mismatch"),
        (
            {
                "national_id_fingerprint": fingerprint_of(SOLVEIG.national_id).digest,
                "national_id_key": fingerprint_of(SOLVEIG.national_id).key_id,
            },
            "number-mismatch",
        ),
    ],
)
def test_whoever_got_it_forwarded_is_refused_and_the_employee_still_has_it(
    visitor: Visitor, ingrid: Employee, registered: dict[str, object], reason: str
) -> None:
    """A-46: the page says no more than that; the invited employee is not locked out (A-36)."""
    Employee.objects.filter(pk=ingrid.pk).update(**registered)
    invite(ingrid)
    path = path_of(invitation_of(ingrid))
    come(visitor, path, INGRID)  # in this test she is the one who is not registered so
    refused = visitor.post("/link/invitation/")
    assert refused.status_code == 403
    request = PendingCode.objects.get()
    assert (request.state, request.refusal, request.eid_family_name) == ("refused", reason, "")
    assert request.reference in text(refused)
    assert reason not in text(refused)
    assert not LinkedIdentity.objects.exists()
    assert events("invitation:refused") == 1
    owner = Visitor(visitor.idporten)
    come(owner, path, SOLVEIG)
    assert owner.post("/link/invitation/").headers["Location"] == "/link/done/"


def test_where_nothing_can_be_compared_the_code_by_mail_is_asked_for_too(
    visitor: Visitor, ingrid: Employee, mailbox: Mailbox
) -> None:
    """A-46: MinID tells no name, and HR has registered neither birth date nor number."""
    invite(ingrid)
    come(visitor, mailed_path(mailbox), INGRID, eid="MinID")
    assert visitor.post("/link/invitation/").headers["Location"] == "/link/code/"
    run_worker()
    assert "we have also sent a security code" in text(visitor.get("/link/code/"))
    assert not LinkedIdentity.objects.exists()
    assert invitation_of(ingrid).ended_at is None
    assert visitor.post("/link/code/", code=newest_code(mailbox)).headers["Location"] == (
        "/link/done/"
    )
    assert invitation_of(ingrid).end == "linked"


@pytest.mark.parametrize("policy", ["ignore", "approve"])
def test_another_persons_name_needs_the_code_whatever_the_organisation_makes_of_names(
    visitor: Visitor, ingrid: Employee, organisation: Organisation, policy: str
) -> None:
    """A-46: a forwarded mail, an eID of one's own, and nothing registered but the name."""
    Organisation.objects.update(name_mismatch=policy)
    invite(ingrid)
    come(visitor, path_of(invitation_of(ingrid)), SOLVEIG)
    assert visitor.post("/link/invitation/").headers["Location"] == "/link/code/"
    run_worker()
    assert OutgoingMail.objects.get(kind="code").recipient == INGRID.email
    assert not LinkedIdentity.objects.exists()


def test_a_link_that_must_be_approved_waits(
    visitor: Visitor, ingrid: Employee, organisation: Organisation
) -> None:
    Organisation.objects.update(approve_links=True)
    invite(ingrid)
    come(visitor, path_of(invitation_of(ingrid)), INGRID)
    assert visitor.post("/link/invitation/").headers["Location"] == "/link/"
    assert "Your link waits for approval" in text(visitor.get("/link/"))
    assert LinkedIdentity.objects.get().state == "pending"
    assert Case.objects.get().kind == "approval"
    assert invitation_of(ingrid).end == "used"


def test_an_eid_that_is_a_colleagues_opens_a_case_and_moves_nothing(
    visitor: Visitor, ingrid: Employee, organisation: Organisation
) -> None:
    """A-09: somebody linked between the sign-in and the button."""
    invite(ingrid)
    come(visitor, path_of(invitation_of(ingrid)), INGRID)
    colleague = make_employee(organisation=organisation)
    make_link(employee=colleague, whose=fingerprint_of(INGRID.national_id))
    assert visitor.post("/link/invitation/").status_code == 403
    assert [link.employee for link in LinkedIdentity.objects.all()] == [colleague]
    assert Case.objects.get().kind == "person-linked"


def test_whoever_is_linked_already_is_let_on(visitor: Visitor, ingrid: Employee) -> None:
    invite(ingrid)
    path = path_of(invitation_of(ingrid))
    make_link(employee=ingrid, whose=fingerprint_of(INGRID.national_id))
    visitor.post(path)
    assert visitor.sign_in(INGRID).headers["Location"] == "/me/"
    assert invitation_of(ingrid).signed_in_at is not None
    assert "invitation" not in visitor.client.session


def test_another_address_may_be_typed_instead(visitor: Visitor, ingrid: Employee) -> None:
    invite(ingrid)
    come(visitor, path_of(invitation_of(ingrid)), INGRID)
    assert visitor.post("/link/invitation/", other="1").headers["Location"] == "/link/"
    assert "Enter the e-mail address" in text(visitor.get("/link/"))
    assert invitation_of(ingrid).ended_at is None


def test_after_signing_out_the_browser_knows_of_no_invitation(
    visitor: Visitor, ingrid: Employee
) -> None:
    invite(ingrid)
    come(visitor, path_of(invitation_of(ingrid)), INGRID)
    visitor.post("/oidc/logout/")
    visitor.sign_in(INGRID)
    assert "Enter the e-mail address" in text(visitor.get("/link/"))


def test_used_in_one_browser_it_is_used_in_the_other(visitor: Visitor, ingrid: Employee) -> None:
    """A-07, one after the other; at once: tests/races/test_invitation_races.py."""
    invite(ingrid)
    other = Visitor(visitor.idporten)
    for each in (visitor, other):
        come(each, path_of(invitation_of(ingrid)), INGRID)
    assert visitor.post("/link/invitation/").headers["Location"] == "/link/done/"
    assert other.post("/link/invitation/").headers["Location"] == "/link/"
    assert LinkedIdentity.objects.count() == 1


def test_what_others_typed_wrong_stops_no_invitation(visitor: Visitor, ingrid: Employee) -> None:
    """A-36: the employee and the organisation are blocked for codes, not for 128 bits."""
    from tests.factories import make_block, make_pending_code

    request = make_pending_code(employee=ingrid)
    for budget in ("employee-month", "organisation-day"):
        make_block(request=request, budget=budget)
    invite(ingrid)
    come(visitor, path_of(invitation_of(ingrid)), INGRID)
    assert visitor.post("/link/invitation/").headers["Location"] == "/link/done/"


def test_an_eid_that_is_blocked_stays_so(visitor: Visitor, ingrid: Employee) -> None:
    from tests.factories import make_block

    make_block(whose=fingerprint_of(INGRID.national_id))
    invite(ingrid)
    come(visitor, path_of(invitation_of(ingrid)), INGRID)
    assert visitor.post("/link/invitation/").status_code == 403
    assert PendingCode.objects.get(employee=ingrid).refusal == "person-blocked"


def test_the_token_is_in_the_mail_and_nowhere_else(
    visitor: Visitor, ingrid: Employee, mailbox: Mailbox, caplog: pytest.LogCaptureFixture
) -> None:
    """A-31: no row, session, event or log line has it, also where the portal complains."""
    from portal.logs import MaskPersonalAddresses

    caplog.handler.addFilter(MaskPersonalAddresses())
    caplog.set_level("DEBUG")
    invite(ingrid)
    path = mailed_path(mailbox)
    token = path.split("/")[2]
    browser().post(path)
    browser().put(path)
    visitor.post(path)
    assert token not in str(dict(visitor.client.session.items()))
    come(visitor, path, INGRID)
    assert token not in str(dict(visitor.client.session.items()))
    visitor.post("/link/invitation/")
    assert visitor.get(path).status_code == 410
    run_worker()
    assert "/invitation/…" in caplog.text
    assert token not in caplog.text
    assert [place for place, content in sinks.database() if token.encode() in content] == []
    assert visitor.client.session.get("invitation") is None
    assert actions.open_one(invitation_of(ingrid).pk, now=timezone.now()) is None


def test_html_in_names_and_in_the_message_is_text(
    visitor: Visitor, ingrid: Employee, mailbox: Mailbox
) -> None:
    """A-15; and a message of several lines adds no header (A-14)."""
    html = "<script>alert(1)</script>"
    Organisation.objects.update(name=f"O{html}")
    Employee.objects.filter(pk=ingrid.pk).update(first_name=f"F{html}")
    invite(ingrid, note=f"N{html}\r\nBcc: x@x.example\r\n\r\nx")
    path = mailed_path(mailbox)
    mail = mailbox.mails[0]
    assert {"Bcc", "bcc"}.isdisjoint(mail.headers)
    pages = [text(visitor.get(path)), text(come(visitor, path, INGRID)), mail.html]
    Invitation.objects.update(ended_at=timezone.now(), end="used")
    pages.append(text(visitor.get(path)))
    assert all("&lt;script&gt;" in page and html not in page for page in pages)
