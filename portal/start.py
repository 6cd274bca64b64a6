"""What a process looks at before it begins: web, worker and beat alike."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

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
        with connection_of_its_own():
            compare_keys(settings.FINGERPRINT_KEYS, now=timezone.now())
    except KeysDoNotFit as misfit:
        _refuse(str(misfit))
    except Error as error:
        logger.warning(
            "The fingerprint keys could not be compared with the data (%s). Nobody signs in until "
            "the database is there and migrated.",
            type(error).__name__,
        )


def refuse_to_hold_the_seal_key() -> None:
    """End the process where it has the key of the audit log's seals.

    Whoever breaks into the web must not be able to sign a log that never was.
    """
    if settings.AUDIT_SEAL_KEY is not None:
        _refuse("AUDIT_SEAL_KEY is set for the web. Give it to the workers alone.")


@worker_init.connect  # type: ignore[untyped-decorator]
def _refuse_to_work_without_the_seal_key(**_signal: Any) -> None:
    if settings.AUDIT_SEAL_KEY is None and not settings.DEVELOPMENT:
        _refuse("AUDIT_SEAL_KEY is not set for the worker, which seals the audit log with it.")


@worker_init.connect  # type: ignore[untyped-decorator]  # Celery is published without types
@beat_init.connect  # type: ignore[untyped-decorator]
def _before_celery_begins(**_signal: Any) -> None:
    refuse_keys_that_do_not_fit()  # Celery lets SystemExit through, and logs whatever else


def _refuse(sentence: str) -> NoReturn:
    sys.stderr.write(f"{sentence}\n")
    sys.stderr.flush()
    raise SystemExit(REFUSED) from None


@contextmanager
def connection_of_its_own() -> Iterator[None]:
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
