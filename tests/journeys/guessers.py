"""The rules of those who guess: over many codes, several people and days."""

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import rule

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
