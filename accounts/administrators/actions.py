"""What happens to a second factor, and at the administration's door: each with its event."""

from datetime import datetime
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.utils import encrypt
from allauth.mfa.webauthn.internal.auth import WebAuthn
from django.db import transaction

from accounts.actions import end_sessions
from accounts.administrators import totp
from accounts.administrators.adapters import SecretUnreadable
from accounts.models import User, UserSession
from audit.events import Event
from audit.log import record

STRANGER = "stranger"
TYPED = (Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES)


class WrongCode(Exception):
    """The code opens nothing; `reason` is for the audit log."""

    def __init__(self, reason: str) -> None:
        super().__init__()
        self.reason = reason


class AlreadyEnrolled(Exception):
    """There is a second factor by now, and whoever enrols has not shown it."""


class LastFactor(Exception):
    """Without this one there would be no second factor left."""


def factors_of(user: User) -> list[Authenticator]:
    """Give what can be shown besides the password, without recovery codes; the oldest first."""
    rows = Authenticator.objects.filter(user=user).exclude(type=Authenticator.Type.RECOVERY_CODES)
    return list(rows.order_by("pk"))


# --- Showing a factor --------------------------------------------------------------------------


def use_code(user: User, code: str, *, now: datetime) -> Authenticator:
    """Use up a code from the authenticator app, or a recovery code; gives whose it was.

    Raises:
        WrongCode: it is none of them, was used before, or cannot be compared any longer.
    """
    kept = Authenticator.objects.filter(user=user, type__in=TYPED)
    by_type = {row.type: row for row in kept}
    app = by_type.get(Authenticator.Type.TOTP)
    recovery = by_type.get(Authenticator.Type.RECOVERY_CODES)
    try:
        if app is not None and totp.use(app, code, now=now):
            return app
        if recovery is not None and _use_recovery_code(user, recovery, code, now=now):
            return recovery
    except totp.CodeUsedBefore:
        raise WrongCode("code-used-before") from None
    except SecretUnreadable:
        raise WrongCode("secret-unreadable") from None
    raise WrongCode("code-wrong")


@transaction.atomic
def _use_recovery_code(user: User, recovery: Authenticator, code: str, *, now: datetime) -> bool:
    codes = recovery.wrap()
    if not codes.validate_code(code):
        return False
    left = len(codes.get_unused_codes())
    record(Event.RECOVERY_CODE_USED, by=user.actor, now=now, user=str(user.pk), left=left)
    return True


@transaction.atomic
def note_sign_in(user: User, *, factor: str, again: bool, now: datetime) -> None:
    """Write that somebody came in, or, if `again`, showed the factor once more inside."""
    details: dict[str, Any] = {"user": str(user.pk), "factor": factor, "again": again}
    record(Event.ADMINISTRATOR_IN, by=user.actor, now=now, **details)


@transaction.atomic
def note_refused(user: User | None, *, reason: str, by: str, now: datetime) -> None:
    """Write that somebody was not let in. A name that no administrator has is not written."""
    whose: dict[str, Any] = {"user": str(user.pk)} if user is not None else {}
    record(Event.ADMINISTRATOR_REFUSED, by=by, now=now, reason=reason, **whose)


@transaction.atomic
def note_password(user: User, *, by: str, now: datetime) -> None:
    """Write that the password is another one, or none: Django's own forms have saved it."""
    details: dict[str, Any] = {"user": str(user.pk), "fields": ["password"]}
    record(Event.ADMINISTRATOR_CHANGED, by=by, now=now, **details)


@transaction.atomic
def note_sign_out(user: User, *, now: datetime) -> None:
    record(Event.ADMINISTRATOR_OUT, by=user.actor, now=now, user=str(user.pk))


# --- Adding and removing -----------------------------------------------------------------------


@transaction.atomic
def add_app(user: User, *, secret: str, step: int, first: bool, now: datetime) -> None:
    """Add the authenticator app that knows `secret` and gave the code of time step `step`.

    `first` is said of whoever has shown a password and nothing else.

    Raises:
        AlreadyEnrolled: there is one.
    """
    _lock(user, first=first)
    if Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists():
        raise AlreadyEnrolled
    data = {"secret": encrypt(secret), "last_step": step}
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data=data)
    _note_added(user, Authenticator.Type.TOTP, now=now)


@transaction.atomic
def add_passkey(
    user: User, *, name: str, credential: dict[str, Any], first: bool, now: datetime
) -> None:
    """Add a passkey whose registration has been verified.

    Raises:
        AlreadyEnrolled: `first` is said, and there is a second factor.
    """
    _lock(user, first=first)
    WebAuthn.add(user, name, credential)
    _note_added(user, Authenticator.Type.WEBAUTHN, now=now)


def _lock(user: User, *, first: bool) -> None:
    """One at a time: a password alone must not add a factor beside one that is just being made."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if first and factors_of(user):
        raise AlreadyEnrolled


def _note_added(user: User, kind: str, *, now: datetime) -> None:
    RecoveryCodes.activate(user)
    record(Event.SECOND_FACTOR_ADDED, by=user.actor, now=now, user=str(user.pk), factor=kind)


@transaction.atomic
def remove_factor(user: User, factor_id: int, *, session: str, now: datetime) -> bool:
    """Take one of one's own away; gives whether there was such a one.

    Ends the user's sessions but `session`: whoever found a lost passkey may be in by it.

    Raises:
        LastFactor: it is the only one.
    """
    _lock(user, first=False)
    factors = factors_of(user)
    factor = next((each for each in factors if each.pk == factor_id), None)
    if factor is None:
        return False
    if len(factors) == 1:
        raise LastFactor
    kind = factor.type
    factor.delete()
    record(Event.SECOND_FACTOR_REMOVED, by=user.actor, now=now, user=str(user.pk), factor=kind)
    others = UserSession.objects.filter(user=user).exclude(session_key=session)
    end_sessions(others, by=user.actor, how="second-factor-removed", now=now)
    return True


@transaction.atomic
def renew_recovery_codes(user: User, *, now: datetime) -> None:
    """Make new ones; the old ones are worth nothing from now on."""
    _lock(user, first=False)
    Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES).delete()
    RecoveryCodes.activate(user)
    record(Event.RECOVERY_CODES_RENEWED, by=user.actor, now=now, user=str(user.pk))


@transaction.atomic
def reset_second_factor(user: User, *, by: str, now: datetime) -> None:
    """Take all away and end the sessions: at the next sign-in the user enrols anew."""
    _lock(user, first=False)
    Authenticator.objects.filter(user=user).delete()
    record(Event.SECOND_FACTOR_RESET, by=by, now=now, user=str(user.pk))
    sessions = UserSession.objects.filter(user=user)
    end_sessions(sessions, by=by, how="second-factor-reset", now=now)


def recovery_codes_of(user: User) -> list[str]:
    """Give those that are left.

    Raises:
        SecretUnreadable: they were made under another SECRET_KEY.
    """
    kept = Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES).first()
    return list(kept.wrap().get_unused_codes()) if kept is not None else []
