"""The rules of those who guess: over many codes, several people and days."""

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import rule

from linking import actions
from linking.models import LinkedIdentity
from tests.journeys.stage import Stage

PERSON = EMPLOYEE = st.integers(0, 2)
PLACE = st.integers(0, 1)


class Guessers(Stage):
    """What uses the budgets up that one code, or one person on one day, does not."""

    @rule(
        who=PERSON,
        where=PLACE,
        whose=EMPLOYEE,
        times=st.lists(st.integers(3, 5), min_size=1, max_size=4),
        pause=st.sampled_from([timedelta(minutes=3), timedelta(hours=6), timedelta(hours=25)]),
    )
    def guesses_on(
        self, who: int, where: int, whose: int, times: list[int], pause: timedelta
    ) -> None:
        """The same person at the same employee, code after code."""
        for wrong in times:
            window = self.ask(who, where, 0, self.employee(where, whose).email)
            if window and window.asked:
                self.decide(window.asked)
                self.guess(window, wrong)
            self.let_pass(pause)

    @rule(where=PLACE, whose=EMPLOYEE, wrong=st.integers(3, 5), days=st.integers(1, 3))
    def all_guess_at_one(self, where: int, whose: int, wrong: int, days: int) -> None:
        """The budgets of an employee are used up by several, and over days."""
        for _ in range(days):
            for who in (0, 1, 2, 0):  # a fourth mail within the hour is one too many
                window = self.ask(who, where, 0, self.employee(where, whose).email)
                if window and window.asked:
                    self.decide(window.asked)
                    self.guess(window, wrong)
                self.let_pass(timedelta(seconds=61))
            self.let_pass(timedelta(hours=25))

    @rule(who=PERSON, pause=st.sampled_from([timedelta(minutes=21), timedelta(hours=5)]))
    def asks_around(self, who: int, pause: timedelta) -> None:
        """One person for everybody, in both organisations."""
        for where in (0, 1):
            for whose in range(3):
                window = self.ask(who, where, 0, self.employee(where, whose).email)
                if window and window.asked:
                    self.decide(window.asked)
                self.let_pass(pause)

    @rule(who=PERSON, where=PLACE, own=EMPLOYEE, further=st.integers(1, 2))
    def links_here_and_asks_there(self, who: int, where: int, own: int, further: int) -> None:
        """In two windows that were both open before."""
        windows = [self.come_in(who, where, browser) for browser in (0, 1)]
        if None in windows:
            return
        self._links(who, where, own)
        self.let_pass(timedelta(seconds=61))
        asks = self.ask(who, where, 1, self.employee(where, (own + further) % 3).email)
        if asks and asks.asked:
            self.decide(asks.asked)

    @rule(who=PERSON, where=PLACE, own=EMPLOYEE, further=st.integers(1, 2), wrong=st.integers(3, 4))
    def links_to_oneself_in_between(
        self, who: int, where: int, own: int, further: int, wrong: int
    ) -> None:
        """No new guesses at another's code by a success of one's own."""
        victim = self.employee(where, (own + further) % 3).email
        for between in (True, False):
            window = self.ask(who, where, 0, victim)
            if window and window.asked:
                self.decide(window.asked)
                self.guess(window, wrong)
            if between:
                self._links(who, where, own)
                self._unlinks(who, where)
            self.let_pass(timedelta(seconds=61))

    def _links(self, who: int, where: int, own: int) -> None:
        window = self.ask(who, where, 0, self.employee(where, own).email)
        if window and window.asked:
            self.decide(window.asked)
            self.type_code(window, self.right(window.asked.key), right=True)

    def _unlinks(self, who: int, where: int) -> None:
        now = self.tick()
        link = self.oracle.link_of(self.people[who], self.places[where], now)
        if link is None:
            return
        row = LinkedIdentity.objects.get(pk=link.key)
        assert actions.revoke_link(row, by="user:admin", reason="Asked for it", now=now)
        self.revoked(link)
        self.look()
