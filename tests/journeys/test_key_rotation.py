"""A fingerprint key takes over from another, and nobody notices (A-33)."""

from itertools import pairwise
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Employee, Organisation
from accounts.national_id import FingerprintKeys, NationalId
from audit.models import AuditEvent
from devtools.idporten.server import StandIn
from devtools.mailbox import Mailbox
from linking.models import Block, Case, CodeTry, FingerprintKey, LinkedIdentity, PendingCode
from tests.factories import make_block, make_employee, make_link, make_pending_code
from tests.journeys.visitor import INGRID, SOLVEIG, Visitor, assert_refused, newest_code
from tests.keys import keys

pytestmark = pytest.mark.django_db

# What a process may run with while a key is changed, in order.
STAGES = [("old",), ("old", "new"), ("new", "old"), ("new",)]
NEIGHBOURS = [*pairwise(STAGES), *pairwise(reversed(STAGES))]


@pytest.fixture
def ingrid(organisation: Organisation) -> Employee:
    return make_employee(organisation=organisation, email=INGRID.email)


@pytest.fixture
def visitor(idporten: StandIn, ingrid: Employee, settings: Any) -> Visitor:
    settings.FINGERPRINT_KEYS = keys("old")
    return Visitor(idporten)


def digest(number: str, configured: FingerprintKeys) -> bytes:
    return NationalId.parse(number).fingerprint(configured).digest


def renewals() -> list[dict[str, Any]]:
    events = AuditEvent.objects.filter(event="fingerprint:renewed").order_by("id")
    return list(events.values_list("details", flat=True))


def test_a_link_is_renewed_at_the_next_sign_in_and_then_needs_the_new_key_alone(
    visitor: Visitor, mailbox: Mailbox, settings: Any
) -> None:
    visitor.link(mailbox)
    for stage in STAGES[1:]:
        settings.FINGERPRINT_KEYS = keys(*stage)
        assert visitor.sign_in().headers["Location"] == "/me/", stage
    link = LinkedIdentity.objects.get()
    assert link.fingerprint_key == "new"
    assert bytes(link.fingerprint) == digest(INGRID.national_id, keys("new"))
    assert [renewal["links"] for renewal in renewals()] == [1]
    renewed = AuditEvent.objects.get(event="fingerprint:renewed")
    assert (renewed.employee_id, renewed.details["key"]) == (link.employee_id, "new")


@pytest.mark.parametrize(("here", "there"), NEIGHBOURS)
def test_whoever_linked_at_one_process_is_known_at_the_other_in_a_restart_one_by_one(
    here: tuple[str, ...],
    there: tuple[str, ...],
    visitor: Visitor,
    mailbox: Mailbox,
    settings: Any,
) -> None:
    settings.FINGERPRINT_KEYS = keys(*here)
    visitor.link(mailbox)
    for stage in (there, here, there):
        settings.FINGERPRINT_KEYS = keys(*stage)
        assert visitor.sign_in().headers["Location"] == "/me/", stage
    assert LinkedIdentity.objects.count() == 1


@pytest.mark.parametrize("after", STAGES[1:], ids="-".join)
def test_nobody_is_linked_twice_whatever_keys_the_second_process_has(
    after: tuple[str, ...], visitor: Visitor, mailbox: Mailbox, ingrid: Employee, settings: Any
) -> None:
    colleague = make_employee(organisation=ingrid.organisation)
    settings.FINGERPRINT_KEYS = keys(*STAGES[STAGES.index(after) - 1])
    visitor.sign_in()
    visitor.ask_for_code(colleague.email)
    code = newest_code(mailbox)
    make_link(
        employee=ingrid,
        whose=NationalId.parse(INGRID.national_id).fingerprint(settings.FINGERPRINT_KEYS),
    )
    settings.FINGERPRINT_KEYS = keys(*after)
    visitor.post("/link/code/", code=code)
    assert LinkedIdentity.objects.get().employee == ingrid


@pytest.mark.parametrize(("before", "after"), [STAGES[1:3], STAGES[2:4]])
def test_the_journey_goes_on_where_a_process_has_fewer_keys_or_another_order(
    before: tuple[str, ...],
    after: tuple[str, ...],
    visitor: Visitor,
    mailbox: Mailbox,
    settings: Any,
) -> None:
    settings.FINGERPRINT_KEYS = keys(*before)
    visitor.sign_in()
    visitor.ask_for_code(INGRID.email)
    settings.FINGERPRINT_KEYS = keys(*after)
    visitor.post("/link/code/", code=newest_code(mailbox))
    assert LinkedIdentity.objects.get().fingerprint_key == "new"


def test_who_came_before_a_key_was_known_signs_in_anew_before_linking(
    visitor: Visitor, settings: Any
) -> None:
    visitor.sign_in()
    settings.FINGERPRINT_KEYS = keys("old", "new")
    assert visitor.get("/link/").headers["Location"].startswith("/?next=")
    assert visitor.sign_in().headers["Location"] == "/link/"
    assert visitor.get("/link/").status_code == 200


def test_the_registered_number_is_renewed_with_the_link_and_only_if_it_is_the_persons(
    visitor: Visitor, mailbox: Mailbox, ingrid: Employee, settings: Any
) -> None:
    ingrid.national_id_fingerprint = digest(INGRID.national_id, keys("old"))
    ingrid.national_id_key = "old"
    ingrid.save()
    other = make_employee(
        organisation=ingrid.organisation,
        national_id_fingerprint=digest(SOLVEIG.national_id, keys("old")),
        national_id_key="old",
    )
    visitor.link(mailbox)
    for stage in STAGES[1:3]:
        settings.FINGERPRINT_KEYS = keys(*stage)
        visitor.sign_in()
    ingrid.refresh_from_db()
    other.refresh_from_db()
    assert bytes(ingrid.national_id_fingerprint) == digest(INGRID.national_id, keys("new"))
    assert (ingrid.national_id_key, other.national_id_key) == ("new", "old")
    assert renewals()[0]["registered_numbers"] == 1


def rows_of(number: str, organisation: Organisation) -> list[Any]:
    """A request, a try, a block and two cases of somebody's, under the old key."""
    whose = NationalId.parse(number).fingerprint(keys("old"))
    under = {"fingerprint": whose.digest, "fingerprint_key": "old"}
    request = make_pending_code(employee=make_employee(organisation=organisation), **under)
    now = timezone.now()
    shared = {"organisation": organisation, "opened_at": now, **under}
    return [
        request,
        CodeTry.objects.create(organisation=organisation, tried_at=now, **under),
        make_block(organisation=organisation, **under),
        Case.objects.create(kind="not-me", employee=request.employee, **shared),
        Case.objects.create(kind="not-me", decided_at=now, decision="closed", **shared),
    ]


def test_an_arrival_without_a_link_renews_requests_tries_blocks_and_cases_of_that_person_alone(
    visitor: Visitor, organisation: Organisation, settings: Any
) -> None:
    mine = rows_of(INGRID.national_id, organisation)
    others = rows_of(SOLVEIG.national_id, organisation)
    settings.FINGERPRINT_KEYS = keys("new", "old")
    assert visitor.sign_in().headers["Location"] == "/link/"
    for row in (*mine, *others):
        row.refresh_from_db()
    assert {row.fingerprint_key for row in mine} == {"new"}
    assert {bytes(row.fingerprint) for row in mine} == {digest(INGRID.national_id, keys("new"))}
    assert {row.fingerprint_key for row in others} == {"old"}
    assert set(mine[0].number_fingerprints) == {"new", "old"}
    counts = {"key": "new", "requests": 1, "tries": 1, "blocks": 1, "cases": 2}
    assert renewals() == [counts]
    visitor.sign_in()
    assert renewals() == [counts]


def test_a_case_that_is_there_twice_stops_no_sign_in(
    visitor: Visitor, organisation: Organisation, settings: Any
) -> None:
    case = rows_of(INGRID.national_id, organisation)[3]
    settings.FINGERPRINT_KEYS = keys("new", "old")
    Case.objects.create(
        kind="not-me",
        organisation=organisation,
        employee=case.employee,
        opened_at=timezone.now(),
        fingerprint=digest(INGRID.national_id, keys("new")),
        fingerprint_key="new",
    )
    assert visitor.sign_in().headers["Location"] == "/link/"
    case.refresh_from_db()
    assert case.fingerprint_key == "old"
    assert Block.objects.get().fingerprint_key == "new"


def test_one_key_costs_no_query(visitor: Visitor, mailbox: Mailbox) -> None:
    visitor.link(mailbox)
    with CaptureQueriesContext(connection) as queries:
        visitor.sign_in()
    touched = [query["sql"] for query in queries if "linking_block" in query["sql"]]
    assert touched == []


def test_a_key_that_does_not_fit_gives_a_page_and_recognises_nobody(
    visitor: Visitor, mailbox: Mailbox, settings: Any
) -> None:
    visitor.link(mailbox)
    for wrong in (keys(old=b"x" * 32), keys("new")):
        settings.FINGERPRINT_KEYS = wrong
        assert_refused(visitor.sign_in(), "fingerprint-keys-unfit")
        assert visitor.get("/readyz").json()["keys"] is False
    settings.FINGERPRINT_KEYS = keys("old")
    assert visitor.sign_in().headers["Location"] == "/me/"
    assert visitor.get("/readyz").json()["keys"] is True
    assert PendingCode.objects.count() == 1


def test_the_first_sign_in_of_a_process_notes_the_key(visitor: Visitor) -> None:
    visitor.sign_in()
    assert FingerprintKey.objects.get().key_id == "old"
