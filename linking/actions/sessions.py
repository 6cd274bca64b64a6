"""Coming in and going out."""

from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from accounts.actions import end_sessions
from accounts.models import Organisation, User, UserSession
from audit.events import Event
from audit.log import record
from linking.actions.fingerprints import renew_fingerprints
from linking.actions.requests import note_given_up
from linking.models import (
    SIGN_IN_LIFETIME,
    AuthorizationRequest,
    LinkedIdentity,
    UsedLogoutToken,
    matches,
    stale_at,
)
from linking.oidc import CLOCK_LEEWAY, TOKEN_MAX_AGE, LogoutToken
from linking.persons import EidPerson
from linking.refusals import NotEmployed, TokenReplayed

BATCH = 500  # sessions
# A token is accepted from just before its `iat` until it is too old.
LOGOUT_TOKEN_MEMORY = timedelta(seconds=TOKEN_MAX_AGE + 2 * CLOCK_LEEWAY)


@transaction.atomic
def sign_in(person: EidPerson, *, organisation: Organisation, now: datetime) -> User | None:
    """Let in the employee this eID is linked to; None where there is no link in force.

    Raises:
        NotEmployed: there is a link, but the employee is inactive or has left.
    """
    link = (
        LinkedIdentity.objects.in_force(now)
        .filter(matches(person.all_fingerprints), organisation=organisation)
        .select_related("employee__user")
        .first()
    )
    if link is None:
        return None
    if not link.employee.is_employed(timezone.localdate(now)):
        raise NotEmployed
    user: User = link.employee.user
    user.network = person.network
    renew_fingerprints(person, organisation=organisation, link=link, by=user.actor, now=now)
    used = LinkedIdentity.objects.active().filter(pk=link.pk)
    if not used.update(last_used_at=now, expires_at=stale_at(organisation, now), warned_at=None):
        return None
    record(
        Event.SIGN_IN_DONE,
        by=user.actor,
        now=now,
        organisation=organisation.pk,
        employee=link.employee_id,
        eid=person.eid,
        level=person.level,
    )
    return user


@transaction.atomic
def note_unlinked_sign_in(person: EidPerson, *, organisation: Organisation, now: datetime) -> None:
    """Write that somebody without a link is at the door."""
    record(
        Event.SIGN_IN_UNLINKED,
        by=person.actor,
        now=now,
        organisation=organisation.pk,
        eid=person.eid,
        level=person.level,
    )
    renew_fingerprints(person, organisation=organisation, by=person.actor, now=now)


@transaction.atomic
def note_sign_out(
    user: User | None,
    *,
    organisation: Organisation,
    by: str,
    now: datetime,
    how: str = "signed out",
    asked: UUID | None = None,
) -> None:
    """Write that an employee, or somebody without a link, signed out.

    `asked` is the code that whoever has no link had asked for: if it was not typed, it is given up.
    """
    record(
        Event.SESSION_ENDED,
        by=by,
        now=now,
        organisation=organisation.pk,
        employee=user.employee_id if user else None,
        how=how,
    )
    if asked is not None:
        note_given_up(asked, by=by, now=now)


@transaction.atomic
def end_sessions_of(sid: str, *, how: str, by: str, now: datetime) -> int:
    """End the sessions that came from one session at ID-porten; gives how many."""
    return end_sessions(UserSession.objects.filter(oidc_sid=sid), by=by, how=how, now=now)


@transaction.atomic
def note_refused_token(reason: str, *, organisation: Organisation, by: str, now: datetime) -> None:
    """Write that a sign-out message was not acted on."""
    record(Event.SIGN_OUT_REFUSED, by=by, now=now, organisation=organisation.pk, reason=reason)


@transaction.atomic
def end_idle_sessions(*, now: datetime, limit: int = BATCH) -> int:
    """End the sessions whose time is over; gives how many. Call again while it is `limit`."""
    over = UserSession.objects.filter(expire_date__lt=now).order_by("expire_date")
    some = over.select_for_update(skip_locked=True).values_list("pk", flat=True)[:limit]
    ended = list(some)
    theirs = UserSession.objects.filter(pk__in=ended)
    end_sessions(theirs.filter(user__isnull=False), by="system", how="idle", now=now)
    theirs.delete()  # nobody's: of whoever only looked at the sign-in page
    return len(ended)


@transaction.atomic
def end_sessions_by_token(token: LogoutToken, *, by: str, now: datetime) -> int:
    """End the sessions that a verified logout token names, once; gives how many.

    Raises:
        TokenReplayed: the token has been acted on before.
    """
    jti_hash = sha256(token.jti.encode()).digest()
    try:
        with transaction.atomic():
            UsedLogoutToken.objects.create(jti_hash=jti_hash, used_at=now)
    except IntegrityError:
        raise TokenReplayed from None
    return end_sessions_of(token.sid, how="back-channel", by=by, now=now)


@transaction.atomic
def clear_sign_ins(*, now: datetime) -> int:
    """Forget sign-ins that were never finished, and logout tokens too old to come again.

    Gives how many.
    """
    unfinished = AuthorizationRequest.objects.filter(started_at__lte=now - SIGN_IN_LIFETIME)
    too_old = UsedLogoutToken.objects.filter(used_at__lte=now - LOGOUT_TOKEN_MEMORY)
    return int(unfinished.delete()[0] + too_old.delete()[0])


def user_in_force(user_id: UUID | str, *, now: datetime) -> User | None:
    """Give the employee's user while their link is in force and they are employed, else None."""
    links = LinkedIdentity.objects.in_force(now).filter(employee=OuterRef("employee"))
    user: User | None = (
        User.objects.filter(Exists(links), pk=user_id, is_active=True)
        .select_related("employee__organisation")
        .first()
    )
    if user is None or user.employee is None:
        return None
    return user if user.employee.is_employed(timezone.localdate(now)) else None


def waiting_link(
    person: EidPerson, *, organisation: Organisation, now: datetime
) -> LinkedIdentity | None:
    """Give the eID's own link that waits for approval, if there is one and its time is not over."""
    waiting = LinkedIdentity.objects.filter(
        matches(person.all_fingerprints),
        organisation=organisation,
        state=LinkedIdentity.State.PENDING,
        expires_at__gt=now,
    )
    link: LinkedIdentity | None = waiting.first()
    return link
