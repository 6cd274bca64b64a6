"""What an import does: read, look, and apply in one transaction."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime
from itertools import batched
from typing import Any, BinaryIO

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.ids import uuid7
from accounts.imports import registry
from accounts.imports.people import Row
from accounts.imports.plan import LEAVE_LIMIT, Change, Plan, make_plan
from accounts.imports.problems import RefusedRow
from accounts.imports.registry import RegistryChanged
from accounts.imports.rows import PeopleFile, Reader
from accounts.models import Organisation
from accounts.national_id import FingerprintKeys
from audit.events import Event
from audit.log import record, record_each

__all__ = ("RegistryChanged", "TooManyWouldLeave", "apply_import", "preview_import", "read_people")


class TooManyWouldLeave(Exception):
    """More would lose their access than was allowed. Nothing was changed."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.plan = plan


def read_people(file: BinaryIO, *, keys: FingerprintKeys, now: datetime) -> PeopleFile:
    """Begin to read a CSV or XLSX file. `keys` have been compared with the data.

    Raises:
        FileRefused: it cannot be read at all.
    """
    return Reader(keys, timezone.localdate(now), _is_email).read(file)


def preview_import(organisation: Organisation, people: PeopleFile, *, now: datetime) -> Plan:
    """Say what applying the file would do now, and do nothing.

    Raises:
        FileRefused: a row that breaks the whole file was come to.
    """
    return _plan(organisation, people, list(people.rows), now=now)


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
) -> Plan:
    """Change the registry to what the file says; refused rows change nothing.

    Links and sessions of those who leave end within a minute (`linking/actions/leavers.py`).
    `reviewed` is the code of the plan that somebody has looked at; `tell` gets the plan before it
    is carried out. The same file a second time changes nothing and leaves no event.

    Raises:
        FileRefused: a row that breaks the whole file was come to.
        TooManyWouldLeave: more than `leave_limit` per cent of those employed.
        RegistryChanged: the plan is not the reviewed one, or somebody changed the same people now.
    """
    rows = list(people.rows)  # before the lock: reading takes the longest
    try:
        with transaction.atomic():
            registry.lock_imports(organisation)
            plan = _plan(organisation, people, rows, now=now)
            tell(plan)
            if reviewed and reviewed != plan.code():
                raise RegistryChanged
            if plan.loses_too_many(leave_limit):
                raise TooManyWouldLeave(plan)
            if plan.changes:
                _carry_out(organisation, plan, by=by, now=now, source=source)
    except IntegrityError:
        # From None: PostgreSQL quotes the row.
        raise RegistryChanged from None
    return plan


def _plan(
    organisation: Organisation,
    people: PeopleFile,
    rows: Iterable[Row | RefusedRow],
    *,
    now: datetime,
) -> Plan:
    today = timezone.localdate(now)
    return make_plan(registry.everybody(organisation), rows, columns=people.columns, today=today)


def _carry_out(
    organisation: Organisation, plan: Plan, *, by: str, now: datetime, source: str
) -> None:
    changes = [_with_id(change) for change in plan.changes]
    registry.write(organisation, changes)
    _record_people(organisation, changes, by=by, now=now)
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


def _with_id(change: Change) -> Change:
    if change.before is not None:
        return change
    return Change(change.kind, change.after._replace(id=uuid7()), None, change.line)


def _record_people(
    organisation: Organisation, changes: list[Change], *, by: str, now: datetime
) -> None:
    """One event for each person: which fields, and no values."""
    by_fields: dict[tuple[str, ...], list[Change]] = defaultdict(list)
    for change in changes:
        by_fields[change.fields].append(change)
    for fields, alike in by_fields.items():
        for some in batched(registry.pairs(organisation, alike), registry.BATCH, strict=False):
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
