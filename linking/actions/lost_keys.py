"""The way back after a fingerprint key was lost: what was under it ends, and is made anew."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from accounts.actions import end_sessions
from accounts.models import Employee, UserSession
from audit.events import Event
from audit.log import record
from linking.key_rows import Rows, blocks_of_people, links_that_stand, registered_numbers
from linking.models import Block, Case, FingerprintKey, LinkedIdentity

REASON = "key-given-up"
WHY = "The fingerprint key was given up."


class KeyIsConfigured(Exception):
    """The key is in FINGERPRINT_KEYS: it is not lost."""


class KeyIsGivenUp(Exception):
    """The key has been given up before."""


class KeyUnknown(Exception):
    """No row is under this key, and no process has used it."""


def rows_under(key_id: str, *, now: datetime) -> Rows:
    """Count what giving up a key would end.

    Raises:
        KeyIsConfigured, KeyIsGivenUp, KeyUnknown.
    """
    if key_id in settings.FINGERPRINT_KEYS.keys:
        raise KeyIsConfigured
    rows = Rows(
        links_that_stand().filter(fingerprint_key=key_id).count(),
        registered_numbers().filter(national_id_key=key_id).count(),
        blocks_of_people(now).filter(fingerprint_key=key_id).count(),
    )
    known = FingerprintKey.objects.filter(pk=key_id).first()
    if known is None and not rows:
        raise KeyUnknown
    if known is not None and known.given_up_at is not None and not rows:
        raise KeyIsGivenUp
    return rows


def give_up_key(key_id: str, *, by: str, now: datetime, batch: int = 500) -> Rows:
    """End all that stands under a lost key; gives how much.

    In batches, each its own transaction. Whoever stops it may start it again: the key counts as
    given up when nothing is left.

    Raises:
        KeyIsConfigured, KeyIsGivenUp, KeyUnknown.
    """
    rows_under(key_id, now=now)
    links, numbers = links_that_stand(), registered_numbers()
    blocks = blocks_of_people(now)
    ended = Rows(
        _in_batches(links.filter(fingerprint_key=key_id), _end_links, batch, by=by, now=now),
        _in_batches(numbers.filter(national_id_key=key_id), _forget_numbers, batch, by=by, now=now),
        _in_batches(blocks.filter(fingerprint_key=key_id), _lift_blocks, batch, by=by, now=now),
    )
    _note_given_up(key_id, ended, by=by, now=now)
    return ended


def _in_batches(
    rows: QuerySet[Any], end: Callable[..., None], batch: int, *, by: str, now: datetime
) -> int:
    ended = 0
    while True:
        with transaction.atomic():
            some = list(rows.order_by("pk").select_for_update(of=("self",))[:batch])
            end(some, by=by, now=now)
        ended += len(some)
        if len(some) < batch:
            return ended


def _end_links(links: list[LinkedIdentity], *, by: str, now: datetime) -> None:
    LinkedIdentity.objects.filter(pk__in=[link.pk for link in links]).update(
        state=LinkedIdentity.State.REVOKED, ended_at=now, ended_by=by, end_reason=WHY
    )
    employees = [link.employee_id for link in links]
    end_sessions(
        UserSession.objects.filter(user__employee__in=employees), by=by, how=REASON, now=now
    )
    for link in links:
        record(
            Event.LINK_REVOKED,
            by=by,
            now=now,
            organisation=link.organisation_id,
            employee=link.employee_id,
            reason=REASON,
        )
    _overtake_cases(links, by=by, now=now)


def _overtake_cases(links: list[LinkedIdentity], *, by: str, now: datetime) -> None:
    """A link that waited for approval waits no more."""
    waiting = Case.objects.filter(
        link__in=[link.pk for link in links],
        kind__in=(Case.Kind.APPROVAL, Case.Kind.NAME_MISMATCH),
        decided_at__isnull=True,
    )
    for case in waiting.select_for_update(of=("self",)):
        case.decision, case.reason = Case.Decision.OVERTAKEN, WHY
        case.decided_at, case.decided_by = now, by
        case.save(update_fields=["decision", "reason", "decided_at", "decided_by"])
        record(
            Event.CASE_DECIDED,
            by=by,
            now=now,
            organisation=case.organisation_id,
            employee=case.employee_id,
            reference=case.reference,
            reason=Case.Decision.OVERTAKEN,
        )


def _forget_numbers(employees: list[Employee], *, by: str, now: datetime) -> None:
    """Nobody's eID would fit them any more, and nobody could link."""
    Employee.objects.filter(pk__in=[employee.pk for employee in employees]).update(
        national_id_fingerprint=None, national_id_key=""
    )
    for employee in employees:
        record(
            Event.EMPLOYEE_CHANGED,
            by=by,
            now=now,
            organisation=employee.organisation_id,
            employee=employee.pk,
            reason=REASON,
            fields=["national_id"],
        )


def _lift_blocks(blocks: list[Block], *, by: str, now: datetime) -> None:
    """Such a block stops nobody any more; left standing it would show what is not there."""
    Block.objects.filter(pk__in=[block.pk for block in blocks]).update(
        lifted_at=now, lifted_by=by, lift_reason=WHY
    )
    for block in blocks:
        record(
            Event.BLOCK_LIFTED,
            by=by,
            now=now,
            organisation=block.organisation_id,
            employee=block.employee_id,
            reason=REASON,
            budget=block.budget,
        )


@transaction.atomic
def _note_given_up(key_id: str, ended: Rows, *, by: str, now: datetime) -> None:
    FingerprintKey.objects.update_or_create(
        key_id=key_id,
        defaults={"given_up_at": now},
        create_defaults={"given_up_at": now, "first_used_at": now, "check_value": b""},
    )
    record(
        Event.KEY_GIVEN_UP,
        by=by,
        now=now,
        key=key_id,
        links=ended.links,
        registered_numbers=ended.registered_numbers,
        blocks=ended.blocks,
    )
