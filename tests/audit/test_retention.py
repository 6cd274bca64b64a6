"""Months of the log go when their time is over, each with a word about it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
import time_machine
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from audit import retention
from audit.events import Event, Kept
from audit.models import AuditEvent
from tests.audit.sealed import KEY, findings, seal, verified
from tests.factories import make_event

pytestmark = pytest.mark.django_db
MONTHS = {Kept.SECURITY: 13, Kept.DECISION: 60}
EKSEMPEL = uuid4()


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(datetime(2020, 1, 31, 12, tzinfo=UTC), tick=True) as traveller:
        retention.make_months(now=timezone.now())
        yield traveller


def some_events() -> tuple[AuditEvent, AuditEvent]:
    """One of each class, sealed."""
    both = tuple(
        make_event(event, organisation_id=EKSEMPEL, details={"n": 1})
        for event in (Event.SIGN_IN_DONE, Event.LINK_MADE)
    )
    seal()
    return both  # type: ignore[return-value]


def tend() -> list[str]:
    return retention.tend(months=MONTHS, now=timezone.now())


def there() -> set[int]:
    return set(AuditEvent.objects.values_list("id", flat=True))


def test_a_month_is_there_for_as_long_as_it_is_to_be_kept(clock: time_machine.Traveller) -> None:
    sign_in, link = some_events()
    clock.move_to(datetime(2021, 2, 28, 23, 50, tzinfo=UTC))
    assert "audit_security_2020_01" not in tend()
    clock.move_to(datetime(2021, 3, 1, tzinfo=UTC))
    assert "audit_security_2020_01" in tend()
    assert sign_in.pk not in there()
    assert link.pk in there()
    clock.move_to(datetime(2025, 2, 1, tzinfo=UTC))
    assert "audit_decision_2020_01" in tend()
    assert link.pk not in there()


def test_what_has_gone_is_told_to_each_chain_and_the_log_is_sound(
    clock: time_machine.Traveller,
) -> None:
    some_events()
    clock.move_to(datetime(2021, 3, 1, tzinfo=UTC))
    tend()
    told = AuditEvent.objects.filter(event="retention:dropped", details__month="2020-01")
    assert {(each.organisation_id, each.details["count"]) for each in told} == {
        (None, 1),
        (EKSEMPEL, 1),
    }
    seal()
    report = verified()
    assert report.sound, report.findings
    assert verified(organisation=EKSEMPEL).sound


def test_a_month_that_went_before_its_time_is_found(
    clock: time_machine.Traveller, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    public_key = tmp_path / "seal.pub"
    public_key.write_bytes(
        KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    some_events()
    clock.move_to(datetime(2020, 7, 1, tzinfo=UTC))
    assert retention.tend(months=MONTHS | {Kept.SECURITY: 4}, now=timezone.now())
    seal()
    with pytest.raises(SystemExit):
        call_command("verify_audit_log", "--public-key", str(public_key))
    assert "security 2020-01 was dropped 2020-07-01" in capsys.readouterr().out
    call_command("verify_audit_log", "--public-key", str(public_key), "--security-months", "4")


def test_an_event_without_a_seal_keeps_its_month(clock: time_machine.Traveller) -> None:
    some_events()
    waiting = make_event(Event.SIGN_IN_DONE)
    clock.move_to(datetime(2021, 3, 1, tzinfo=UTC))
    assert "audit_security_2020_01" not in tend()
    assert waiting.pk in there()
    seal()
    assert "audit_security_2020_01" in tend()


def test_the_rest_goes_when_all_of_it_is_over(clock: time_machine.Traveller) -> None:
    """What came while nobody had made its month."""
    clock.move_to(datetime(2020, 9, 9, tzinfo=UTC))
    some_events()
    clock.move_to(datetime(2020, 10, 9, tzinfo=UTC))
    some_events()
    clock.move_to(datetime(2021, 11, 1, tzinfo=UTC))
    assert "audit_security_rest" not in tend()
    clock.move_to(datetime(2021, 12, 1, tzinfo=UTC))
    make_event(Event.SIGN_IN_DONE)  # today's, for which the months that are over do not wait
    assert "audit_security_rest" in tend()
    seal()
    assert verified().sound
    make_event(Event.SIGN_IN_DONE, at=datetime(2040, 1, 1, tzinfo=UTC))  # there is a rest again


def test_a_month_that_somebody_drops_without_a_word_is_found(
    clock: time_machine.Traveller,
) -> None:
    some_events()
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE audit_security_2020_01")
    assert findings(verified()) != []


def test_months_ahead_stand_ready(clock: time_machine.Traveller) -> None:
    names = {each.name for kept in Kept for each in retention.partitions(kept)}
    for month in ("2020_01", "2020_02", "2020_03", "2020_04"):
        assert {f"audit_security_{month}", f"audit_decision_{month}"} <= names
