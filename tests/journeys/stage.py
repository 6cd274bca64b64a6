"""The stage of the state machine: what is done there by hand, and what must come of it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import time_machine
from django.test import Client
from hypothesis.stateful import RuleBasedStateMachine

from accounts.models import Employee, Organisation, UserSession
from accounts.sessions import OIDC_SID
from audit.models import AuditEvent
from devtools.mailbox import Mailbox
from linking import actions, codes
from linking.models import Block, Case, CodeTry, LinkedIdentity, OutgoingMail, PendingCode
from linking.persons import EidPerson
from linking.refusals import NotEmployed
from linking.views.common import LEVEL_KEY, REQUEST_KEY
from tests.factories import make_employee, make_organisation, some_fingerprint
from tests.journeys import ledger, model
from tests.journeys.oracle import Oracle
from tests.journeys.seats import seat, some_person
from tests.journeys.visitor import text

START = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
BORN = (date(1990, 1, 1), date(1990, 1, 1), date(1985, 5, 5))
SECOND = timedelta(seconds=1)


@dataclass(eq=False)
class Browser:
    """One browser of one person at one organisation's address, since they came from ID-porten."""

    client: Client
    seated_at: datetime
    seen_at: datetime
    link: model.Link | None = None
    asked: model.Ask | None = None
    session: object = field(default_factory=object)
    signed_out: bool = False

    def is_alive(self, now: datetime) -> bool:
        """Half an hour without a page, and ten hours in all."""
        idle, age = now - self.seen_at, now - self.seated_at
        return not self.signed_out and idle < 30 * model.MINUTE and age <= 10 * model.HOUR

    def shows_a_page(self, now: datetime) -> None:
        """A session that is over does not come back by being used."""
        if self.is_alive(now):
            self.seen_at = now

    def is_in(self, now: datetime) -> bool:
        return self.link is not None and self.is_alive(now) and self.link.lets_in(now)


def said(answer: Any) -> str:
    """What the page of the code answers, in the oracle's words."""
    if answer.status_code == 302:
        return {"/link/done/": model.LINKED, "/link/": model.WAITS}[answer.headers["Location"]]
    page = text(answer)
    if answer.status_code == 403:
        assert "The user could not be linked" in page
        return model.LINK_REFUSED
    assert answer.status_code == 422
    told = re.search(r"You have (\d) (?:try|tries) left", page)
    if told:
        return model.left(int(told[1]))
    for words, meaning in (
        ("no longer valid", model.GONE),
        ("no tries are left today", model.BLOCKED),
        ("no tries are left. Ask for a new code", model.USED_UP),
    ):
        if words in page:
            return meaning
    raise AssertionError(page)


class Stage(RuleBasedStateMachine):
    """Two organisations with three employees each, three people, two browsers for each of them."""

    def __init__(self, clock: time_machine.Traveller, mailbox: Mailbox) -> None:
        super().__init__()
        self.clock, self.mailbox = clock, mailbox
        clock.move_to(START)
        self.oracle = Oracle()
        self.people = [model.Person(born) for born in BORN]
        self.eids = [some_person(birth_date=born.isoformat()) for born in BORN]
        self.browsers: dict[tuple[int, int, int], Browser] = {}
        self.elsewhere: list[Browser] = []
        self.places: list[model.Place] = []
        self.organisations: list[Organisation] = []
        self.addresses = 0

    def open_up(self, approves: bool, busy: int) -> None:
        for number, unused_days in enumerate((365, 30)):
            approve = approves and number == 1
            organisation = make_organisation(unused_days=unused_days, approve_links=approve)
            place = model.Place(organisation.pk, timedelta(days=unused_days), approve)
            self.organisations.append(organisation)
            self.places.append(place)
            for born in (None, None, BORN[0]):
                employee = make_employee(organisation=organisation, birth_date=born)
                self.oracle.employees.append(
                    model.Employee(employee.pk, place, employee.email, born)
                )
        self._others_have_typed(busy)
        self.rows = ledger.rows_of(self.organisations)
        self.last_event = ledger.last_event()

    def _others_have_typed(self, busy: int) -> None:
        """A busy day: wrong codes of strangers, ten at each colleague nobody here asks for."""
        organisation, now = self.organisations[0], datetime.now(UTC)
        tries = []
        for number in range(busy):
            if number % 10 == 0:
                colleague = make_employee(organisation=organisation)
                registered = model.Employee(colleague.pk, self.places[0], "")
            stranger = some_fingerprint()
            tries.append(
                CodeTry(
                    organisation=organisation,
                    employee=colleague,
                    fingerprint=stranger.digest,
                    fingerprint_key=stranger.key_id,
                    tried_at=now,
                )
            )
            self.oracle.guesses.append(model.Guess(now, None, self.places[0], registered))
        CodeTry.objects.bulk_create(tries)

    def teardown(self) -> None:
        """Leave nothing to the next example: its beat would work for this one's rows too."""
        UserSession.objects.all().delete()
        for rows in (Employee, PendingCode, Block, Case, CodeTry, OutgoingMail):
            rows.objects.filter(organisation__in=self.organisations).delete()
        Organisation.objects.filter(pk__in=[each.pk for each in self.organisations]).delete()

    # --- What people do --------------------------------------------------------------------------

    def come_in(self, who: int, where: int, browser: int) -> Browser | None:
        """Come from ID-porten where the browser's session is over; None where one is refused."""
        now = self.tick()
        window = self.browsers.get((who, where, browser))
        # What is asked next is asked a second later.
        alive = window is not None and window.is_alive(now + SECOND)
        if window and alive and (window.link is None or window.is_in(now)):
            return window
        link = self.oracle.link_of(self.people[who], self.places[where], now)
        eid, organisation = self.eids[who], self.organisations[where]
        window = self._welcome(eid, organisation, link, now)
        self.leave_open(who, where, browser)
        if window is not None:
            self.browsers[who, where, browser] = window
        self.look()
        return window

    def _welcome(
        self, eid: EidPerson, organisation: Organisation, link: model.Link | None, now: datetime
    ) -> Browser | None:
        """What the callback does with a verified person."""
        try:
            user = actions.sign_in(eid, organisation=organisation, now=now)
        except NotEmployed:
            assert link
            assert link.state == "active"
            assert not link.employee.is_employed(now)
            return None
        assert (user is not None) is (link is not None and link.lets_in(now))
        if user is None or link is None:
            client = seat(eid, organisation)
        else:
            client = Client(headers={"host": organisation.host, "accept-language": "en"})
            client.force_login(user, backend="linking.idporten.IDPortenBackend")
            link.until = now + link.place.unused
            assert AuditEvent.objects.filter(event="sign-in:done", employee_id=link.employee.key)
        session = client.session
        session.update({OIDC_SID: "sid", LEVEL_KEY: "high"})
        session.save()
        return Browser(client, now, now, link if user else None)

    def leave_open(self, who: int, where: int, browser: int) -> None:
        """Go on in a new session; the old one stays open somewhere."""
        window = self.browsers.pop((who, where, browser), None)
        if window is not None and window.link is not None:
            self.elsewhere.append(window)

    def ask(self, who: int, where: int, browser: int, address: str) -> Browser | None:
        """Ask for a code; gives the browser where it is at the page for it then."""
        window = self.come_in(who, where, browser)
        if window is None:
            return None
        now = self.tick()
        person, place = self.people[who], self.places[where]
        answer = window.client.post("/link/", {"email": address})
        window.shows_a_page(now)
        if window.link is not None:
            assert (answer.status_code, answer.headers["Location"]) == (302, "/me/")
            return None
        link = self.oracle.link_of(person, place, now)
        if link is not None and link.state == "pending":
            assert answer.status_code == 200
            return None
        assert (answer.status_code, answer.headers.get("Location")) == (302, "/link/code/")
        asked = self.oracle.ask(person, place, window.session, address, now)
        key = UUID(window.client.session[REQUEST_KEY]["id"])
        known = {each.key for each in self.oracle.asks}
        assert asked.key == key if asked.key else key not in known
        asked.key, window.asked = key, asked
        self.look()
        return window

    def decide(self, asked: model.Ask) -> None:
        now = self.tick()
        self.oracle.decide(asked, now)
        actions.decide_request(asked.key, now=now)
        mail = OutgoingMail.objects.filter(pending_code=asked.key).first()
        assert (mail is not None) is asked.granted, asked.outcome
        if mail is not None and asked.employee:
            assert mail.recipient == asked.employee.email  # the stored address
        self.look()

    def type_code(self, window: Browser, code: str, *, right: bool) -> None:
        asked, now = window.asked, self.tick()
        if window.link is not None or asked is None or not window.is_alive(now):
            return
        due = self.oracle.type_code(asked, window.session, right=right, now=now)
        answer = window.client.post("/link/code/", {"code": code})
        window.shows_a_page(now)
        assert said(answer) == due
        if due in (model.LINKED, model.WAITS):
            link = self.oracle.links[-1]
            link.key = LinkedIdentity.objects.get(request=asked.key).pk
            window.asked, window.session = None, object()
        if due == model.LINKED:
            window.link, window.seated_at = link, now
        self.look()

    def guess(self, window: Browser, times: int) -> None:
        for _ in range(times):
            if window.asked is not None:
                wrong = f"{(int(self.right(window.asked.key)) + 1) % 10**6:06}"
                self.type_code(window, wrong, right=False)

    def at_the_code(self) -> Iterator[tuple[int, int, int]]:
        """Whoever is at the page for the code."""
        now = datetime.now(UTC)
        for whose, window in sorted(self.browsers.items(), key=lambda item: item[0]):
            if window.asked is not None and window.link is None and window.is_alive(now):
                yield whose

    def revoked(self, link: model.Link) -> None:
        """The link is over, and so are all of its employee's sessions."""
        self.oracle.revoke(link)
        assert not UserSession.objects.filter(user__employee=link.employee.key).exists()
        for window in [*self.browsers.values(), *self.elsewhere]:
            if window.link and window.link.employee is link.employee:
                window.signed_out = True

    # --- What must be so after each step ---------------------------------------------------------

    def look(self) -> None:
        """Hold the rows, the events and the pages against the oracle."""
        now = datetime.now(UTC)
        rows = ledger.rows_of(self.organisations)
        due = ledger.events_due(self.rows, rows)
        assert ledger.events_since(self.last_event, self.organisations) == due
        ledger.check_reasons(self.last_event, self.rows, rows)
        self.rows, self.last_event = rows, ledger.last_event()
        self._links_are_the_oracles(now)
        self._blocks_are_the_oracles()
        self._conflicts_are_noted()
        if due:
            ledger.check_mails(self.organisations)
            ledger.check_codes(self.organisations)
            ledger.check_tries(self.organisations)
        self._nobody_else_is_in(now)

    def _links_are_the_oracles(self, now: datetime) -> None:
        ours = [
            (link.employee_id, bytes(link.fingerprint), link.state)
            for link in LinkedIdentity.objects.standing().filter(
                organisation__in=self.organisations, expires_at__gt=now
            )
        ]
        theirs = [
            (link.employee.key, self._digest(link.person), link.state)
            for link in self.oracle.links
            if link.stands(now)
        ]
        assert sorted(ours) == sorted(theirs)
        assert len(ours) == len({employee for employee, *_ in ours})

    def _digest(self, person: model.Person) -> bytes:
        return self.eids[self.people.index(person)].current.digest

    def _blocks_are_the_oracles(self) -> None:
        blocks = Block.objects.filter(organisation__in=self.organisations)
        ours = blocks.values_list("budget", "blocked_at", "lifted_at")
        theirs = [(block.budget, block.at, block.lifted_at) for block in self.oracle.blocks]
        assert sorted(ours, key=repr) == sorted(theirs, key=repr)

    def _conflicts_are_noted(self) -> None:
        """Notices of conflicts hold the budget of the mailbox: the oracle hears of them here."""
        heard = {(mail.at, mail.employee.key) for mail in self.oracle.mails}
        conflicts = OutgoingMail.objects.filter(
            kind="conflict", organisation__in=self.organisations
        )
        for mail in conflicts:
            if (mail.created_at, mail.employee_id) not in heard:
                whose = next(e for e in self.oracle.employees if e.key == mail.employee_id)
                self.oracle.mails.append(model.Mail(mail.created_at, whose))

    def _nobody_else_is_in(self, now: datetime) -> None:
        """Whoever was ever let in is in while the link lasts, and never again."""
        for window in [*self.browsers.values(), *self.elsewhere]:
            if window.link is None:
                continue
            status = window.client.get("/me/").status_code
            assert status == (200 if window.is_in(now) else 302 if status == 302 else 403)
            window.shows_a_page(now)

    def let_pass(self, by: timedelta) -> None:
        self.clock.shift(by)
        self.look()

    def tick(self) -> datetime:
        self.clock.shift(SECOND)
        return datetime.now(UTC)

    def employee(self, where: int, whose: int) -> model.Employee:
        return self.oracle.employees[where * 3 + whose]

    def right(self, request: UUID | None) -> str:
        assert request
        return codes.make_code(request, key=actions.code_key())
