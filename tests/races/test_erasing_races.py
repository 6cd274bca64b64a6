"""A person erased from the log while something else happens to them."""

import time
from functools import partial
from threading import Event as Signal

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts.actions import StillEmployed, rehire_employee
from accounts.models import Employee
from audit.erasure import Ground
from audit.events import Event
from audit.models import AuditEvent
from linking.actions import erase_from_log
from tests.factories import make_administrator, make_employee, make_event
from tests.races.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)
SOMEBODY_WAITS = """SELECT EXISTS (
    SELECT FROM pg_locks WHERE locktype = 'transactionid' AND NOT granted
)"""


@pytest.fixture
def kari() -> Employee:
    """Has left; the log has something on her."""
    kari = make_employee(active=False)
    make_event(
        Event.LINK_EXPIRED,
        employee_id=kari.pk,
        organisation_id=kari.organisation_id,
        details={"level": "high"},
    )
    return kari


def erase(kari: Employee) -> int:
    boss = make_administrator()
    return erase_from_log(kari.pk, ground=Ground.ASKED, by=boss, now=timezone.now())


def rehire_until_somebody_waits(kari: Employee, begun: Signal) -> None:
    """Employ Kari again, and let it stand only when somebody waits for her record."""
    now = timezone.now()
    with transaction.atomic(), connection.cursor() as cursor:
        rehire_employee(kari, first_day=timezone.localdate(now), by="user:hr", now=now)
        begun.set()
        waiting, until = False, time.monotonic() + 20
        while not waiting and time.monotonic() < until:
            cursor.execute(SOMEBODY_WAITS)
            waiting = cursor.fetchone()[0]
        assert waiting


def erase_then(kari: Employee, begun: Signal) -> int:
    assert begun.wait(timeout=20)
    return erase(kari)


def test_who_is_employed_again_at_that_moment_is_not_erased(kari: Employee) -> None:
    begun = Signal()
    rehired, erased = at_once(
        [partial(rehire_until_somebody_waits, kari, begun), partial(erase_then, kari, begun)]
    )
    assert rehired is None
    assert isinstance(erased, StillEmployed)
    assert AuditEvent.objects.get(event="link:expired").details == {"level": "high"}


def test_two_who_erase_at_once_erase_once(kari: Employee) -> None:
    outcomes = at_once([partial(erase, kari)] * 4)
    assert sorted(outcomes) == [0, 0, 0, 1]
    assert AuditEvent.objects.filter(event="employee:erased").count() == 1
