"""An import that somebody looks at before it is applied: uploaded, compared, approved, done.

What takes long is done by a worker (`linking/tasks.py`). Each attempt is claimed and committed
first, so that a page can tell whether it has begun; a worker that dies loses its claim after
`CLAIM`. Nothing of the file is kept but what was read of it, until it is decided.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from accounts.access import covers
from accounts.imports import actions
from accounts.imports.history import keep_plan
from accounts.imports.models import KEPT_FOR, WAITS_FOR, Import, ImportRow, ReadFile
from accounts.imports.plan import LEAVE_LIMIT
from accounts.imports.readfiles import KeyChanged, packed, unpacked
from accounts.imports.rows import PeopleFile
from accounts.models import Organisation, User
from accounts.national_id import FingerprintKeys
from audit.events import Event
from audit.log import record

CHANGE = "accounts.change_import"
CLAIM = timedelta(minutes=6)
"""Longer than the time limit of the tasks."""
ATTEMPTS = 3
_State = Import.State


class ImportUnderWay(Exception):
    """Another import of the organisation is being carried out, or came at the same moment."""


class NotWaiting(Exception):
    """The import is not what was looked at any more: decided, replaced, or compared anew."""


class LeaversNotConfirmed(Exception):
    """More would lose their access than the limit, and their number was not given."""


def begin_import(
    organisation: Organisation, people: PeopleFile, *, by: User, now: datetime, source: str
) -> Import:
    """Keep what is read of a file, to be compared with the registry. One that waits is replaced.

    Raises:
        FileRefused: a row that breaks the whole file was come to.
        ImportUnderWay: the one before is being carried out.
    """
    content = packed(people.rows)  # before the transaction: reading takes the longest
    try:
        with transaction.atomic():
            for older in Import.objects.waiting().filter(organisation=organisation):
                _close(older, _State.REPLACED, by=by.actor, now=now)
            changeset = Import.objects.create(
                organisation=organisation,
                state=_State.COMPARING,
                source=source[-200:].replace("\0", ""),
                columns=list(people.columns),
                created_at=now,
                created_by=by.actor,
                looked_by=by.actor,
            )
            ReadFile.objects.create(changeset=changeset, content=content)
            note(Event.IMPORT_UPLOADED, changeset, by=by.actor, now=now)
    except IntegrityError:
        raise ImportUnderWay from None
    return changeset


def compare(key: UUID, *, keys: FingerprintKeys, now: datetime) -> None:
    """Make the changeset of an import that was uploaded, or is to be looked at again."""
    if not claim(key, _State.COMPARING, now=now):
        return
    with transaction.atomic():
        changeset = locked(key, _State.COMPARING)
        if changeset is None:
            return
        changeset.started_at, changeset.attempts, changeset.problem = None, 0, ""
        people = _people(changeset, keys)
        if people is None:
            refuse(changeset, _State.OUTDATED, "key-changed", now=now)
            return
        changeset.day = timezone.localdate(now)
        organisation, whose = changeset.organisation, user_of(changeset.looked_by)
        plan = actions.preview_import(organisation, people, now=now, whose=whose)
        keep_plan(changeset, plan, plan.changes)
        changeset.state = _State.REVIEW
        changeset.save()


@transaction.atomic
def look_again(changeset: Import, *, by: User, now: datetime) -> None:
    """Let the rows that were read be compared with the registry once more.

    Raises:
        NotWaiting: it is decided.
    """
    move(
        changeset,
        (_State.REVIEW, _State.OUTDATED),
        _State.COMPARING,
        looked_by=by.actor,
        started_at=None,
        attempts=0,
        problem="",
    )
    note(Event.IMPORT_LOOKED_AT_AGAIN, changeset, by=by.actor, now=now)


@transaction.atomic
def approve(
    changeset: Import, *, code: str, by: User, now: datetime, leavers: int | None = None
) -> None:
    """Let a worker carry out what somebody has looked at; `code` is that of what was shown.

    Raises:
        NotWaiting: it is another changeset now, or decided.
        LeaversNotConfirmed: more than the limit lose their access, and `leavers` is not how many.
    """
    if changeset.loses_too_many(LEAVE_LIMIT) and leavers != changeset.losing_access:
        raise LeaversNotConfirmed
    move(
        changeset,
        (_State.REVIEW,),
        _State.APPROVED,
        Q(code=code, losing_access=changeset.losing_access),
        approved_at=now,
        approved_by=by.actor,
        confirmed_leavers=leavers,
        started_at=None,
        attempts=0,
        problem="",
    )
    note(Event.IMPORT_APPROVED, changeset, by=by.actor, now=now)


def carry_out(key: UUID, *, keys: FingerprintKeys, now: datetime) -> None:
    """Apply an approved import, in one transaction, if it still is what was looked at."""
    if not claim(key, _State.APPROVED, now=now):
        return
    with transaction.atomic():
        changeset = locked(key, _State.APPROVED)
        if changeset is None:
            return
        changeset.started_at, changeset.attempts = None, 0
        try:
            _apply(changeset, keys, now=now)
        except actions.RegistryChanged:
            refuse(changeset, _State.OUTDATED, "registry-changed", now=now)
        except actions.TooManyWouldLeave:
            refuse(changeset, _State.OUTDATED, "too-many", now=now)


def _apply(changeset: Import, keys: FingerprintKeys, *, now: datetime) -> None:
    people, whose = _people(changeset, keys), user_of(changeset.approved_by)
    if people is None or not covers(whose, CHANGE, changeset.organisation_id):
        raise actions.RegistryChanged
    actions.apply_import(
        changeset.organisation,
        people,
        by=changeset.approved_by,
        now=now,
        source=changeset.source,
        leave_limit=LEAVE_LIMIT if changeset.confirmed_leavers is None else 100,
        reviewed=changeset.code,
        whose=whose,
        changeset=changeset,
    )
    ReadFile.objects.filter(changeset=changeset).delete()


@transaction.atomic
def cancel(changeset: Import, *, by: User, now: datetime) -> None:
    """Give an import up that has not been approved; its rows go at once.

    Raises:
        NotWaiting: it is decided.
    """
    if not _close(changeset, _State.CANCELLED, by=by.actor, now=now):
        raise NotWaiting


def give_up_or_free(key: UUID, *, now: datetime) -> None:
    """After an attempt that broke: let it be tried again at once, or fail it after the last one."""
    with transaction.atomic():
        changeset = (
            Import.objects.select_for_update().filter(pk=key, state__in=Import.UNDER_WAY).first()
        )
        if changeset is None:
            return
        changeset.started_at = None
        if changeset.attempts < ATTEMPTS:
            changeset.save(update_fields=["started_at"])
        elif changeset.state == _State.UNDOING:
            refuse(changeset, _State.APPLIED, "failed", now=now)
        else:
            refuse(changeset, _State.FAILED, "failed", now=now)
            _forget(changeset, now=now)


def unfinished(*, now: datetime) -> QuerySet[Import]:
    """Give the imports whose wake-up was lost, or whose worker died."""
    free = Q(started_at__isnull=True) | Q(started_at__lt=now - CLAIM)
    return Import.objects.filter(free, state__in=Import.UNDER_WAY)


def forget_old(*, now: datetime) -> int:
    """Close what nobody has approved in time, and delete rows that have been kept long enough.

    Gives how many imports that was.
    """
    done = 0
    for changeset in Import.objects.waiting().filter(created_at__lt=now - WAITS_FOR):
        with transaction.atomic():
            done += _close(changeset, _State.EXPIRED, by="system", now=now)
    over = Q(applied_at__lt=now - KEPT_FOR) & ~Q(state=_State.UNDOING)
    for changeset in Import.objects.filter(over, rows_deleted_at__isnull=True):
        with transaction.atomic():
            _forget(changeset, now=now)
            note(Event.IMPORT_FORGOTTEN, changeset, by="system", now=now)
            done += 1
    return done


def user_of(actor: str) -> User | AnonymousUser:
    """Give the user behind an actor's name; whoever is not there any more may do nothing."""
    kind, _colon, key = actor.partition(":")
    user = User.objects.filter(pk=key).first() if kind == "user" else None
    return user or AnonymousUser()


def claim(key: UUID, state: Import.State, *, now: datetime) -> bool:
    """Take the work on, committed before it begins: of two workers one does it.

    Where workers have died of it as often as it may be tried, it is given up.
    """
    free = Q(started_at__isnull=True) | Q(started_at__lt=now - CLAIM)
    waiting = Import.objects.filter(free, pk=key, state=state)
    taken = waiting.filter(attempts__lt=ATTEMPTS)
    if taken.update(started_at=now, attempts=F("attempts") + 1):
        return True
    if waiting.exists():
        give_up_or_free(key, now=now)
    return False


def locked(key: UUID, state: Import.State) -> Import | None:
    rows = Import.objects.select_related("organisation").select_for_update(of=("self",))
    return rows.filter(pk=key, state=state).first()


def _people(changeset: Import, keys: FingerprintKeys) -> PeopleFile | None:
    try:
        rows = unpacked(bytes(changeset.read_file.content), keys)
    except KeyChanged:
        return None
    return PeopleFile(tuple(changeset.columns), iter(rows))


def move(
    changeset: Import,
    before: tuple[Import.State, ...],
    after: Import.State,
    also: Q | None = None,
    **fields: object,
) -> None:
    moved = Import.objects.filter(also or Q(), pk=changeset.pk, state__in=before)
    if not moved.update(state=after, **fields):
        raise NotWaiting
    changeset.refresh_from_db()


def _close(changeset: Import, state: Import.State, *, by: str, now: datetime) -> bool:
    waiting = Import.objects.waiting().filter(pk=changeset.pk)
    if not waiting.update(state=state):
        return False
    changeset.state = state
    _forget(changeset, now=now)
    note(Event.IMPORT_CANCELLED, changeset, by=by, now=now, reason=state.value)
    return True


def _forget(changeset: Import, *, now: datetime) -> None:
    ReadFile.objects.filter(changeset=changeset).delete()
    ImportRow.objects.filter(changeset=changeset).delete()
    Import.objects.filter(pk=changeset.pk).update(rows_deleted_at=now)


def refuse(changeset: Import, state: Import.State, problem: str, *, now: datetime) -> None:
    changeset.state, changeset.problem = state, problem
    changeset.save()
    note(Event.IMPORT_REFUSED, changeset, by="system", now=now, reason=problem)


def note(
    event: Event, changeset: Import, *, by: str, now: datetime, reason: str = "", **details: Any
) -> None:
    """Write an event about an import: which, and its file's name."""
    record(
        event,
        by=by,
        now=now,
        organisation=changeset.organisation_id,
        reason=reason,
        changeset=str(changeset.pk),
        source=changeset.source,
        **details,
    )
