"""From which network somebody called: beside each event that a request stands behind."""

import pickle
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Employee, Organisation
from audit.callers import Caller
from audit.events import Event
from audit.log import record, record_each
from audit.models import AuditEvent
from devtools.idporten.server import StandIn
from devtools.mailbox import Mailbox
from tests.accounts.worlds import World, browser_of, make_world
from tests.administrators import type_password
from tests.factories import make_administrator, make_employee
from tests.journeys.visitor import INGRID, Visitor, newest_code

pytestmark = pytest.mark.django_db
HERE, THERE = "203.0.113.7", "2001:db8:1:2::/64"


def networks() -> dict[str, set[str]]:
    """Give from where each event came."""
    found: dict[str, set[str]] = {}
    for event, network in AuditEvent.objects.values_list("event", "network"):
        found.setdefault(event, set()).add(network)
    return found


def test_a_caller_is_its_name_and_knows_its_network_in_a_copy_too() -> None:
    caller = Caller("eid", HERE)
    assert caller == "eid"
    assert pickle.loads(pickle.dumps(caller)).network == HERE  # noqa: S301  # our own
    assert Caller("eid").network == ""


def test_one_event_and_many_say_where_they_came_from() -> None:
    by, now = Caller("user:x", HERE), timezone.now()
    record(Event.LINK_MADE, by=by, now=now)
    record_each(Event.LINK_EXPIRED, [(uuid4(), uuid4())], by=by, now=now)
    record(Event.LINK_REVOKED, by="system", now=now)
    assert set(AuditEvent.objects.values_list("event", "actor", "network")) == {
        ("link:made", "user:x", HERE),
        ("link:expired", "user:x", HERE),
        ("link:revoked", "system", ""),
    }


@pytest.fixture
def ingrid(organisation: Organisation) -> Employee:
    return make_employee(organisation=organisation, email=INGRID.email, birth_date="1994-11-16")


def test_each_step_of_the_journey_says_where_it_was_taken(
    idporten: StandIn, mailbox: Mailbox, ingrid: Employee
) -> None:
    visitor = Visitor(idporten)
    visitor.client.defaults["REMOTE_ADDR"] = "2001:db8:1:2:3::4"
    visitor.sign_in()
    visitor.ask_for_code("nobody@x.example")
    visitor.ask_for_code(INGRID.email)
    visitor.post("/link/code/", code="000000")
    visitor.post("/link/code/", code=newest_code(mailbox))
    visitor.post("/oidc/logout/")
    visitor.get("/oidc/callback/", state="nobodys")
    visitor.sign_in()
    told = networks()
    assert {event for event, where in told.items() if where == {THERE}} == {
        *("sign-in:started", "sign-in:unlinked", "sign-in:done", "sign-in:refused"),
        *("link:code:requested", "link:code:replaced", "link:code:wrong", "link:made"),
        "session:ended",
    }
    by_the_worker = {event for event, where in told.items() if where == {""}}
    assert by_the_worker == {"link:code:sent", "link:code:refused"}


@pytest.fixture
def eksempel() -> World:
    return make_world("eksempel", "Quokka")


def test_what_an_administrator_does_says_where_they_sat(eksempel: World) -> None:
    browser = browser_of(make_administrator())
    browser.defaults["REMOTE_ADDR"] = HERE
    link = eksempel.rows["linking_linkedidentity"]
    browser.get(f"/admin/linking/linkedidentity/{link.pk}/change/")
    browser.post(f"/admin/linking/linkedidentity/{link.pk}/revoke/", {"reason": "Seen"})
    case = eksempel.rows["linking_case"]
    decided = {"decision": "closed", "reason": "Seen"}  # its action takes a user, not a name
    browser.post(f"/admin/linking/case/{case.pk}/decide/", decided)
    told = networks()
    for event in ("person:viewed", "link:revoked", "case:decided"):
        assert told[event] == {HERE}


def test_a_wrong_password_says_where_it_was_typed() -> None:
    make_administrator(username="admin")
    stranger = Client(headers={"host": "127.0.0.1"}, REMOTE_ADDR=HERE)
    type_password(stranger, "admin", "wrong")
    assert networks() == {"administrator:sign-in:refused": {HERE}}
