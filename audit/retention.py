"""How long the log is kept: whole months of a class go, and the log tells that they went."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Count, DateField, Q, QuerySet
from django.db.models.functions import TruncMonth

from audit.events import Event, Kept
from audit.log import record
from audit.models import AuditEvent, Unsealed
from audit.rounds import alone
from audit.waits import LogIsBusy, waits_at_most

MONTHS_AHEAD = 3
# A month is made or dropped alone with its class, and waits no longer than this for those who read
# it, such as a long export: whoever signs in meanwhile stands in line behind.
_PATIENCE = "1s"

# Of a partition that is not the rest, the month that its name says.
_PARTITIONS = """SELECT child.relname, substring(child.relname FROM '^audit_.*_(\\d{4}_\\d{2})$')
    FROM pg_inherits JOIN pg_class AS child ON child.oid = inhrelid
    WHERE inhparent = %s::regclass ORDER BY child.relname
"""


@dataclass(frozen=True, slots=True)
class Partition:
    """A month of a class, or the rest of it: what was written when its month was not made."""

    kept: Kept
    name: str
    month: date | None


def tend(*, months: Mapping[Kept, int], now: datetime) -> list[str]:
    """Make the months to come, and drop those that are over by the `months` of their class.

    Gives the names of the partitions that were dropped, the oldest first; one that has events
    without a seal waits for the next time, and so does a class that somebody reads for long.
    """
    make_months(now=now)
    return [
        name
        for kept, number in months.items()
        for name in _drop_over(kept, before=_month_before(now, number), now=now)
    ]


def make_months(*, now: datetime) -> None:
    """Make the months to come, but for those in whose way somebody stands."""
    for kept in Kept:
        for ahead in range(MONTHS_AHEAD + 1):
            month = _moved(now.astimezone(UTC).date(), ahead)
            with suppress(LogIsBusy), transaction.atomic(), waits_at_most(_PATIENCE):
                _make(kept, month)


def _make(kept: Kept, month: date) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT audit_make_month(%s, %s)", [kept, month])


def partitions(kept: Kept) -> Iterator[Partition]:
    """Give the partitions of a class: the rest, which may hold the oldest, last."""
    with connection.cursor() as cursor:
        cursor.execute(_PARTITIONS, [f"audit_{kept}"])
        for name, month in cursor.fetchall():
            first = datetime.strptime(month, "%Y_%m").replace(tzinfo=UTC) if month else None
            yield Partition(kept, name, first.date() if first else None)


def _drop_over(kept: Kept, *, before: date, now: datetime) -> Iterator[str]:
    with suppress(LogIsBusy):
        for partition in partitions(kept):
            if _drop(partition, before=before, now=now):
                yield partition.name


@transaction.atomic
def _drop(partition: Partition, *, before: date, now: datetime) -> bool:
    """Drop a partition if all of it is of months before `before`; gives whether it was."""
    if partition.month and partition.month >= before:
        return False
    alone(wait=True)
    counts = _counts(partition)
    months = sorted(counts) or ([partition.month] if partition.month else [])
    if not months or months[-1] >= before or _has_unsealed(partition):
        return False
    for month in months:
        _tell(partition.kept, month, counts.get(month, {}), now=now)
    with waits_at_most(_PATIENCE), connection.cursor() as cursor:
        if partition.month:
            cursor.execute("SELECT audit_drop_month(%s, %s)", [partition.kept, partition.month])
        else:
            cursor.execute("SELECT audit_drop_rest(%s)", [partition.kept])
    return True


def _counts(partition: Partition) -> dict[date, dict[UUID | None, int]]:
    counts: dict[date, dict[UUID | None, int]] = defaultdict(dict)
    month = TruncMonth("at", output_field=DateField(), tzinfo=UTC)
    rows = _of(partition, AuditEvent.objects.order_by()).values_list("organisation_id", month)
    for organisation, begun, count in rows.annotate(Count("pk")):
        counts[begun][organisation] = count
    return counts


def _has_unsealed(partition: Partition) -> bool:
    return _of(partition, Unsealed.objects.all()).exists()


def _of[Row: (AuditEvent, Unsealed)](partition: Partition, rows: QuerySet[Row]) -> QuerySet[Row]:
    """Narrow rows down to what a partition takes in: only its owner may read it by its name."""
    rows = rows.filter(kept=partition.kept)
    if partition.month:
        return rows.filter(_within(partition.month))
    for each in partitions(partition.kept):
        rows = rows.exclude(_within(each.month)) if each.month else rows
    return rows


def _within(month: date) -> Q:
    first, after = (datetime.combine(day, time(), UTC) for day in (month, _moved(month, 1)))
    return Q(at__gte=first, at__lt=after)


def _tell(kept: Kept, month: date, counts: dict[UUID | None, int], *, now: datetime) -> None:
    """Tell each chain how much of it goes, and the portal's how much in all."""
    for organisation, count in (counts | {None: sum(counts.values())}).items():
        record(
            Event.RETENTION_DROPPED,
            by="system",
            now=now,
            organisation=organisation,
            kept=kept.value,
            month=f"{month:%Y-%m}",
            count=count,
        )


def _month_before(now: datetime, months: int) -> date:
    """Give the first month of which something has not been kept for so many months yet."""
    return _moved(now.astimezone(UTC).date(), -months)


def _moved(day: date, months: int) -> date:
    years, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(years, month + 1, 1)
