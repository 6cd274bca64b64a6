"""How often a password or a code may be typed. Counted in PostgreSQL, before anything is compared.

Not by allauth's rate limits: those live in the cache, which forgets when it is full, flushed or
local to a process, and a lock that somebody else holds refuses whoever waits for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import F
from django.utils.crypto import salted_hmac

from accounts.models import TryBudget, User

A_QUARTER = timedelta(minutes=15)
A_DAY = timedelta(days=1)

# Fewer for an address than for a user name: nobody locks an administrator out from one place.
PASSWORDS_FROM_ADDRESS = 10
PASSWORDS_FOR_NAME = 20
CODES_A_QUARTER = 5
CODES_A_DAY = 10

# A span that is over begins anew; one that is used up stays as it is, and gives no row back.
_TAKE = """
    INSERT INTO accounts_trybudget AS kept (key, tries, ends_at) VALUES (%(key)s, 1, %(ends_at)s)
    ON CONFLICT (key) DO UPDATE SET
        tries = CASE WHEN kept.ends_at <= %(now)s THEN 1 ELSE kept.tries + 1 END,
        ends_at = CASE WHEN kept.ends_at <= %(now)s THEN %(ends_at)s ELSE kept.ends_at END
    WHERE kept.ends_at <= %(now)s OR kept.tries < %(most)s
    RETURNING tries
"""


class TooManyTries(Exception):
    """The budget is used up until `until`."""

    def __init__(self, until: datetime) -> None:
        super().__init__()
        self.until = until


@dataclass(frozen=True, slots=True)
class Budget:
    """At most so many tries of something, by or for somebody, in a span of time."""

    what: str
    whose: str
    most: int
    span: timedelta

    @property
    def key(self) -> str:
        # Keyed: a password typed as a user name by mistake must not be found in a dump.
        text = f"{self.what}:{self.whose}"
        return salted_hmac("kobling.accounts.budgets", text, algorithm="sha256").hexdigest()


def for_password(username: str, *, network: str) -> tuple[Budget, ...]:
    return (
        Budget("password-from", network, PASSWORDS_FROM_ADDRESS, A_QUARTER),
        Budget("password-for", username, PASSWORDS_FOR_NAME, A_QUARTER),
    )


def for_code(user: User) -> tuple[Budget, ...]:
    return (
        Budget("code-quarter", str(user.pk), CODES_A_QUARTER, A_QUARTER),
        Budget("code-day", str(user.pk), CODES_A_DAY, A_DAY),
    )


def take(budgets: Sequence[Budget], *, now: datetime) -> bool:
    """Take one try from each; gives whether one of them is used up now.

    Committed when it returns: nothing undoes a try but that it was right (A-03, A-04).

    Raises:
        TooManyTries: one was used up before, and nothing may be compared.
    """
    with transaction.atomic(durable=True):
        used_up = [_take(budget, now=now) for budget in budgets]  # each is taken from
    return any(used_up)


def _take(budget: Budget, *, now: datetime) -> bool:
    values: dict[str, str | int | datetime] = {
        "key": budget.key,
        "now": now,
        "ends_at": now + budget.span,
        "most": budget.most,
    }
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, values)
        row = cursor.fetchone()
    if row is None:
        raise TooManyTries(TryBudget.objects.values_list("ends_at", flat=True).get(pk=budget.key))
    return bool(row[0] >= budget.most)


def give_back(budgets: Sequence[Budget]) -> None:
    """Give the try back that was right: whoever signs in often is not kept out by it."""
    keys = [budget.key for budget in budgets]
    TryBudget.objects.filter(key__in=keys, tries__gt=0).update(tries=F("tries") - 1)


def forget_ended(*, now: datetime) -> int:
    """Delete the budgets whose time is over; gives how many."""
    return TryBudget.objects.filter(ends_at__lte=now).delete()[0]
