"""A figure, and the list that it is the length of."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.urls import reverse

from accounts.lists import COUNTED


@dataclass(frozen=True, slots=True)
class Figure:
    number: int
    address: str
    more: bool = False
    """Whether there are more than `number`, which nobody counted."""


def list_address(model: str, **filters: Any) -> str:
    """Give the address of a list in the administration, filtered so."""
    asked = urlencode({name: value for name, value in filters.items() if value is not None})
    address = reverse(f"admin:{model}_changelist")
    return f"{address}?{asked}" if asked else address


def counted(rows: QuerySet[Any], address: str) -> Figure:
    """Count live, but no further than the list itself does."""
    number = rows.order_by()[: COUNTED + 1].count()
    return Figure(min(number, COUNTED), address, more=number > COUNTED)
