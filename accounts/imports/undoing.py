"""The last import of an organisation, undone: what it changed becomes again what it was."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import batched
from typing import Any, NamedTuple
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.access import covers
from accounts.imports import actions, registry
from accounts.imports.history import plain
from accounts.imports.models import Import, ImportRow
from accounts.imports.people import DAYS, IDENTIFYING, Person
from accounts.imports.plan import Change, Kind
from accounts.imports.registry import RegistryChanged
from accounts.imports.reviews import CHANGE, NotWaiting, claim, locked, move, note, refuse, user_of
from accounts.models import Employee, User
from accounts.national_id import Fingerprint, FingerprintKeys
from audit.events import Event
from audit.log import record_each

_State = Import.State


@dataclass(frozen=True, slots=True)
class Undoing:
    """What undoing would do now. Where somebody stands in the way, nothing is done."""

    restored: list[Change] = field(default_factory=list)
    deleted: list[Person] = field(default_factory=list)
    """New people on whom nothing hangs yet."""
    ended: list[Change] = field(default_factory=list)
    """New people who have signed in, or asked for a code: they become inactive."""
    changed_since: list[Person] = field(default_factory=list)
    out_of_reach: list[Person] = field(default_factory=list)

    @property
    def is_possible(self) -> bool:
        return not (self.changed_since or self.out_of_reach)

    @property
    def coming_back(self) -> int:
        """How many leavers come back; their links do not."""
        return sum(change.kind == Kind.RETURNING for change in self.restored)


def may_be_undone(changeset: Import) -> bool:
    """Whether it is the last one that changed somebody, and its rows are still there."""
    if (
        changeset.state != _State.APPLIED
        or changeset.rows_deleted_at
        or not changeset.changed_people
    ):
        return False
    newest = Import.objects.carried_out().filter(organisation=changeset.organisation_id).first()
    return newest == changeset


def plan_undo(
    changeset: Import, *, keys: FingerprintKeys, whose: User | AnonymousUser, now: datetime
) -> Undoing:
    """Compare what the import left with what is registered now; does nothing."""
    organisation, today = changeset.organisation, timezone.localdate(now)
    people = {person.id: person for person in registry.everybody(organisation)}
    beyond = registry.out_of_reach(organisation, whose)
    undoing, new = Undoing(), dict[UUID, Person]()
    for row in _rows(changeset):
        person = people.get(row.employee_id)
        if person is None or person.id is None:
            continue  # deleted since: there is nothing to put back
        before = _before(row, person, keys)
        if before is None or not _is_as_left(row, person):
            undoing.changed_since.append(person)
        elif person.employee_number in beyond and not _changes_only_employment(row):
            undoing.out_of_reach.append(person)
        elif row.kind == ImportRow.Kind.NEW:
            new[person.id] = person
        else:
            back = person.has_left(today) and not before.has_left(today)
            kind = Kind.RETURNING if back else Kind.CHANGED
            undoing.restored.append(Change(kind, before, person))
    used = _in_use(changeset) if new else set()
    undoing.deleted.extend(person for key, person in new.items() if key not in used)
    undoing.ended.extend(
        Change(Kind.LEAVING, person._replace(active=False), person)
        for key, person in new.items()
        if key in used and person.active
    )
    return undoing


class _Row(NamedTuple):
    kind: str
    employee_id: UUID
    before: dict[str, Any]
    after: dict[str, Any]
    before_fingerprint: Any
    before_key: str
    after_fingerprint: Any
    after_key: str


def _rows(changeset: Import) -> Iterator[_Row]:
    rows = ImportRow.objects.filter(changeset=changeset, employee__isnull=False).order_by("pk")
    values = rows.values_list(*_Row._fields).iterator(chunk_size=registry.BATCH)
    return map(_Row._make, values)


@transaction.atomic
def ask_to_undo(changeset: Import, *, by: User, now: datetime) -> None:
    """Let a worker undo the import.

    Raises:
        NotWaiting: it is not the last one, or is being undone already.
    """
    registry.lock_imports(changeset.organisation)
    changeset.refresh_from_db()
    if not may_be_undone(changeset):
        raise NotWaiting
    move(
        changeset,
        (_State.APPLIED,),
        _State.UNDOING,
        undone_by=by.actor,
        started_at=None,
        attempts=0,
        problem="",
    )
    note(Event.IMPORT_UNDO_ASKED, changeset, by=by.actor, now=now)


def undo(key: UUID, *, keys: FingerprintKeys, now: datetime) -> None:
    """Put back what the import changed, in one transaction; or nothing, where it cannot be."""
    if not claim(key, _State.UNDOING, now=now):
        return
    with transaction.atomic():
        changeset = locked(key, _State.UNDOING)
        if changeset is None:
            return
        changeset.started_at, changeset.attempts = None, 0
        whose = user_of(changeset.undone_by)
        try:
            if not covers(whose, CHANGE, changeset.organisation_id):
                raise RegistryChanged
            with transaction.atomic():
                registry.lock_imports(changeset.organisation)
                undoing = plan_undo(changeset, keys=keys, whose=whose, now=now)
                if not undoing.is_possible:
                    raise RegistryChanged
                _put_back(changeset, undoing, now=now)
        except (RegistryChanged, IntegrityError):
            changeset.undone_by = ""
            refuse(changeset, _State.APPLIED, "not-undone", now=now)
            return
        changeset.state, changeset.undone_at = _State.UNDONE, now
        changeset.problem = ""
        changeset.save()


def _put_back(changeset: Import, undoing: Undoing, *, now: datetime) -> None:
    organisation, by = changeset.organisation, changeset.undone_by
    leaving = [person.id for person in undoing.deleted if person.id is not None]
    for some in batched(leaving, registry.BATCH):
        pairs = [(organisation.pk, key) for key in some]
        record_each(Event.EMPLOYEE_DELETED, pairs, by=by, now=now)
        # What the report says of them stays as long as the report does.
        ImportRow.objects.filter(employee__in=some).update(employee=None)
    registry.delete(organisation, leaving)
    changes = [*undoing.restored, *undoing.ended]
    if changes:
        actions.write_people(organisation, changes, by=by, now=now)
    note(
        Event.IMPORT_UNDONE,
        changeset,
        by=by,
        now=now,
        restored=len(undoing.restored),
        deleted=len(undoing.deleted),
        ended=len(undoing.ended),
    )


def _before(row: _Row, person: Person, keys: FingerprintKeys) -> Person | None:
    """The person with the former values; None where a former number's key is gone."""
    if row.kind == ImportRow.Kind.NEW:
        return person
    values: dict[str, Any] = {name: _value(name, kept) for name, kept in row.before.items()}
    if "national_id" in values:
        values["national_id"] = _fingerprint(row.before_fingerprint, row.before_key)
        if row.before_key and row.before_key not in keys.keys:
            return None
    return person._replace(**values)


def _is_as_left(row: _Row, person: Person) -> bool:
    for name, kept in row.after.items():
        if name == "national_id":
            left: Any = _fingerprint(row.after_fingerprint, row.after_key)
            same = person.national_id == left
        else:
            same = plain(name, getattr(person, name)) == kept
        if not same:
            return False
    return True


def _changes_only_employment(row: _Row) -> bool:
    return row.kind != ImportRow.Kind.NEW and not set(row.before) & set(IDENTIFYING)


def _value(name: str, kept: Any) -> Any:
    return date.fromisoformat(kept) if name in DAYS and kept else kept


def _fingerprint(digest: Any, key_id: str) -> Fingerprint | None:
    return Fingerprint(key_id, bytes(digest)) if digest is not None else None


def _in_use(changeset: Import) -> set[UUID]:
    """Those new people whom something else here knows: a user, a link, a code, a mail, a case."""
    new = ImportRow.objects.filter(changeset=changeset, kind=ImportRow.Kind.NEW)
    used = set[UUID]()
    for relation in Employee._meta.related_objects:
        if relation.related_model is not ImportRow:
            name = relation.field.name
            rows = relation.related_model._base_manager.filter(
                **{f"{name}__in": new.values("employee")}
            )
            used.update(rows.order_by().values_list(name, flat=True).distinct())
    return used
