"""Do the configured fingerprint keys fit the data? Each process asks once (A-33)."""

import hashlib
import hmac
import logging
from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import Error, transaction
from django.utils import timezone

from accounts.national_id import FingerprintKeys
from audit.events import Event
from audit.log import record
from linking.key_rows import Rows, rows_by_key
from linking.models import FingerprintKey
from linking.refusals import FingerprintKeysUnfit

logger = logging.getLogger(__name__)

# The MAC of this text stands in the database. It tells nothing: HMAC-SHA256 under a key of
# 32 random bytes is a random function to whoever has not the key, so a value of it gives neither
# the key nor any other value; and a fingerprint is the MAC of eleven digits, which this is not.
_CHECKED_TEXT = b"Kobling: is this the key?"


class KeysDoNotFit(Exception):
    """The setting and the data do not belong together; the text is for whoever starts the portal.

    It names keys by their ids, and quotes no key and no fingerprint.
    """


class _Compared:
    """What this process has found to fit; children that it forks need not ask again."""

    keys: ClassVar[FingerprintKeys | None] = None


def keys_in_use() -> FingerprintKeys:
    """Give the keys, which the process has compared with the data before the first is used.

    Raises:
        FingerprintKeysUnfit: they do not fit, or the database cannot tell.
    """
    keys: FingerprintKeys = settings.FINGERPRINT_KEYS
    if _Compared.keys is not keys:
        try:
            compare_keys(keys, now=timezone.now())
        except KeysDoNotFit as misfit:
            logger.critical("%s", misfit)
            raise FingerprintKeysUnfit from None
        except Error as error:
            logger.critical("The fingerprint keys cannot be compared: %s", type(error).__name__)
            raise FingerprintKeysUnfit from None
    return keys


def compare_keys(keys: FingerprintKeys, *, now: datetime) -> None:
    """See that these keys made the fingerprints in the database, and note those that are new.

    Several processes may do so at once. What is refused leaves nothing noted.

    Raises:
        KeysDoNotFit: a key is another than the one first used under its id, or one is missing.
        django.db.Error: the database is away, or not migrated.
    """
    with transaction.atomic():
        known = FingerprintKey.objects.in_bulk()
        _refuse_given_up(keys, known)
        _warn_of_unheralded(keys, known)
        _refuse_missing(keys, known, now=now)
        for key_id in sorted(keys.keys):  # in one order, or two processes wait for each other
            _refuse_another(_note(key_id, _check_value(keys.keys[key_id]), now=now), keys)
    _Compared.keys = keys


def _check_value(key: bytes) -> bytes:
    return hmac.digest(key, _CHECKED_TEXT, hashlib.sha256)


def _note(key_id: str, check_value: bytes, *, now: datetime) -> FingerprintKey:
    """Give the row of a key. Who comes first writes it; who comes at the same time waits."""
    key, is_new = FingerprintKey.objects.get_or_create(
        key_id=key_id, defaults={"check_value": check_value, "first_used_at": now}
    )
    if is_new:
        record(Event.KEY_FIRST_USED, by="system", now=now, key=key_id)
    return key


def _refuse_another(known: FingerprintKey, keys: FingerprintKeys) -> None:
    value = _check_value(keys.keys[known.key_id])
    if not hmac.compare_digest(bytes(known.check_value), value):
        raise KeysDoNotFit(
            f"FINGERPRINT_KEYS: “{known.key_id}” is not the key that was first used under this id "
            f"on {known.first_used_at:%Y-%m-%d}. Set that key again; a new key needs a new id."
        )


def _refuse_given_up(keys: FingerprintKeys, known: Mapping[str, FingerprintKey]) -> None:
    for key_id in keys.keys:
        if key_id in known and known[key_id].given_up_at is not None:
            raise KeysDoNotFit(
                f"FINGERPRINT_KEYS: the key “{key_id}” has been given up, and what was under it "
                "has ended. Take it out; a new key needs a new id."
            )


def _warn_of_unheralded(keys: FingerprintKeys, known: Mapping[str, FingerprintKey]) -> None:
    """A new key should be second before it is first, where processes restart one by one.

    Those that do not know it yet would not recognise whom it recognises (A-09). Where all restart
    at once there are none, so it is no reason to refuse.
    """
    if known and keys.current_id not in known:
        logger.warning(
            "FINGERPRINT_KEYS: the key “%s” is new, and stands first. Processes that have not been "
            "restarted with it do not recognise the people whose rows it renews.",
            keys.current_id,
        )


def _refuse_missing(
    keys: FingerprintKeys, known: Mapping[str, FingerprintKey], *, now: datetime
) -> None:
    given_up = {key.key_id for key in known.values() if key.given_up_at is not None}
    missing = rows_by_key(now=now, leaving_out={*keys.keys, *given_up})
    for key_id, rows in missing.items():
        raise KeysDoNotFit(
            f"FINGERPRINT_KEYS lacks the key “{key_id}”, under which there are {in_words(rows)}. "
            "Set it again, after the current one. If it is lost, end them all by the command: "
            f"python manage.py give_up_fingerprint_key {key_id}"
        )


def in_words(rows: Rows) -> str:
    """Say how much stands under a key."""
    return (
        f"{rows.links} standing links, {rows.registered_numbers} registered identity numbers "
        f"and {rows.blocks} blocks in force"
    )
