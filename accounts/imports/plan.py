"""What a file would change: the registry beside the file's rows, without a database."""

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from accounts.addresses import fold_email
from accounts.imports.doubles import without_doubles
from accounts.imports.people import FIELDS, IDENTIFYING, Person, Row
from accounts.imports.problems import Problem, RefusedRow, RowProblem
from accounts.national_id import Fingerprint

LEAVE_LIMIT = 10  # per cent of those employed


class Kind(StrEnum):
    """What happens to a person; each has one kind."""

    NEW = "new"
    CHANGED = "changed"
    MOVED = "moved"
    LEAVING = "leaving"
    RETURNING = "returning"


@dataclass(frozen=True, slots=True)
class Change:
    """One person, before and after. `before` is None for a new one."""

    kind: Kind
    after: Person
    before: Person | None = None
    line: int | None = None
    """None where the file does not have the person."""

    @property
    def fields(self) -> tuple[str, ...]:
        """Give the fields that become another value, in one order."""
        return _fields_between(self.before, self.after) if self.before is not None else ()


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole changeset. Nothing of it has happened."""

    changes: list[Change]
    refused: list[RefusedRow]
    unchanged: int
    employed: int
    """How many are employed before."""
    losing_access: int
    """How many of them are not after."""
    kept_from_leaving: int
    """Not in the file, but some refused rows do not tell whose they are."""

    def counts(self) -> dict[Kind, int]:
        """Give how many of each kind, also of those that nobody is."""
        found = Counter(change.kind for change in self.changes)
        return {kind: found[kind] for kind in Kind}

    def loses_too_many(self, limit: int) -> bool:
        """Whether more than `limit` per cent of those employed would lose their access."""
        return self.losing_access * 100 > limit * self.employed

    def code(self) -> str:
        """Give what tells this plan from any other: for who approves what has been looked at."""
        digest = hashlib.sha256()
        for change in self.changes:
            known = change.before
            before = known and known._replace(version="")
            key = (change.kind.value, before, change.after._replace(version=""))
            digest.update(repr(key).encode())
        return digest.hexdigest()[:12]


def make_plan(
    registry: Iterable[Person],
    rows: Iterable[Row | RefusedRow],
    *,
    columns: Iterable[str],
    today: date,
    out_of_reach: Collection[str] = (),
) -> Plan:
    """Compare a whole file with everybody of one organisation, also those who have left.

    Of the employees `out_of_reach`, by number, it changes nothing that tells who they are.
    """
    return _Comparison(registry, rows, frozenset(columns), today, out_of_reach).plan()


def loses_access(before: Person | None, after: Person, today: date) -> bool:
    """Whether somebody who is employed is not any more."""
    return before is not None and before.is_employed(today) and not after.is_employed(today)


def _fields_between(before: Person, after: Person) -> tuple[str, ...]:
    return tuple(name for name in FIELDS if getattr(before, name) != getattr(after, name))


class _Comparison:
    def __init__(
        self,
        registry: Iterable[Person],
        rows: Iterable[Row | RefusedRow],
        columns: frozenset[str],
        today: date,
        out_of_reach: Collection[str],
    ) -> None:
        self.registry = {person.employee_number: person for person in registry}
        self.columns, self.today = columns, today
        self.rows, self.refused = without_doubles(rows)
        self._refuse_out_of_reach(out_of_reach)
        self._refuse_impossible_days()
        self._refuse_taken_addresses()
        self.held, self.everybody_is_told = self._whose_rows_were_refused()

    def plan(self) -> Plan:
        changes = [*self._from_rows(), *self._leavers()]
        employed = sum(person.is_employed(self.today) for person in self.registry.values())
        absent = sum(1 for _each in self._absent())
        return Plan(
            changes=changes,
            refused=sorted(self.refused, key=lambda row: row.line),
            unchanged=len(self.rows) - sum(change.line is not None for change in changes),
            employed=employed,
            losing_access=sum(
                loses_access(change.before, change.after, self.today) for change in changes
            ),
            kept_from_leaving=0 if self.everybody_is_told else absent,
        )

    def _refuse(self, row: Row, *problems: Problem) -> None:
        del self.rows[row.employee_number]
        self.refused.append(RefusedRow(row.line, problems, row.employee_number, row.email))

    def _refuse_out_of_reach(self, numbers: Collection[str]) -> None:
        """Before the addresses are given out: whoever is refused keeps theirs."""
        for number in numbers:
            row, before = self.rows.get(number), self.registry.get(number)
            if row is None or before is None:
                continue
            changed = set(_fields_between(before, self._after(row))) & set(IDENTIFYING)
            if changed:
                fields = sorted(changed, key=IDENTIFYING.index)
                self._refuse(row, *(Problem(RowProblem.OUT_OF_REACH, each) for each in fields))

    def _refuse_impossible_days(self) -> None:
        """Where the file has one of the two days, and the registry the other."""
        if len(self.columns & {"starts_on", "ends_on"}) != 1:
            return
        for row in list(self.rows.values()):
            after = self._after(row)
            if after.starts_on and after.ends_on and after.ends_on < after.starts_on:
                self._refuse(row, Problem(RowProblem.ENDS_BEFORE_START, "ends_on"))

    def _refuse_taken_addresses(self) -> None:
        """An address is free when nobody has it, or when whoever has it gets another one.

        Who is refused keeps their address, so that whoever was to get that one is refused too.
        """
        holders = {fold_email(person.email): person for person in self.registry.values()}
        takers = {fold_email(row.email): row for row in self.rows.values()}
        waiting = list(takers)
        while waiting:
            address = waiting.pop()
            taker, holder = takers.get(address), holders.get(address)
            if taker is None or holder is None or holder.employee_number == taker.employee_number:
                continue
            own = self.rows.get(holder.employee_number)
            if own is not None and fold_email(own.email) != address:
                continue
            names = (holder.employee_number,)
            self._refuse(taker, Problem(RowProblem.EMAIL_TAKEN, "email", taker.email, names))
            del takers[address]
            kept = self.registry.get(taker.employee_number)
            if kept is not None:
                waiting.append(fold_email(kept.email))

    def _whose_rows_were_refused(self) -> tuple[set[str], bool]:
        """Give the employees of refused rows, and whether each of those rows tells whose it is.

        By number, or by an address that somebody is registered with.
        """
        holders = {fold_email(p.email): p.employee_number for p in self.registry.values()}
        by_address = [holders.get(fold_email(row.email)) for row in self.refused]
        numbers = {row.employee_number for row in self.refused if row.employee_number}
        told = all(
            row.employee_number or holder
            for row, holder in zip(self.refused, by_address, strict=True)
        )
        return numbers | {number for number in by_address if number}, told

    def _from_rows(self) -> Iterator[Change]:
        for row in self.rows.values():
            before, after = self.registry.get(row.employee_number), self._after(row)
            if after != before:
                yield Change(self._kind(before, after), after, before, row.line)

    def _kind(self, before: Person | None, after: Person) -> Kind:
        if before is None:
            return Kind.NEW
        if before.has_left(self.today) and not after.has_left(self.today):
            return Kind.RETURNING
        if after.has_left(self.today) and not before.has_left(self.today):
            return Kind.LEAVING
        return Kind.MOVED if before.department != after.department else Kind.CHANGED

    def _absent(self) -> Iterator[Person]:
        for number, person in self.registry.items():
            if (
                number not in self.rows
                and number not in self.held
                and not person.has_left(self.today)
            ):
                yield person

    def _leavers(self) -> Iterator[Change]:
        if not self.everybody_is_told:
            return
        for person in self._absent():
            yield Change(Kind.LEAVING, _let_leave(person, self.today), person)

    def _after(self, row: Row) -> Person:
        """What the file says, and what the registry says where the file has no word for it."""
        before = self.registry.get(row.employee_number)
        if before is None:
            number = row.fingerprints[0] if row.fingerprints else None
            return Person(*row[1:6], number, *row[7:])
        after = before._replace(
            first_name=row.first_name,
            last_name=row.last_name,
            email=row.email,
            # An empty cell takes neither away: they decide who may link.
            birth_date=row.birth_date or before.birth_date,
            national_id=_number(before, row),
            department=row.department if "department" in self.columns else before.department,
            starts_on=row.starts_on if "starts_on" in self.columns else before.starts_on,
            ends_on=row.ends_on if "ends_on" in self.columns else before.ends_on,
        )
        return self._back(before, after)

    def _back(self, before: Person, after: Person) -> Person:
        """Whoever had left and is in the file again has come back, unless the file ends it."""
        if not before.has_left(self.today):
            return after
        if "ends_on" in self.columns:
            ended = after.ends_on is not None and after.ends_on < self.today
            return after if ended else after._replace(active=True)
        over = after.ends_on is not None and after.ends_on <= self.today
        return after._replace(active=True, ends_on=None if over else after.ends_on)


def _number(before: Person, row: Row) -> Fingerprint | None:
    """The same number under an older key is no change: it is renewed at the next sign-in."""
    if not row.fingerprints or before.national_id in row.fingerprints:
        return before.national_id
    return row.fingerprints[0]


def _let_leave(person: Person, today: date) -> Person:
    """From today on. Whoever never began gets no last day: it would be before the first."""
    never_began = person.starts_on is not None and person.starts_on > today
    ends_on = person.ends_on if never_began else min(person.ends_on or today, today)
    return person._replace(active=False, ends_on=ends_on)
