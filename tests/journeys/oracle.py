"""What has to come of whatever happens on the linking journey, for the state machine.

Written from the budgets and the threats (A-03, A-05, A-08, A-09, A-36), not from the portal's code,
of which it imports nothing. Everything happens at a moment of its own, which the caller gives.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.journeys.model import (
    APPROVAL,
    BLOCKED,
    CONFLICT,
    DAY,
    GONE,
    GRANTED,
    HOUR,
    LINK_REFUSED,
    LINKED,
    MINUTE,
    NEVER,
    REFUSED,
    USED_UP,
    WAITS,
    Ask,
    Block,
    Employee,
    Guess,
    Link,
    Mail,
    Person,
    Place,
    left,
)


def lately(things: Iterable[Any], span: timedelta, now: datetime) -> int:
    return sum(now - span < thing.at <= now for thing in things)


@dataclass
class Oracle:
    """Everything that has happened so far, and what has to come of what happens next."""

    employees: list[Employee] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    asks: list[Ask] = field(default_factory=list)
    guesses: list[Guess] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    mails: list[Mail] = field(default_factory=list)
    disputes: set[tuple[Person, Employee]] = field(default_factory=set)
    """Who said «It wasn't me» about whom, and nobody has looked into it yet."""
    said: dict[tuple[Person, Employee], datetime] = field(default_factory=dict)
    """When the newest case of it was opened."""

    # --- Asking ----------------------------------------------------------------------------------

    def ask(
        self, person: Person, place: Place, session: object, address: str, now: datetime
    ) -> Ask:
        """The newest replaces older ones; the same again within a minute is the same."""
        for older in self.asks:
            if older.person is not person or older.place is not place or older.ended:
                continue
            same = older.session is session and older.address == address
            if same and older.tries < 5 and now - older.at < MINUTE:
                return older
            older.ended = True
        asked = Ask(person, place, session, address, now)
        self.asks.append(asked)
        return asked

    def decide(self, ask: Ask, now: datetime) -> None:
        """What the worker has to make of a request."""
        if ask.outcome or not ask.is_open(now):
            return
        address = ask.address.strip().lower()
        found = [
            each
            for each in self.employees
            if each.place is ask.place and each.email.lower() == address
        ]
        ask.employee = found[0] if found else None
        ask.decided_at = now
        if ask.employee is None or self.may_not_have_a_code(ask, ask.employee, now):
            ask.outcome = REFUSED
        elif self.is_taken(ask, ask.employee, now):
            ask.outcome = CONFLICT
        else:
            ask.outcome, ask.granted, ask.mailed_to = GRANTED, True, ask.employee.email
            self.mails.append(Mail(now, ask.employee))

    def may_not_have_a_code(self, ask: Ask, employee: Employee, now: datetime) -> bool:
        return (
            self.is_not_the_person(ask, employee, now)
            or self.person_is_blocked(ask.person, now)
            or self.employee_is_closed(employee, now)
            or self.place_is_closed(ask.place, now)
            or self.person_has_asked_enough(ask.person, employee, now)
            or self.employee_has_mail_enough(employee, now)
        )

    def is_not_the_person(self, ask: Ask, employee: Employee, now: datetime) -> bool:
        another = employee.born is not None and employee.born != ask.person.born
        disputed = (ask.person, employee) in self.disputes
        return another or disputed or not employee.is_employed(now)

    def is_taken(self, ask: Ask, employee: Employee, now: datetime) -> bool:
        """One link for each employee, and for each person in an organisation."""
        return any(
            link.employee is employee or (link.person is ask.person and link.place is ask.place)
            for link in self.links
            if link.stands(now)
        )

    def person_has_asked_enough(self, person: Person, employee: Employee, now: datetime) -> bool:
        """Three codes an hour, six a day, three employees a day."""
        own = [ask for ask in self.asks if ask.person is person and ask.decided_at <= now]
        codes = [now - ask.decided_at for ask in own if ask.granted]
        today = [ask for ask in own if now - ask.decided_at < DAY]
        others = {
            ask.employee
            for ask in today
            if (ask.granted or ask.outcome == CONFLICT) and ask.employee is not employee
        }
        in_an_hour, in_a_day = (sum(age < span for age in codes) for span in (HOUR, DAY))
        return in_an_hour >= 3 or in_a_day >= 6 or len(others) >= 3

    def employee_has_mail_enough(self, employee: Employee, now: datetime) -> bool:
        """One a minute, three an hour, five a day."""
        mails = [mail for mail in self.mails if mail.employee is employee]
        limits = ((MINUTE, 1), (HOUR, 3), (DAY, 5))
        return any(lately(mails, span, now) >= limit for span, limit in limits)

    # --- Typing ----------------------------------------------------------------------------------

    def type_code(self, ask: Ask, session: object, *, right: bool, now: datetime) -> str:
        """What the page has to answer."""
        if not ask.is_open(now) or ask.session is not session:
            return GONE
        if self.person_is_blocked(ask.person, now):
            return BLOCKED
        if ask.tries >= 5:
            return USED_UP
        ask.tries += 1
        employee_closed = ask.employee and self.employee_is_closed(ask.employee, now)
        if employee_closed or self.place_is_closed(ask.place, now):
            ask.outcome = ask.outcome if ask.outcome == CONFLICT else REFUSED
        compared = ask.employee if ask.outcome == GRANTED else None
        self.guesses.append(Guess(now, ask.person, ask.place, compared))
        if right and compared:
            return self.confirm(ask, compared, now)
        self.block_whoever_is_due(ask, compared, now)
        to_person = 5 - self.wrong_today(ask.person, now), 10 - self.wrong_in_all(ask.person)
        tries = max(0, min(5 - ask.tries, *to_person))
        if tries:
            return left(tries)
        return USED_UP if min(to_person) > 0 else BLOCKED

    def confirm(self, ask: Ask, employee: Employee, now: datetime) -> str:
        ask.ended = True
        for guess in self.guesses:  # a success: one's own employee, and addresses that are nobody's
            if guess.person is ask.person and guess.employee in (employee, None):
                guess.forgiven = True
        if self.is_not_the_person(ask, employee, now) or ask.mailed_to != employee.email:
            return LINK_REFUSED
        if self.is_taken(ask, employee, now):
            return LINK_REFUSED
        waits = ask.place.approves
        until = now + (APPROVAL if waits else ask.place.unused)
        state = "pending" if waits else "active"
        self.links.append(Link(ask.person, employee, until, state))
        return WAITS if waits else LINKED

    # --- The budgets of wrong codes --------------------------------------------------------------

    def person_is_blocked(self, person: Person, now: datetime) -> bool:
        used_up = self.wrong_today(person, now) >= 5 or self.wrong_in_all(person) >= 10
        return used_up or self.is_blocked(person, now)

    def employee_is_closed(self, employee: Employee, now: datetime) -> bool:
        return self.is_blocked(employee, now) or (
            self.wrong_at(employee, DAY, now, "employee-day", "employee-month") >= 10
            or self.wrong_at(employee, 30 * DAY, now, "employee-month") >= 20
        )

    def place_is_closed(self, place: Place, now: datetime) -> bool:
        return self.is_blocked(place, now) or self.wrong_in(place, now) >= 100

    def is_blocked(self, subject: object, now: datetime) -> bool:
        return any(block.subject is subject and block.holds(now) for block in self.blocks)

    def wrong_today(self, person: Person, now: datetime) -> int:
        since = max(now - DAY, self.last_lift(person, "person", "person-day"))
        return len([g for g in self.wrong() if g.person is person and g.at > since])

    def wrong_in_all(self, person: Person) -> int:
        since = self.last_lift(person, "person")
        return len([g for g in self.wrong() if g.person is person and g.at > since])

    def wrong_at(self, employee: Employee, span: timedelta, now: datetime, *lifts: str) -> int:
        since = max(now - span, self.last_lift(employee, *lifts))
        return len([g for g in self.wrong() if g.employee is employee and g.at > since])

    def wrong_in(self, place: Place, now: datetime) -> int:
        since = max(now - DAY, self.last_lift(place, "organisation-day"))
        return len([g for g in self.wrong() if g.employee and g.place is place and g.at > since])

    def wrong(self) -> list[Guess]:
        return [guess for guess in self.guesses if not guess.forgiven]

    def last_lift(self, subject: object, *budgets: str) -> datetime:
        """When an administrator last gave the subject a new start; counts begin after it."""
        lifts = (
            block.lifted_at
            for block in self.blocks
            if block.subject is subject and block.budget in budgets and block.lifted_at
        )
        return max(lifts, default=datetime.min.replace(tzinfo=UTC))

    def block_whoever_is_due(self, ask: Ask, employee: Employee | None, now: datetime) -> None:
        def block(budget: str, subject: object, until: datetime) -> None:
            self.blocks.append(Block(budget, subject, now, until))

        if self.wrong_in_all(ask.person) >= 10:
            block("person", ask.person, NEVER)
        elif self.wrong_today(ask.person, now) >= 5:
            block("person-day", ask.person, now + DAY)
        if employee is None:
            return
        if self.wrong_at(employee, 30 * DAY, now, "employee-month") >= 20:
            block("employee-month", employee, NEVER)
        elif self.wrong_at(employee, DAY, now, "employee-day", "employee-month") >= 10:
            block("employee-day", employee, now + DAY)
        if self.wrong_in(ask.place, now) >= 100:
            block("organisation-day", ask.place, now + DAY)

    # --- Links -----------------------------------------------------------------------------------

    def link_of(self, person: Person, place: Place, now: datetime) -> Link | None:
        return next(
            (
                link
                for link in self.links
                if link.person is person and link.place is place and link.stands(now)
            ),
            None,
        )

    def revoke(self, link: Link) -> None:
        link.state = "revoked"

    def decide_link(self, link: Link, *, approves: bool, now: datetime) -> bool:
        """Whether a third person's word about a link that waits is carried out."""
        if not approves:
            return True
        if not link.stands(now) or not link.employee.is_employed(now):
            return False
        link.state, link.until = "active", now + link.place.unused
        return True

    def disown(self, ask: Ask, mailed_at: datetime, now: datetime) -> tuple[list[Link], bool]:
        """The links that end, and whether it is told: what was said before is told once."""
        assert ask.employee
        open_ones = [
            each
            for each in self.asks
            if (each.person, each.employee) == (ask.person, ask.employee)
            and not each.ended
            and not each.disowned
        ]
        for each in open_ones:
            each.outcome, each.disowned = REFUSED, True
        links = [
            link
            for link in self.links
            if (link.person, link.employee) == (ask.person, ask.employee)
            and link.state in ("active", "pending")
        ]
        said = self.said.get((ask.person, ask.employee))
        is_news = bool(open_ones or links or said is None or said < mailed_at)
        if is_news and (ask.person, ask.employee) not in self.disputes:
            self.disputes.add((ask.person, ask.employee))
            self.said[ask.person, ask.employee] = now
        return links, is_news

    def beat(self, now: datetime) -> list[Link]:
        """What is over by the clock has ended; gives the links of those who have left."""
        for asked in self.asks:
            asked.ended = asked.ended or not asked.is_open(now)
        for link in self.links:
            if link.state in ("active", "pending") and not link.stands(now):
                link.state = "expired"
        return [
            link
            for link in self.links
            if link.state in ("active", "pending") and not link.employee.is_employed(now)
        ]
