"""A person as the registry has them, and as a file has them."""

from datetime import date
from typing import NamedTuple
from uuid import UUID

from accounts.national_id import Fingerprint

FIELDS = (
    "first_name",
    "last_name",
    "email",
    "birth_date",
    "national_id",
    "department",
    "starts_on",
    "ends_on",
    "active",
)

DAYS = ("birth_date", "starts_on", "ends_on")
# Whoever changes these can make another's record their own, before it is linked.
IDENTIFYING = ("first_name", "last_name", "email", "birth_date", "national_id")


class Person(NamedTuple):
    """An employee of the registry. The fields are the columns of a file, and `active`."""

    employee_number: str
    first_name: str
    last_name: str
    email: str
    birth_date: date | None = None
    national_id: Fingerprint | None = None
    department: str = ""
    starts_on: date | None = None
    ends_on: date | None = None
    active: bool = True
    id: UUID | None = None
    """None for whoever is not registered yet."""
    version: str = ""
    """Another one after every write to the row."""

    def has_left(self, today: date) -> bool:
        """The last day itself is a working day."""
        return not self.active or (self.ends_on is not None and self.ends_on < today)

    def is_employed(self, today: date) -> bool:
        begun = self.starts_on is None or self.starts_on <= today
        return begun and not self.has_left(today)


class Row(NamedTuple):
    """A good row of a file. What the file has no column for is None, and so is an empty cell."""

    line: int
    employee_number: str
    first_name: str
    last_name: str
    email: str
    birth_date: date | None
    fingerprints: tuple[Fingerprint, ...]
    """Of the identity number, under each live key, the current one first."""
    department: str
    starts_on: date | None
    ends_on: date | None
