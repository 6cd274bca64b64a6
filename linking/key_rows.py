"""What stands under each fingerprint key: counted by key, never row by row."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, QuerySet
from django.utils import timezone

from accounts.models import Employee
from linking.models import Block, LinkedIdentity


@dataclass(frozen=True, slots=True)
class Rows:
    """How much would be of no use without a key."""

    links: int = 0
    registered_numbers: int = 0
    blocks: int = 0

    def __bool__(self) -> bool:
        return bool(self.links or self.registered_numbers or self.blocks)


def links_that_stand() -> QuerySet[LinkedIdentity]:
    standing: QuerySet[LinkedIdentity] = LinkedIdentity.objects.standing()
    return standing


def registered_numbers() -> QuerySet[Employee]:
    registered: QuerySet[Employee] = Employee.objects.filter(national_id_fingerprint__isnull=False)
    return registered


def blocks_of_people(now: datetime) -> QuerySet[Block]:
    return Block.objects.filter(Block.in_force(now)).filter(fingerprint__isnull=False)


def rows_by_key(
    *, now: datetime | None = None, leaving_out: Collection[str] = ()
) -> dict[str, Rows]:
    """Give the rows under each key that has any, but for keys that are `leaving_out`.

    Tries, cases and requests are not counted: they are of use for days, and no key waits for them.
    """
    links = _count(links_that_stand(), "fingerprint_key", leaving_out)
    numbers = _count(registered_numbers(), "national_id_key", leaving_out)
    blocks = _count(blocks_of_people(now or timezone.now()), "fingerprint_key", leaving_out)
    return {
        key: Rows(links.get(key, 0), numbers.get(key, 0), blocks.get(key, 0))
        for key in sorted({*links, *numbers, *blocks})
    }


def _count(rows: QuerySet[Any], key: str, leaving_out: Collection[str]) -> dict[str, int]:
    # count(*), so that `link_by_key` answers without the table.
    others = rows.exclude(**{f"{key}__in": leaving_out}).order_by()
    return dict(others.values_list(key).annotate(how_many=Count("*")))
