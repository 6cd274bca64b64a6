"""Two beats, or a sweep that comes twice: one works, the other does nothing."""

from datetime import timedelta
from functools import partial

import psycopg
import pytest
from django.db import transaction

from audit.models import AuditEvent
from linking.delivery import sweep
from portal.broker import queue
from tests.factories import make_mail
from tests.races.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def other_connection() -> psycopg.Connection[psycopg.rows.TupleRow]:
    return queue.connect(timeout=5)


def test_a_sweep_beside_another_does_nothing(
    other_connection: psycopg.Connection[psycopg.rows.TupleRow],
) -> None:
    mail = make_mail()
    later = mail.created_at + timedelta(seconds=6)
    with other_connection as other, other.transaction():
        other.execute("SELECT pg_advisory_xact_lock(hashtext('kobling.linking.sweep'))")
        assert sweep(now=later) == 0
    assert sweep(now=later) >= 1


def test_sweeps_at_once_tell_of_a_failed_mail_once() -> None:
    mail = make_mail()
    at_once([partial(sweep, now=mail.give_up_at + timedelta(seconds=1))] * 4)
    assert AuditEvent.objects.filter(event="mail:failed").count() == 1


def test_the_lock_goes_with_the_transaction() -> None:
    mail = make_mail()
    later = mail.created_at + timedelta(seconds=6)
    with transaction.atomic():
        sweep(now=later)
        transaction.set_rollback(True)
    with queue.connect(timeout=5) as other:
        row = other.execute(
            "SELECT pg_try_advisory_lock(hashtext('kobling.linking.sweep'))"
        ).fetchone()
    assert row == (True,)
