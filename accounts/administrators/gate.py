"""Who is let into the administration, and who is on the way there."""

import time
from datetime import datetime, timedelta

from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.models import Authenticator
from django.contrib.auth import authenticate, login
from django.db import transaction
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from accounts.actions import end_sessions
from accounts.administrators import actions
from accounts.models import AssuranceLevel, User, UserSession
from accounts.networks import calling
from accounts.sessions import EID_USED_AT, LEVEL

LOCAL_BACKEND = "django.contrib.auth.backends.ModelBackend"
PENDING = "administrator_pending"
PENDING_LIFETIME = timedelta(minutes=10)


def may_administer(request: HttpRequest) -> bool:
    """Whether the session is one that an administrator opened with more than a password.

    A session that something else made for the same user has no record, and is let in nowhere.
    """
    user = request.user
    if not isinstance(user, User) or not user.is_active or not user.is_staff:
        return False
    if user.employee is not None:
        return _came_by_high_eid(request, user)
    return bool(_factor_times(request, user))


def _came_by_high_eid(request: HttpRequest, user: User) -> bool:
    """Whether this is the employee's own session, at their employer's address, by a high eID."""
    home = user.employee.organisation if user.employee is not None else None
    at_home = home is not None and home.active and request.get_host().lower() == home.host
    return at_home and request.session.get(LEVEL) == AssuranceLevel.HIGH


def _factor_times(request: HttpRequest, user: User) -> list[float]:
    records = get_authentication_records(request, user)
    return [float(record["at"]) for record in records if record.get("method") == "mfa"]


# --- Between the password and the second factor --------------------------------------------------


def administrator_with(request: HttpRequest, username: str, password: str) -> User | None:
    """Give the local administrator whose name and password these are: the first half only."""
    user = authenticate(request, username=username, password=password)
    local = isinstance(user, User) and user.employee_id is None and user.is_staff
    return calling(user, request) if isinstance(user, User) and local else None


def wait_for_factor(request: HttpRequest, user: User, *, next_url: str, now: datetime) -> None:
    """Remember whose password was right. Nobody is signed in by it: `request.user` is nobody."""
    if isinstance(request.user, User):
        here = UserSession.objects.filter(session_key=request.session.session_key)
        end_sessions(here, by=request.user.actor, how="signed in anew", now=now)
    request.session.flush()
    request.session[PENDING] = {
        "user": str(user.pk),
        "at": now.timestamp(),
        "password": user.get_session_auth_hash(),
        "next": next_url,
    }


def pending_user(request: HttpRequest, *, now: datetime) -> User | None:
    """Give whose password was right here within ten minutes, and still is."""
    pending = request.session.get(PENDING)
    if not pending or now.timestamp() - pending["at"] > PENDING_LIFETIME.total_seconds():
        return None
    user = User.objects.filter(pk=pending["user"], is_active=True, is_staff=True).first()
    if user is None:
        return None
    same = constant_time_compare(pending["password"], user.get_session_auth_hash())
    return calling(user, request) if same else None


def let_in(request: HttpRequest, user: User, factor: Authenticator, *, now: datetime) -> str:
    """Sign in whoever has shown both, under a new session key (A-18); gives where they were going.

    Whoever is in already has shown the factor anew.
    """
    again = request.user == user
    next_url = str(request.session.pop(PENDING, {}).get("next", ""))
    with transaction.atomic():
        if not again:
            login(request, user, backend=LOCAL_BACKEND)
        record_authentication(request, user, "mfa", type=factor.type, id=factor.pk)
        actions.note_sign_in(user, factor=factor.type, again=again, now=now)
    return next_url


# --- Fresh sign-ins ------------------------------------------------------------------------------

FRESH = timedelta(minutes=5)


def is_fresh(request: HttpRequest, *, within: timedelta = FRESH) -> bool:
    """Whether whoever is in has shown an eID or a second factor a moment ago."""
    user = request.user
    if not isinstance(user, User):
        return False
    if user.employee_id is not None:
        last = request.session.get(EID_USED_AT) or 0
    else:
        last = max(_factor_times(request, user), default=0)
    return time.time() - last < within.total_seconds()
