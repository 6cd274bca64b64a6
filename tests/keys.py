"""Fingerprint keys for tests."""

import base64
import json

from accounts.national_id import FingerprintKeys

KEYS = {"old": b"o" * 32, "new": b"n" * 32}


def keys(*key_ids: str, **others: bytes) -> FingerprintKeys:
    """Give keys in this order; `others` are keys of another making."""
    return FingerprintKeys({key_id: KEYS[key_id] for key_id in key_ids} | others)


def as_setting(configured: FingerprintKeys) -> str:
    encoded = {name: base64.b64encode(key).decode() for name, key in configured.keys.items()}
    return json.dumps(encoded)
