"""Searches in the audit log: that they were made, and those that somebody keeps."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.models import User
from audit.events import Event
from audit.log import record
from linking.models import SavedSearch

MOST = 30


class TooManySaved(Exception):
    """Whoever has so many finds none of them again."""


@transaction.atomic
def note_log_search(
    *, kinds: list[str], hits: int, organisation: UUID | None, by: str, now: datetime
) -> None:
    """Write that somebody searched the log: by what kinds of things, never for what."""
    record(
        Event.AUDIT_SEARCHED,
        by=by,
        now=now,
        organisation=organisation,
        kinds=kinds or ["everything"],
        hits=hits,
    )


@transaction.atomic
def save_search(
    user: User, *, name: str, query: str, organisation: UUID | None, now: datetime
) -> SavedSearch:
    """Keep a search under a name; one of the same name is replaced.

    Raises:
        TooManySaved.
    """
    others = SavedSearch.objects.filter(user=user).exclude(name=name)
    if others.count() >= MOST:
        raise TooManySaved
    saved, _made = SavedSearch.objects.update_or_create(
        user=user, name=name, defaults={"query": query, "saved_at": now}
    )
    record(Event.SEARCH_SAVED, by=user.actor, now=now, organisation=organisation)
    return saved


@transaction.atomic
def remove_search(user: User, key: UUID, *, organisation: UUID | None, now: datetime) -> bool:
    """Take one of one's own away; False where there is no such one."""
    removed, _models = SavedSearch.objects.filter(user=user, pk=key).delete()
    if removed:
        record(Event.SEARCH_REMOVED, by=user.actor, now=now, organisation=organisation)
    return bool(removed)
