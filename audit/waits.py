"""How long somebody waits for a lock: whoever comes after them stands in line behind."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError, connection
from psycopg.errors import LockNotAvailable


class LogIsBusy(Exception):
    """A lock was not to be had in time: the log is being sealed, or somebody else is at work."""


@contextmanager
def waits_at_most(patience: str) -> Iterator[None]:
    """Wait no longer for any lock, until the transaction ends; `patience` is such as «5s».

    Raises:
        LogIsBusy: it took longer. The transaction is to be given up.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [patience])
    try:
        yield
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            raise LogIsBusy from None
        raise
