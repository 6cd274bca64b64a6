"""The words of support's look: each state has a sentence, in each language."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.utils import translation

from linking import refusals
from linking.models import Block, Case, LinkedIdentity, OutgoingMail, PendingCode
from linking.policy import Refusal
from linking.story import (
    BlockHeld,
    CaseOpened,
    CodeAsked,
    Invited,
    LinkHeld,
    MailQueued,
    Person,
    Verdict,
    answer,
    code_in_words,
    refusal_in_words,
    timeline,
)
from linking.story.decisions import REASONS, choice_in_words
from linking.story.refused import _REASONS
from linking.story.wording import mail_answer, masked, moment

NOW = datetime(2026, 3, 3, 8, 25, tzinfo=UTC)  # 09:25 in Oslo
ASKED = NOW - timedelta(minutes=11)
LANGUAGES = [code for code, _name in settings.LANGUAGES]
State = PendingCode.State
OK = "250 2.0.0 Ok: queued"


def mail(**fields: Any) -> MailQueued:
    given = {"pk": uuid4(), "kind": "code", "title": "Security code", "state": "sent"}
    return MailQueued(**given | {"created_at": ASKED, "answer": OK} | fields)  # type: ignore[arg-type]


def code(**fields: Any) -> CodeAsked:
    given = {"pk": uuid4(), "reference": "7F3K-2Q", "state": "sent", "eid": "BankID"}
    given |= {"asked_at": ASKED, "expires_at": ASKED + timedelta(minutes=10), "mail": mail()}
    return CodeAsked(**given | fields)  # type: ignore[arg-type]


def link(**fields: Any) -> LinkHeld:
    given = {"pk": uuid4(), "state": "active", "eid": "BankID", "level": "high"}
    given |= {"linked_at": ASKED, "last_used_at": ASKED, "expires_at": NOW + timedelta(days=300)}
    return LinkHeld(**given | fields)  # type: ignore[arg-type]


def case(**fields: Any) -> CaseOpened:
    given = {"pk": uuid4(), "reference": "2M8D-4R", "kind": "approval", "opened_at": ASKED}
    return CaseOpened(**given | fields)  # type: ignore[arg-type]


def block(**fields: Any) -> BlockHeld:
    given = {"pk": uuid4(), "budget": "person", "blocked_at": ASKED}
    return BlockHeld(**given | fields)  # type: ignore[arg-type]


def invited(**fields: Any) -> Invited:
    return Invited(**{"expires_at": NOW + timedelta(days=14), "sent_at": ASKED} | fields)


def person(**fields: Any) -> Person:
    given = {"address": "kari@x.example", "sign_in_url": "https://x/", "today": date(2026, 3, 3)}
    return Person(**given | fields)  # type: ignore[arg-type]


def text(given: Person) -> str:
    with translation.override("en"):
        found = answer(given, now=NOW)
    return " ".join((found.headline, *found.told.said, "→", *found.told.do))


def everybody() -> Iterator[Person]:
    """Each state of the world once, from the enumerations: a new member without words fails."""
    for state, refusal in product(State, ["", *Refusal]):
        if state != State.REFUSED or refusal:
            for by_invitation in (False, True):
                asked = code(state=state, refusal=refusal, by_invitation=by_invitation)
                yield person(codes=(asked,))
    for reached in ("sent_at", "failed_at", "opened_at", "signed_in_at"):
        yield person(invited=invited(**{"sent_at": None, reached: ASKED}))
    for mail_state, said in product(OutgoingMail.State, ["", OK, "550 5.1.1 no", "no answer: x"]):
        one = mail(state=mail_state, answer=said, kind="linked")
        yield person(codes=(code(mail=one),), mails=(one,), links=(link(),))
    for link_state in LinkedIdentity.State:
        ended = None if link_state in LinkedIdentity.STANDING_STATES else NOW
        for approved, why in product([True, False], ["", "Lost"]):
            kept = {"ended_at": ended, "ended_by": "the portal", "end_reason": why}
            yield person(links=(link(state=link_state, approved=approved, **kept),))
    for kind, other in product(Case.Kind, [True, False]):
        yield person(cases=(case(kind=kind, is_other_side=other),))
    for budget in Block.Budget:
        yield person(blocks=(block(budget=budget),))
        yield person(blocks=(block(budget=budget, ends_at=NOW, lifted_at=NOW, lifted_by="Anne"),))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_state_has_words_in_every_language(language: str) -> None:
    english = {}
    for number, given in enumerate(everybody()):
        for each in ("en", language):
            with translation.override(each):
                found = answer(given, now=NOW)
                words = [*found.told.said, *found.told.do]
                words += [said for entry in timeline(given, now=NOW) for said in entry.said]
            assert found.headline
            assert words
            assert all(isinstance(word, str) and word and "%(" not in word for word in words)
            if each == "en":
                english[number] = words
    assert len(english) > 100


@pytest.mark.parametrize("language", sorted(set(LANGUAGES) - {"en"}))
def test_no_sentence_is_left_in_english(language: str) -> None:
    for given in everybody():
        with translation.override(language):
            said = {each for each in answer(given, now=NOW).told.said if " " in each}
            said |= set(answer(given, now=NOW).told.do)
        with translation.override("en"):
            english = {*answer(given, now=NOW).told.said, *answer(given, now=NOW).told.do}
        assert not said & english


def refused_classes(base: type[refusals.Refused] = refusals.Refused) -> set[str]:
    return {base.reason}.union(*(refused_classes(each) for each in base.__subclasses__()))


def test_every_refused_sign_in_has_words_and_only_answers_nobody_trusts_share_them() -> None:
    """What comes from ID-porten and cannot be trusted is for an engineer, and the log has it."""
    with translation.override("en"):
        shared = refusal_in_words("token-signature-wrong")
        alike = {each for each in refused_classes() if refusal_in_words(each) == shared}
    assert all(each.startswith(("token-", "response-", "refused")) for each in alike)
    assert set(_REASONS) <= refused_classes()


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (
            person(codes=(code(tries=3),)),
            (
                "Cannot sign in yet: not linked. A code was asked for today at 09:14, with BankID. "
                "The code was sent today at 09:14 to k…@…, and the mail server accepted it. "
                "Wrong codes were typed 3 times. More than 10 minutes have passed. "
                "→ A new code must be asked for."
            ),
        ),
        (
            person(codes=(code(expires_at=NOW + timedelta(minutes=5), tries=4),)),
            "It is valid until 09:30, and has 1 try left.",
        ),
        (person(codes=(code(expires_at=NOW + timedelta(minutes=5), tries=5),)), "no tries left"),
        (person(codes=(code(state="queued", mail=None, handled=False),)), "10 minutes have passed"),
        (
            person(
                codes=(
                    code(state="queued", mail=None, handled=False, expires_at=NOW + timedelta(1)),
                )
            ),
            "The portal has not handled it yet.",
        ),
        (
            person(codes=(code(state="failed", mail=mail(state="failed", answer="550 5.1.1 x")),)),
            "could not be delivered to k…@…: the mail server knows no such mailbox (“550 5.1.1 x”)",
        ),
        (person(), "No code has been asked for with the registered e-mail."),
        (person(organisation_active=False, links=(link(),)), "The organisation is inactive"),
        (person(active=False, links=(link(),)), "Cannot sign in. The employee is set inactive"),
        (person(starts_on=date(2026, 4, 1)), "The first day is 1 April."),
        (person(ends_on=date(2025, 12, 31)), "The last day was 31 December 2025."),
        (person(user_active=False, links=(link(),)), "The user has been set inactive."),
        (person(links=(link(),)), "Can sign in. Linked today at 09:14, with BankID."),
        (person(links=(link(expires_at=NOW + timedelta(days=3)),)), "expires 6 March unless"),
        (
            person(links=(link(level="substantial"),), needs_high=True),
            "MinID is not enough. → Let them sign in with BankID",
        ),
        (
            person(links=(link(),), mails=(mail(state="failed", answer="552 full"),)),
            "The last mail could not be delivered: the mailbox is full",
        ),
        (
            person(links=(link(state="pending", approved=False),), cases=(case(),)),
            "Cannot sign in yet: waits for approval.",
        ),
        (
            person(links=(link(state="pending", expires_at=ASKED, approved=False),)),
            "nobody had approved it in time",
        ),
        (
            person(
                links=(link(state="revoked", ended_at=NOW, ended_by="Anne", end_reason="Lost"),),
                codes=(code(state="confirmed"),),
            ),
            "Cannot sign in: the link has ended. The link was revoked today at 09:25 by Anne: Lost",
        ),
        (
            person(codes=(code(),), blocks=(block(ends_at=NOW + timedelta(hours=1)),)),
            "It ends by itself today at 10:25.",
        ),
        (person(codes=(code(),), blocks=(block(),)), "until an administrator lifts it"),
        (
            person(codes=(code(state="confirmed", refusal="person-linked"),)),
            "The right code was typed. But no link was made. The electronic ID is linked to",
        ),
        (
            person(codes=(code(state="confirmed", by_invitation=True, mail=None),)),
            "not linked. The invitation was confirmed today at 09:14, with BankID. →",
        ),
        (
            person(invited=invited()),
            "invitation today at 09:14, which is valid until 17 March. They have not gone on",
        ),
        (person(invited=invited(opened_at=ASKED)), "opened its link today at 09:14, but have"),
        (person(invited=invited(signed_in_at=ASKED)), "have not confirmed the link"),
        (person(invited=invited(sent_at=None)), "They are invited, and the mail is on its way."),
        (
            person(invited=invited(sent_at=None, failed_at=ASKED)),
            "could not be delivered to k…@….",
        ),
    ],
)
def test_the_answer_tells_why_and_what_to_do(given: Person, told: str) -> None:
    assert told in text(given)


def test_who_asks_anew_after_a_link_ended_is_told_of_the_new_code() -> None:
    ended = link(state="expired", ended_at=ASKED - timedelta(days=1))
    assert "A code was asked for" in text(person(links=(ended,), codes=(code(),)))


def test_a_block_that_is_over_is_not_in_the_answer() -> None:
    over = block(ends_at=NOW)
    assert "block" not in text(person(codes=(code(),), blocks=(over,)))


@pytest.mark.parametrize("verdict", Verdict)
def test_each_verdict_is_given(verdict: Verdict) -> None:
    states = {"in": "active", "waits": "pending", "out": "revoked"}
    assert answer(person(links=(link(state=states[verdict]),)), now=NOW).verdict == verdict


def test_the_timeline_has_its_newest_first_and_a_code_and_its_mail_once() -> None:
    with translation.override("en"):
        entries = timeline(
            person(
                codes=(code(),),
                mails=(mail(), mail(kind="linked", title="Notice of a new link", sent_at=NOW)),
                links=(link(linked_at=ASKED + timedelta(minutes=1)),),
            ),
            now=NOW,
        )
    assert [entry.page for entry in entries] == [
        "linking_outgoingmail",
        "linking_linkedidentity",
        "linking_pendingcode",
    ]


@pytest.mark.parametrize(
    ("at", "told"),
    [
        (ASKED, "today at 09:14"),
        (datetime(2026, 3, 2, 22, 59, tzinfo=UTC), "yesterday at 23:59"),
        (datetime(2026, 3, 2, 23, 1, tzinfo=UTC), "today at 00:01"),
        (datetime(2026, 1, 2, 12, tzinfo=UTC), "2 January at 13:00"),
        (datetime(2025, 7, 2, 12, tzinfo=UTC), "2 July 2025 at 14:00"),
    ],
)
def test_times_are_told_as_one_says_them_in_the_portals_time(at: datetime, told: str) -> None:
    with translation.override("en"):
        assert moment(at, NOW) == told


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("550 5.1.1 unknown", "knows no such mailbox"),
        ("550 no such user", "knows no such mailbox"),
        ("552 5.2.2 over quota", "mailbox is full"),
        ("554 5.7.1 blocked", "does not let the mail through"),
        ("451 4.7.1 greylisted", "asks to try later"),
        ("no answer: TimeoutError", "did not answer"),
        ("571 never", "says no"),
    ],
)
def test_what_the_mail_server_answered_is_told_in_words(said: str, words: str) -> None:
    with translation.override("en"):
        assert words in mail_answer(said)


def test_an_address_is_told_so_that_it_may_be_read_aloud() -> None:
    assert masked("kari.nordby@x.example") == "k…@…"


def test_the_telling_of_a_code_never_has_the_address() -> None:
    for given in everybody():
        for each in given.codes:
            told = code_in_words(each, address="kari@x.example", now=NOW)
            assert "kari" not in " ".join((*told.said, *told.do))


def test_every_decision_that_is_offered_tells_what_it_will_do_and_has_usual_reasons() -> None:
    with translation.override("en"):
        for kind, choices in Case.CHOICES.items():
            told = [choice_in_words(kind, each, asked="Kari", linked="Odd") for each in choices]
            assert all(label and effect for label, effect in told), kind
            assert all(len(str(reason)) < 250 for reason in REASONS[kind])
