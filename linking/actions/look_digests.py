"""The daily digest of look-ups: counted once for each organisation and day, and mailed."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.actors import keys_of
from accounts.grants import RoleGrant
from accounts.models import Organisation, User
from accounts.purposes.choices import Purpose
from accounts.roles import PERMISSIONS
from audit.events import Event, Kept
from audit.log import record
from audit.models import AuditEvent
from linking.actions.notices import tell_watchers
from linking.digest.days import bounds_of
from linking.digest.lines import USUAL_OF_DAYS, Line, Looked, lines_of, usual_of
from linking.models import LookDigest

READS: Final = "linking.view_lookdigest"
COUNTED: Final = (
    Event.PERSON_VIEWED,
    Event.PERSON_SEARCHED,
    Event.AUDIT_SEARCHED,
    Event.AUDIT_EXPORTED,
)
# A day is counted when it has been over for so long: what began before midnight is written by then.
SETTLED: Final = timedelta(hours=1)
# Days that were missed, while beat or the workers were away.
CATCHES_UP: Final = timedelta(days=7)
KEPT_FOR: Final = timedelta(days=400)


def make_look_digests(*, now: datetime) -> int:
    """Make what is missing of the last days, and forget what is old; gives how many were made.

    Twice is once: a digest is made with its mails, and another of the same day is not made.
    """
    made = sum(_make_day(day, now=now) for day in _days_due(now))
    LookDigest.objects.filter(day__lt=timezone.localdate(now) - KEPT_FOR).delete()
    return made


def _days_due(now: datetime) -> list[date]:
    """Give the days without a digest on the whole portal, which is the last one of its day."""
    last = timezone.localdate(now - SETTLED) - timedelta(days=1)
    done = set(
        LookDigest.objects.filter(organisation=None, day__gt=last - CATCHES_UP, day__lte=last)
        .order_by()
        .values_list("day", flat=True)
    )
    if not done:  # new here, or away for longer than there is to catch up on
        return [last]
    days = (last - timedelta(days=age) for age in reversed(range(CATCHES_UP.days)))
    return [day for day in days if day > min(done) and day not in done]


def _make_day(day: date, *, now: datetime) -> int:
    looked = _looked_on(day)
    # Whoever was looked at in an organisation that has been set inactive since was looked at, too.
    there = Organisation.objects.filter(Q(active=True) | Q(pk__in=looked.keys() - {None}))
    places: list[Organisation | None] = [*there, None]
    return sum(
        _make(place, day, looked.get(place.pk if place else None, []), now=now) for place in places
    )


def _looked_on(day: date) -> dict[UUID | None, list[Looked]]:
    """Read the look-ups of a day in Norway, by organisation; those of none are the portal's."""
    begins, ends = bounds_of(day)
    rows = AuditEvent.objects.filter(
        kept=Kept.SECURITY,
        at__gte=begins,
        at__lt=ends,
        event__in=COUNTED,
        actor__startswith="user:",
    )
    found = list(
        rows.order_by().values_list(
            "organisation_id", "employee_id", "actor", "event", "reference", "details__purpose"
        )
    )
    own = _employees_of({actor for _place, _whom, actor, *_more in found})
    looked = dict[UUID | None, list[Looked]]()
    for place, employee, actor, event, reference, purpose in found:
        looked.setdefault(place, []).append(
            Looked(
                actor=actor,
                employee=employee,
                oneself=employee is not None and own.get(actor) == employee,
                purpose=bool(purpose),
                kind=purpose if purpose in Purpose.values else "",  # older ones are free text
                reference=bool(reference),
                export=event == Event.AUDIT_EXPORTED,
            )
        )
    return looked


def _employees_of(actors: Iterable[str]) -> dict[str, UUID | None]:
    users = (
        User.objects.filter(pk__in=keys_of(actors, "user")).order_by().values_list("pk", "employee")
    )
    return {f"user:{user}": employee for user, employee in users}


@transaction.atomic
def _make(place: Organisation | None, day: date, looked: list[Looked], *, now: datetime) -> bool:
    usual = _usual(place, day)
    lines = lines_of(looked, usual=usual)
    digest, is_new = LookDigest.objects.get_or_create(
        organisation=place,
        day=day,
        defaults={
            "made_at": now,
            "lines": [asdict(line) for line in lines],
            "usual": usual,
            "staff": len(lines),
            "flagged": sum(line.flagged for line in lines),
        },
    )
    if is_new and lines:
        _send(digest, lines, now=now)
    return is_new


def _usual(place: Organisation | None, day: date) -> int | None:
    earlier = LookDigest.objects.filter(
        organisation=place, day__lt=day, day__gte=day - timedelta(days=USUAL_OF_DAYS)
    )
    kept = earlier.order_by().values_list("lines", flat=True)
    return usual_of(line["people"] for lines in kept for line in lines)


def _send(digest: LookDigest, lines: list[Line], *, now: datetime) -> None:
    """Mail those who are to read it. A day on which nobody looked is on the page alone."""
    readers = _readers(digest.organisation, timezone.localdate(now))
    record(
        Event.AUDIT_DIGEST_SENT,
        by="system",
        now=now,
        organisation=digest.organisation_id,
        day=digest.day.isoformat(),
        staff=digest.staff,
        flagged=digest.flagged,
        mails=tell_watchers(digest, readers, now=now),
    )


def _readers(place: Organisation | None, today: date) -> list[User]:
    """Give who reads the digest of an organisation: those with a role there that lets them.

    Where there is nobody, or none of them gets in any more because it is inactive, those who have
    it on the whole portal; they would else get one from each.
    """
    roles = [role for role, permissions in PERMISSIONS.items() if READS in permissions]
    grants = RoleGrant.objects.in_force(today).filter(role__in=roles)
    own = _users(grants.filter(organisation=place))
    if place is None or (own and place.active):
        return own
    return _users(grants.filter(organisation=None))


def _users(grants: QuerySet[RoleGrant]) -> list[User]:
    users = User.objects.filter(pk__in=grants.order_by().values("user"))
    return list(users.select_related("employee__organisation").order_by("pk"))
