"""A-02: nobody finds out who is registered: for every address the same answer and the same work.

Each kind of address goes the same way as one that nobody has, and each request is compared: the
answer's bytes, the statements, the rows, the tasks, the events, the lines in the log.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Organisation
from devtools.mailbox import Mailbox
from linking import actions, codes, tasks
from linking.models import OutgoingMail, PendingCode
from linking.persons import EidPerson
from linking.views.common import REQUEST_KEY
from tests.factories import make_employee, make_organisation
from tests.journeys.seats import seat, some_person
from tests.journeys.traces import Trace, differences, trace
from tests.journeys.visitor import Response
from tests.linking import addresses
from tests.linking.addresses import KINDS, NAMES, TYPED, UNKNOWN, Kind, guessed_at

pytestmark = pytest.mark.django_db(transaction=True)
START = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


@pytest.fixture
def organisation(clock: time_machine.Traveller) -> Organisation:
    """The same in every test, so that its pages are."""
    return make_organisation(
        slug="eksempel-kommune",
        name="Eksempel kommune",
        host="eksempel-kommune.localhost",
        support_email="hjelp@eksempel-kommune.example",
    )


@dataclass
class Walk:
    """One browser's way, with a trace of each of its requests."""

    person: EidPerson
    organisation: Organisation
    address: str
    clock: time_machine.Traveller
    meanwhile: Callable[[], None] = lambda: None
    """What others do before the first code is typed."""
    steps: dict[str, Trace] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.clock.move_to(START)
        self.browser = seat(self.person, self.organisation)

    def look(self, path: str) -> None:
        self._trace(f"GET {path}", lambda: self.browser.get(path))

    def ask(self) -> None:
        data = {"email": self.address}
        self._trace("POST /link/", lambda: self.browser.post("/link/", data))

    def type(self, typed: str = "") -> None:
        data = {"code": typed or self.wrong_code()}
        self._trace("POST /link/code/", lambda: self.browser.post("/link/code/", data))

    def wrong_code(self) -> str:
        request_id = UUID(self.browser.session[REQUEST_KEY]["id"])
        right = codes.make_code(request_id, key=actions.code_key())
        return f"{(int(right) + 1) % 10**6:06}"

    def _trace(self, what: str, send: Callable[[], Response]) -> None:
        name = f"{len(self.steps) + 1}. {what}"
        self.steps[name] = trace(send, typed=self.address)


def work() -> None:
    """Decide what is undecided, and mail the codes; notices of conflicts may wait."""
    for pk in PendingCode.objects.filter(decided_at__isnull=True).values_list("pk", flat=True):
        actions.decide_request(pk, now=datetime.now(UTC))
    for pk in OutgoingMail.objects.filter(kind="code", state="queued").values_list("pk", flat=True):
        tasks.deliver_mail(str(pk))


def guessing(walk: Walk) -> None:
    """Five wrong codes, and whatever is tried after them."""
    walk.look("/link/")
    walk.ask()
    walk.look("/link/code/")
    work()
    walk.look("/link/code/")
    walk.meanwhile()
    walk.type("12345")
    for _ in range(5):
        walk.type()
        walk.look("/link/code/")
    walk.type()
    walk.ask()
    walk.look("/link/code/")
    work()
    walk.look("/link/code/")
    walk.type()


def waiting(walk: Walk) -> None:
    """Asking again too soon and in time, typing at once and too late."""
    walk.ask()
    walk.type()  # before the worker has decided
    work()
    walk.clock.shift(timedelta(seconds=30))
    walk.ask()
    walk.look("/link/code/")
    walk.clock.shift(timedelta(seconds=31))
    walk.ask()
    walk.look("/link/code/")
    work()
    walk.look("/link/code/")
    walk.type()
    walk.clock.shift(timedelta(minutes=11))
    walk.look("/link/code/")
    walk.type()
    walk.look("/link/")
    walk.ask()
    work()
    walk.type()


type Way = Callable[[Walk], None]

_walked: dict[tuple[Way, bool], dict[str, Trace]] = {}


def nobodys(
    way: Way,
    organisation: Organisation,
    clock: time_machine.Traveller,
    *,
    known_elsewhere: bool = False,
) -> dict[str, Trace]:
    """What comes of an address that nobody has; gone once for all tests.

    The page tells a person where else they are known, whatever address they type.
    """
    if (way, known_elsewhere) not in _walked:
        person = some_person(**NAMES)
        if known_elsewhere:
            addresses.link_elsewhere(person)
        walk = Walk(person, organisation, UNKNOWN, clock)
        way(walk)
        _walked[way, known_elsewhere] = walk.steps
    return _walked[way, known_elsewhere]


@pytest.mark.parametrize("way", [guessing, waiting])
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_address_is_answered_like_one_that_nobody_has(
    kind: Kind,
    way: Way,
    organisation: Organisation,
    clock: time_machine.Traveller,
    mailbox: Mailbox,
) -> None:
    elsewhere = kind is addresses.this_eid_linked_in_another_organisation
    expected = nobodys(way, organisation, clock, known_elsewhere=elsewhere)
    clock.move_to(START)
    person = some_person(**NAMES)
    kind(organisation, person)
    walk = Walk(person, organisation, TYPED, clock)
    way(walk)
    assert differences(expected, walk.steps) == []


def test_a_code_in_hand_that_others_have_closed_is_answered_like_any_wrong_one(
    organisation: Organisation, clock: time_machine.Traveller, mailbox: Mailbox
) -> None:
    expected = nobodys(guessing, organisation, clock)
    clock.move_to(START)
    employee = make_employee(organisation=organisation, email=TYPED)
    person = some_person(**NAMES)
    walk = Walk(person, organisation, TYPED, clock, meanwhile=lambda: guessed_at(employee, 10))
    guessing(walk)
    assert differences(expected, walk.steps) == []
    assert PendingCode.objects.filter(refusal="employee-blocked", code_hash=None).exists()


CONFLICTS = (
    addresses.linked_to_this_eid,
    addresses.linked_to_another_eid,
    addresses.waiting_for_approval_of_another_eid,
    addresses.this_eid_linked_to_another_employee,
)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in CONFLICTS])
def test_the_worker_holds_the_eids_lock_for_as_many_statements_whatever_the_address(
    kind: Kind, organisation: Organisation
) -> None:
    """Who asks again meanwhile waits for it. A conflict opens a case under it, and takes longer."""
    stranger, person = some_person(**NAMES), some_person(**NAMES)
    kind(organisation, person)
    assert decided(person, organisation, TYPED) == decided(stranger, organisation, UNKNOWN)


def decided(person: EidPerson, organisation: Organisation, address: str) -> int:
    """How many statements the decision about an address takes."""
    seat(person, organisation).post("/link/", {"email": address})
    request = PendingCode.objects.get(email=address, mail=None)
    with CaptureQueriesContext(connection) as statements:
        actions.decide_request(request.pk, now=datetime.now(UTC))
    request.refresh_from_db()
    assert request.decided_at is not None
    return len(statements)


# What the web request itself writes, and only for a code that was sent: the try that uses up a
# budget of others than the typist. Known by its time, it says that the address is registered, once
# a day, to whoever has spent two real eIDs (or six, or twenty) on it. It is not put off to the
# worker, as a block that is lost with its task would be worse.
ONE_BLOCK = {"linking_block": 1, "audit_auditevent": 1}
SUPPORTS_MAIL = {"linking.tasks.deliver_mail": 1}
ALARM = {"linking_case": 1, "audit_auditevent": 1, "linking_outgoingmail": 1}
THE_LAST_TRY: list[tuple[Kind, dict[str, int]]] = [
    (addresses.nine_wrong_today, ONE_BLOCK),
    (addresses.nineteen_wrong_this_month, ONE_BLOCK),
    (addresses.twenty_nine_wrong_in_the_organisation, ALARM | SUPPORTS_MAIL),
    (
        addresses.ninety_nine_wrong_in_the_organisation,
        ALARM | ONE_BLOCK | {"audit_auditevent": 2} | SUPPORTS_MAIL,
    ),
]


@pytest.mark.parametrize(("kind", "more"), THE_LAST_TRY)
def test_the_try_that_uses_up_a_budget_of_others_does_more_and_says_nothing(
    kind: Kind,
    more: dict[str, int],
    organisation: Organisation,
    clock: time_machine.Traveller,
    mailbox: Mailbox,
) -> None:
    expected = nobodys(guessing, organisation, clock)
    clock.move_to(START)
    person = some_person(**NAMES)
    kind(organisation, person)
    walk = Walk(person, organisation, TYPED, clock)
    guessing(walk)
    found = differences(expected, walk.steps)
    assert {each.step for each in found} == {"6. POST /link/code/"}
    assert {each.what for each in found} <= {"statements", "rows", "tasks", "events"}
    theirs, ours = expected["6. POST /link/code/"], walk.steps["6. POST /link/code/"]
    assert added(ours) - added(theirs) == Counter(more)


def added(trace: Trace) -> Counter[str]:
    rows = Counter({table: changes.count("added") for table, changes in trace.rows.items()})
    return rows + Counter(trace.tasks)
