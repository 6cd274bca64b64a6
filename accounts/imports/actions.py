"""What an import does: read, look, and apply in one transaction."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from itertools import batched
from typing import Any, BinaryIO

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.ids import uuid7
from accounts.imports import registry
from accounts.imports.history import keep_plan
from accounts.imports.models import Import
from accounts.imports.people import Row
from accounts.imports.plan import LEAVE_LIMIT, Change, Plan, make_plan
from accounts.imports.problems import RefusedRow
from accounts.imports.registry import RegistryChanged
from accounts.imports.rows import PeopleFile, Reader
from accounts.models import Organisation, User
from accounts.national_id import FingerprintKeys
from audit.events import Event
from audit.log import record, record_each

__all__ = ("RegistryChanged", "TooManyWouldLeave", "apply_import", "preview_import", "read_people")


class TooManyWouldLeave(Exception):
    """More would lose their access than was allowed. Nothing was changed."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.plan = plan


def read_people(
    file: BinaryIO,
    *,
    keys: FingerprintKeys,
    now: datetime,
    names: Mapping[str, str] | None = None,
) -> PeopleFile:
    """Begin to read a CSV or XLSX file. `keys` have been compared with the data.

    `names` are what the organisation calls its columns (`naming.names_of`).

    Raises:
        FileRefused: it cannot be read at all.
    """
    return Reader(keys, timezone.localdate(now), _is_email).read(file, names)


def preview_import(
    organisation: Organisation,
    people: PeopleFile,
    *,
    now: datetime,
    whose: User | AnonymousUser | None = None,
) -> Plan:
    """Say what applying the file would do now, and do nothing; `whose` as in `apply_import`.

    Raises:
        FileRefused: a row that breaks the whole file was come to.
    """
    rows = list(people.rows)
    return _plan(organisation, people, rows, today=timezone.localdate(now), whose=whose)


def apply_import(
    organisation: Organisation,
    people: PeopleFile,
    *,
    by: str,
    now: datetime,
    source: str = "",
    leave_limit: int = LEAVE_LIMIT,
    reviewed: str = "",
    tell: Callable[[Plan], None] = lambda plan: None,
    whose: User | AnonymousUser | None = None,
    changeset: Import | None = None,
) -> Plan:
    """Change the registry to what the file says; refused rows change nothing.

    Links and sessions of those who leave end within a minute (`linking/actions/leavers.py`).
    `reviewed` is the code of the plan that somebody has looked at; `tell` gets the plan before it
    is carried out. The same file a second time changes nothing and leaves no event.
    Rows that `whose` roles do not reach are refused; None is for the shell, which reaches all.
    The import is kept as one that was applied: `changeset`, as it was looked at, or a new one.

    Raises:
        FileRefused: a row that breaks the whole file was come to.
        TooManyWouldLeave: more than `leave_limit` per cent of those employed.
        RegistryChanged: the plan is not the reviewed one, or somebody changed the same people now.
    """
    changeset = changeset or _unseen(organisation, people, by=by, now=now, source=source)
    today = changeset.day or timezone.localdate(now)
    rows = list(people.rows)  # before the lock: reading takes the longest
    try:
        with transaction.atomic():
            registry.lock_imports(organisation)
            plan = _plan(organisation, people, rows, today=today, whose=whose)
            tell(plan)
            if reviewed and reviewed != plan.code():
                raise RegistryChanged
            if plan.loses_too_many(leave_limit):
                raise TooManyWouldLeave(plan)
            changes = plan.changes
            if changes:
                changes = _carry_out(organisation, plan, by=by, now=now, source=source)
            if changes or plan.refused:
                _keep(changeset, plan, changes, by=by, now=now)
    except IntegrityError:
        # From None: PostgreSQL quotes the row.
        raise RegistryChanged from None
    return plan


def _plan(
    organisation: Organisation,
    people: PeopleFile,
    rows: Iterable[Row | RefusedRow],
    *,
    today: date,
    whose: User | AnonymousUser | None,
) -> Plan:
    return make_plan(
        registry.everybody(organisation),
        rows,
        columns=people.columns,
        today=today,
        out_of_reach=registry.out_of_reach(organisation, whose) if whose is not None else (),
    )


def _unseen(
    organisation: Organisation, people: PeopleFile, *, by: str, now: datetime, source: str
) -> Import:
    """An import that nobody looked at first, not saved."""
    return Import(
        organisation=organisation,
        source=source[-200:],
        columns=list(people.columns),
        created_at=now,
        created_by=by,
        day=timezone.localdate(now),
    )


def _keep(changeset: Import, plan: Plan, changes: list[Change], *, by: str, now: datetime) -> None:
    changeset.state, changeset.applied_at = Import.State.APPLIED, now
    changeset.approved_by = changeset.approved_by or by
    changeset.approved_at = changeset.approved_at or now
    changeset.changed_people = bool(changes)
    changeset.save()
    keep_plan(changeset, plan, changes)
    changeset.save()


def _carry_out(
    organisation: Organisation, plan: Plan, *, by: str, now: datetime, source: str
) -> list[Change]:
    """Give the changes as they were made: new people have ids."""
    changes = [_with_id(change) for change in plan.changes]
    write_people(organisation, changes, by=by, now=now)
    counts: dict[str, Any] = {kind.value: number for kind, number in plan.counts().items()}
    record(
        Event.IMPORT_APPLIED,
        by=by,
        now=now,
        organisation=organisation.pk,
        source=source,
        unchanged=plan.unchanged,
        refused=len(plan.refused),
        **counts,
    )
    return changes


def _with_id(change: Change) -> Change:
    if change.before is not None:
        return change
    return Change(change.kind, change.after._replace(id=uuid7()), None, change.line)


def write_people(
    organisation: Organisation, changes: list[Change], *, by: str, now: datetime
) -> None:
    """Write the changes, those of an undoing too, and an event for each person.

    The event tells which fields, and no values.

    Raises:
        RegistryChanged: somebody wrote to one of these employees since the plan was made.
        IntegrityError: somebody else took an employee number or an address.
    """
    registry.write(organisation, changes)
    by_fields: dict[tuple[str, ...], list[Change]] = defaultdict(list)
    for change in changes:
        by_fields[change.fields].append(change)
    for fields, alike in by_fields.items():
        for some in batched(registry.pairs(organisation, alike), registry.BATCH):
            if fields:
                record_each(Event.EMPLOYEE_CHANGED, some, by=by, now=now, fields=list(fields))
            else:
                record_each(Event.EMPLOYEE_CREATED, some, by=by, now=now)


def _is_email(address: str) -> bool:
    try:
        validate_email(address)
    except ValidationError:
        return False
    return True
