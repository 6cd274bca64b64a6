"""Time-based one-time passwords (RFC 6238) on allauth's record of them."""

from datetime import datetime

from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa import app_settings
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from allauth.mfa.utils import decrypt
from django.db.models import Q

# Somebody who reads the code in its last second still gets it typed.
STEPS_BACK = 1


def step_of(secret: str, code: str, *, now: datetime) -> int | None:
    """Give the time step whose code this is, or None where it is none of those in force."""
    current = int(now.timestamp()) // app_settings.TOTP_PERIOD
    return next(
        (
            step
            for step in range(current, current - STEPS_BACK - 1, -1)
            if compare_user_code(actual=code, expected=format_hotp_value(hotp_value(secret, step)))
        ),
        None,
    )


class CodeUsedBefore(Exception):
    """The code was right, and has signed somebody in already, or a later one has."""


def use(authenticator: Authenticator, code: str, *, now: datetime) -> bool:
    """Whether the code is right, which it can be once.

    allauth would keep used codes in the cache, which is each process's own without CACHE_URL.

    Raises:
        CodeUsedBefore: RFC 6238, section 5.2.
        SecretUnreadable: the secret is from under another SECRET_KEY.
    """
    step = step_of(decrypt(authenticator.data["secret"]), code, now=now)
    if step is None:
        return False
    unused = Q(data__last_step__isnull=True) | Q(data__last_step__lt=step)
    used = authenticator.data | {"last_step": step}
    mine = Authenticator.objects.filter(unused, pk=authenticator.pk)
    if not mine.update(data=used, last_used_at=now):
        raise CodeUsedBefore
    return True
