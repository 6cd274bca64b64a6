"""The rules of those who decide: a third person, and the reader of a mail who says «not me»."""

from datetime import datetime
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from audit.models import AuditEvent
from linking import actions
from linking.models import Case, OutgoingMail
from tests.factories import make_administrator
from tests.journeys import model
from tests.journeys.stage import Stage

ANY = st.integers(0, 11)


def waiting(machine: Any) -> list[model.Link]:
    return [link for link in machine.oracle.links if link.state == "pending"]


class Deciders(Stage):
    """What else may end a link or a request, or let somebody in."""

    @precondition(lambda self: bool(waiting(self)))
    @rule(which=ANY, approves=st.booleans())
    def a_third_person_decides(self, which: int, approves: bool) -> None:
        links, now = waiting(self), self.tick()
        link = links[which % len(links)]
        case = Case.objects.filter(
            link=link.key, kind__in=("approval", "name-mismatch"), decided_at=None
        ).first()
        if case is None:  # its time was over, and somebody else has the place
            assert not link.stands(now)
            return
        due = self.oracle.decide_link(link, approves=approves, now=now)
        decision = Case.Decision.APPROVED if approves else Case.Decision.DECLINED
        assert self._decided(case, decision, now) is due
        if not approves:
            self.revoked(link)
        self.look()

    @precondition(lambda self: self.oracle.disputes)
    @rule(which=ANY)
    def somebody_looks_into_it(self, which: int) -> None:
        """A case of «It wasn't me» is closed: the eID may ask for this employee again."""
        disputes, now = sorted(self.oracle.disputes, key=repr), self.tick()
        person, employee = disputes[which % len(disputes)]
        digest = self.eids[self.people.index(person)].current.digest
        case = Case.objects.get(
            kind="not-me", employee=employee.key, fingerprint=digest, decided_at=None
        )
        assert self._decided(case, Case.Decision.CLOSED, now)
        self.oracle.disputes.remove((person, employee))
        self.look()

    def _decided(self, case: Case, decision: Case.Decision, now: datetime) -> bool:
        third = make_administrator(email="third@kommune.example")
        try:
            actions.decide_case(case, decision, by=third, reason="Asked them", now=now)
        except actions.CaseOvertaken:
            return False
        return True

    @precondition(lambda self: any(ask.granted for ask in self.oracle.asks))
    @rule(which=ANY)
    def somebody_says_it_was_not_me(self, which: int) -> None:
        asks = [ask for ask in self.oracle.asks if ask.granted]
        asked, now = asks[which % len(asks)], self.tick()
        mail = OutgoingMail.objects.get(pending_code=asked.key)
        told = AuditEvent.objects.filter(event="link:disowned")
        before = told.count()
        ended, is_news = self.oracle.disown(asked, mail.created_at, now)
        actions.disown(mail.pk, network="", now=now)
        assert told.count() - before == is_news
        for link in ended:
            self.revoked(link)
        self.look()
