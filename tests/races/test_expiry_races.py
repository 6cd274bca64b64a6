"""Two workers at the same stale links, and somebody at the door when the link ends."""

from datetime import datetime, timedelta
from functools import partial

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from audit.models import AuditEvent
from linking import actions
from linking.models import LinkedIdentity, OutgoingMail
from linking.persons import EidPerson
from tests.factories import make_employee, make_link, make_organisation, some_fingerprint
from tests.races.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)
DAY = timedelta(days=1)


def links(number: int, expires_at: datetime) -> list[LinkedIdentity]:
    organisation = make_organisation()
    used = expires_at - 365 * DAY
    return [
        make_link(
            employee=make_employee(organisation=organisation),
            last_used_at=used,
            expires_at=expires_at,
        )
        for _ in range(number)
    ]


def test_workers_expiring_at_once_expire_each_link_once_with_one_event() -> None:
    now = timezone.now()
    links(40, now)
    turn = partial(actions.tend_links, now=now, is_time_up=lambda: False, limit=5)
    at_once([turn] * 4)
    turn()  # a row that another held at the end of a batch
    assert LinkedIdentity.objects.filter(state="expired").count() == 40
    expired = AuditEvent.objects.filter(event="link:expired").values_list("employee_id", flat=True)
    assert len(expired) == len(set(expired)) == 40


def test_workers_warning_at_once_warn_each_employee_once() -> None:
    now = timezone.now()
    links(20, now + 10 * DAY)
    at_once([partial(actions.warn_of_expiry, now=now, limit=20)] * 4)
    actions.warn_of_expiry(now=now)
    mailed = OutgoingMail.objects.values_list("employee_id", flat=True)
    assert len(mailed) == len(set(mailed)) == 20
    assert AuditEvent.objects.filter(event="link:warned").count() == 20


def test_workers_ending_a_leavers_link_at_once_write_one_event() -> None:
    link = make_link(employee=make_employee(active=False))
    outcomes = at_once([partial(actions.end_leavers, now=timezone.now())] * 4)
    assert sum(outcomes) == 1
    assert (
        AuditEvent.objects.filter(event="link:revoked", employee_id=link.employee_id).count() == 1
    )


def test_whoever_signs_in_as_the_link_expires_keeps_it_or_loses_it_but_never_both() -> None:
    now = timezone.now()
    for _ in range(10):
        who = some_fingerprint()
        person = EidPerson(
            fingerprints={who.key_id: who.digest.hex()},
            birth_date="",
            given_name="",
            family_name="",
            level="high",
            eid="BankID",
        )
        link = make_link(whose=who, expires_at=now)
        just_before = now - timedelta(microseconds=1)
        came_in, expired = at_once(
            [
                partial(actions.sign_in, person, organisation=link.organisation, now=just_before),
                partial(actions.expire_stale_links, now=now),
            ]
        )
        link.refresh_from_db()
        let_in = isinstance(came_in, User)
        assert (link.state == "active") is let_in
        assert expired == (0 if let_in else 1)
        whose = AuditEvent.objects.filter(employee_id=link.employee_id)
        assert [event.event for event in whose] == ["sign-in:done" if let_in else "link:expired"]


def test_a_batch_passes_over_a_link_that_somebody_holds() -> None:
    """Without waiting: this is one thread, and a wait would be for itself through another."""
    now = timezone.now()
    held, free = links(2, now)

    def expire_meanwhile() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '5s'")
        return actions.expire_stale_links(now=now)

    with transaction.atomic():
        LinkedIdentity.objects.select_for_update().get(pk=held.pk)
        [expired] = at_once([expire_meanwhile])
    assert expired == 1
    free.refresh_from_db()
    assert free.state == "expired"
    assert actions.expire_stale_links(now=now) == 1
