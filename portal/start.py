"""What a process looks at before it begins: web, worker and beat alike."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from celery.signals import beat_init, worker_init
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, Error, connections
from django.utils import timezone

from linking.fingerprint_keys import KeysDoNotFit, compare_keys

logger = logging.getLogger(__name__)

# By this status gunicorn ends, too, and does not start one worker after the other.
REFUSED = 3
CONNECT_SECONDS = 3


def refuse_keys_that_do_not_fit() -> None:
    """End the process with a sentence where the fingerprint keys are not the data's (A-33).

    Where the database cannot tell, the process starts: it compares before it uses a key.
    """
    try:
        with _connection_of_its_own():
            compare_keys(settings.FINGERPRINT_KEYS, now=timezone.now())
    except KeysDoNotFit as misfit:
        sys.stderr.write(f"{misfit}\n")
        sys.stderr.flush()
        raise SystemExit(REFUSED) from None
    except Error as error:
        logger.warning(
            "The fingerprint keys could not be compared with the data (%s). Nobody signs in until "
            "the database is there and migrated.",
            type(error).__name__,
        )


@worker_init.connect  # type: ignore[untyped-decorator]  # Celery is published without types
@beat_init.connect  # type: ignore[untyped-decorator]
def _before_celery_begins(**_signal: Any) -> None:
    refuse_keys_that_do_not_fit()  # Celery lets SystemExit through, and logs whatever else


@contextmanager
def _connection_of_its_own() -> Iterator[None]:
    """Ask the database without the pool, and leave nothing that a forked child would share.

    The pool has threads, which no child inherits, and waits half a minute for an absent database.
    """
    usual = connections[DEFAULT_DB_ALIAS]
    options = usual.settings_dict["OPTIONS"] | {"pool": False, "connect_timeout": CONNECT_SECONDS}
    alone = type(usual)(usual.settings_dict | {"OPTIONS": options}, DEFAULT_DB_ALIAS)
    connections[DEFAULT_DB_ALIAS] = alone
    try:
        yield
    finally:
        alone.close()
        connections[DEFAULT_DB_ALIAS] = usual
