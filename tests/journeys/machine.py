"""The rules of the state machine: what people, administrators, HR and beat may do, in any order.

What an action that comes later may do is one more rule here and, if it ends links or requests, one
more method of the oracle; the ledger knows the states.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from accounts import actions as registry
from accounts.models import Employee
from audit.models import AuditEvent
from linking import actions, delivery, tasks
from linking.models import Block, LinkedIdentity, OutgoingMail
from linking.views.common import REQUEST_KEY
from tests.journeys import model
from tests.journeys.deciders import ANY, Deciders
from tests.journeys.guessers import EMPLOYEE, PERSON, PLACE, Guessers
from tests.journeys.stage import BORN, Stage
from tests.journeys.visitor import newest_code

JUMPS = [
    timedelta(seconds=20),
    timedelta(seconds=61),
    timedelta(minutes=6),
    timedelta(minutes=11),
    timedelta(minutes=31),
    timedelta(minutes=61),
    timedelta(hours=11),
    timedelta(hours=24),
    timedelta(days=9),
    timedelta(days=31),
    timedelta(days=400),
]
BROWSER = st.integers(0, 1)
CHANGES = [
    "leaves at once",
    "left yesterday",
    "last day today",
    "comes back",
    "comes back",
    "another address",
    "birth date",
]
ADDRESSES = ["registered", "registered", "registered", "in capitals", "unknown", "elsewhere"]


def some(condition: Callable[[Any], Any]) -> Callable[[Any], bool]:
    """Whether there is anything for the rule to act on."""
    return lambda machine: any(condition(machine))


def links(machine: Stage) -> list[model.Link]:
    return [link for link in machine.oracle.links if link.state == "active"]


def blocks(machine: Stage) -> list[model.Block]:
    now = datetime.now(UTC)
    return [block for block in machine.oracle.blocks if block.holds(now)]


class Journey(Deciders, Guessers):
    """Whatever may happen."""

    @initialize(approves=st.booleans(), busy=st.sampled_from([0, 28, 96]))
    def begin(self, approves: bool, busy: int) -> None:
        self.open_up(approves, busy)

    # --- People ----------------------------------------------------------------------------------

    @rule(
        who=PERSON,
        where=PLACE,
        browser=BROWSER,
        whose=EMPLOYEE,
        address=st.sampled_from(ADDRESSES),
        worker=st.sampled_from([True, True, True, False]),
        times=st.integers(1, 2),
    )
    def asks(
        self,
        who: int,
        where: int,
        browser: int,
        whose: int,
        address: str,
        worker: bool,
        times: int,
    ) -> None:
        """Perhaps by a double click, which is one request."""
        typed = f"nobody.{whose}@nowhere.example"
        if address != "unknown":
            typed = self.employee(1 - where if address == "elsewhere" else where, whose).email
        typed = typed.upper() if "capitals" in address else typed
        for _ in range(times):
            window = self.ask(who, where, browser, typed)
        if window and window.asked and worker:
            self.decide(window.asked)

    @rule(who=PERSON, where=PLACE, browser=BROWSER, whose=EMPLOYEE, wrong=st.integers(0, 4))
    def asks_and_types(self, who: int, where: int, browser: int, whose: int, wrong: int) -> None:
        """Some wrong codes, and then the right one."""
        window = self.ask(who, where, browser, self.employee(where, whose).email)
        if window and window.asked:
            self.decide(window.asked)
            self.guess(window, wrong)
            self.type_code(window, self.right(window.asked.key), right=True)

    @precondition(some(lambda self: self.at_the_code()))
    @rule(which=ANY, times=st.integers(1, 6))
    def types_wrong_codes(self, which: int, times: int) -> None:
        windows = list(self.at_the_code())
        self.guess(self.browsers[windows[which % len(windows)]], times)

    @precondition(some(lambda self: self.at_the_code()))
    @rule(which=ANY, after=st.sampled_from([timedelta(0), timedelta(minutes=11)]))
    def types_the_right_code(self, which: int, after: timedelta) -> None:
        """Also where no mail has brought it, or too late: then it must not be right."""
        self.let_pass(after)
        windows = list(self.at_the_code())
        if not windows:  # their sessions are over
            return
        window = self.browsers[windows[which % len(windows)]]
        if window.asked:
            self.type_code(window, self.right(window.asked.key), right=True)

    @precondition(some(lambda self: self.at_the_code()))
    @rule(which=ANY, whose=EMPLOYEE)
    def types_it_in_the_other_browser(self, which: int, whose: int) -> None:
        """The code is the session's: another one that got hold of the request's id has no use."""
        windows = list(self.at_the_code())
        who, where, browser = windows[which % len(windows)]
        asked = self.browsers[who, where, browser].asked
        other = self.come_in(who, where, 1 - browser)
        if other is None or other.link is not None or asked is None:
            return
        session = other.client.session
        mine = {"binding": "b", "email": asked.address, "again": False, "on_its_way": False}
        session[REQUEST_KEY] = mine | session.get(REQUEST_KEY, {}) | {"id": str(asked.key)}
        session.save()
        other.asked = asked
        self.type_code(other, self.right(asked.key), right=True)

    @precondition(lambda self: self.browsers)
    @rule(which=ANY, after=st.sampled_from([timedelta(0), *JUMPS[-2:]]))
    def signs_in_again(self, which: int, after: timedelta) -> None:
        """At once, or when a link may be over that beat has not come to yet."""
        self.let_pass(after)
        whose = sorted(self.browsers)[which % len(self.browsers)]
        self.leave_open(*whose)
        self.come_in(*whose)

    @precondition(lambda self: self.browsers)
    @rule(which=ANY, path=st.sampled_from(["/me/unlink/", "/oidc/logout/"]))
    def goes(self, which: int, path: str) -> None:
        """Remove one's own link, or sign out."""
        window = self.browsers[sorted(self.browsers)[which % len(self.browsers)]]
        now = self.tick()
        inside = window.is_in(now)
        ended = AuditEvent.objects.filter(event="session:ended")
        before = ended.count()
        answer = window.client.post(path)
        assert answer.status_code in (200, 302, 403)
        window.shows_a_page(now)
        if path == "/me/unlink/" and inside:
            assert window.link
            self.revoked(window.link)
        if inside or path == "/oidc/logout/":
            window.signed_out = True
        if inside:
            assert ended.count() == before + 1
        self.look()

    @precondition(lambda self: self.browsers)
    @rule(which=ANY)
    def only_looks(self, which: int) -> None:
        """A-20: pages that are read change nothing."""
        window = self.browsers[sorted(self.browsers)[which % len(self.browsers)]]
        now = self.tick()
        for path in ("/", "/link/", "/link/code/", "/link/done/", "/me/unlink/", "/me/"):
            answer = window.client.get(path)
            assert answer.status_code in (200, 302, 403)
        assert (answer.status_code == 200) is window.is_in(now)
        window.shows_a_page(now)
        self.look()

    # --- Administrators and HR -------------------------------------------------------------------

    @precondition(some(links))
    @rule(which=ANY)
    def an_administrator_revokes(self, which: int) -> None:
        link, now = links(self)[which % len(links(self))], self.tick()
        row = LinkedIdentity.objects.get(pk=link.key)
        assert actions.revoke_link(row, by="user:admin", reason="Lost phone", now=now)
        assert not actions.revoke_link(row, by="user:admin", reason="Again", now=now)
        self.revoked(link)
        self.look()

    @precondition(some(blocks))
    @rule(which=ANY)
    def an_administrator_lifts_a_block(self, which: int) -> None:
        now = self.tick()
        block = (blocks(self) or self.oracle.blocks)[which % (len(blocks(self)) or 1)]
        row = Block.objects.get(budget=block.budget, blocked_at=block.at)
        lifted = actions.lift_block(row, by="user:admin", reason="Called support", now=now)
        assert lifted is block.holds(now)
        if lifted:
            block.lifted_at = now
        self.look()

    @rule(
        where=PLACE,
        whose=EMPLOYEE,
        change=st.sampled_from(CHANGES),
    )
    def hr_changes(self, where: int, whose: int, change: str) -> None:
        employee, today = self.employee(where, whose), timezone.localdate()
        if change == "leaves at once":
            employee.active = False
        elif change == "left yesterday":
            employee.last_day = today - timedelta(days=1)
        elif change == "last day today":
            employee.last_day = today
        elif change == "comes back":
            employee.active, employee.last_day = True, None
        elif change == "another address":
            employee.email = self.new_address()
        else:
            employee.born = BORN[2] if employee.born != BORN[2] else None
        self.save(employee)

    @rule(where=PLACE, whose=EMPLOYEE, further=st.integers(1, 2))
    def an_address_is_used_again(self, where: int, whose: int, further: int) -> None:
        """A-11: a leaver's address goes to somebody else, and nothing goes with it."""
        leaver, heir = self.employee(where, whose), self.employee(where, (whose + further) % 3)
        heirs_next = leaver.email
        leaver.email, leaver.active = self.new_address(), False
        self.save(leaver)
        heir.email = heirs_next
        self.save(heir)

    def new_address(self) -> str:
        self.addresses += 1
        return f"moved.{self.addresses}@moved.example"

    def save(self, employee: model.Employee) -> None:
        now = self.tick()
        row = Employee.objects.get(pk=employee.key)
        before = (row.active, row.ends_on, row.email, row.birth_date)
        row.active, row.ends_on = employee.active, employee.last_day
        row.email, row.birth_date = employee.email, employee.born
        if before != (row.active, row.ends_on, row.email, row.birth_date):
            registry.change_employee(row, fields=["active"], by="user:hr", now=now)
        self.look()

    # --- Workers, beat and the clock -------------------------------------------------------------

    @rule(deliver=st.booleans())
    def the_worker_runs(self, deliver: bool) -> None:
        for asked in self.oracle.asks:
            if not asked.outcome:
                self.decide(asked)
        mails = OutgoingMail.objects.filter(
            organisation__in=self.organisations, state="queued", kind__in=("code", "linked")
        )
        for mail in mails if deliver else ():
            delivery.deliver(mail.pk, now=self.tick())
            self.look()
            mail.refresh_from_db()
            if mail.state == "sent" and mail.kind == "code":
                assert self.mailbox.mails[0].to == mail.recipient
                assert newest_code(self.mailbox) == self.right(mail.pending_code_id)

    @rule()
    def beat_runs(self) -> None:
        now = self.tick()
        tasks.expire_codes()
        tasks.expire_stale_links()
        tasks.end_leavers()
        for link in self.oracle.beat(now):
            self.revoked(link)
        self.look()
        delivery.sweep(now=now)
        self.look()

    @rule(by=st.sampled_from(JUMPS))
    def time_passes(self, by: timedelta) -> None:
        self.let_pass(by)
