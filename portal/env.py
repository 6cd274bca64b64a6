"""Settings from the environment, with a sentence for each that is missing or senseless."""

import base64
import binascii
import ipaddress
import json
import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

import dj_database_url
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.core.exceptions import ImproperlyConfigured
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from accounts.national_id import FingerprintKeys
from audit.events import Kept
from audit.receiver import Receiver

# PostgreSQL lets no month of the log go sooner (audit/migrations/0010_least_months.sql).
LEAST_MONTHS_KEPT = {Kept.SECURITY: 3, Kept.DECISION: 12}
_HEAD_SCHEMES = ("file", "mailto", "syslog")
_QUEUE = re.compile(r"[A-Za-z0-9_-]{1,100}")
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")  # a token of RFC 9110
_OUR_HEADERS = {"connection", "content-encoding", "content-length", "content-type", "host"}


def text(name: str, default: str | None = None) -> str:
    """Read `NAME`, or the file that `NAME_FILE` points at.

    Raises:
        ImproperlyConfigured: neither is set and there is no default, or the file cannot be read.
    """
    path = os.environ.get(f"{name}_FILE")
    if path:
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ImproperlyConfigured(f"{name}_FILE: {path} cannot be read.") from error
    value = os.environ.get(name, default)
    if value is None:
        raise ImproperlyConfigured(
            f"{name} is not set. Set it, or {name}_FILE, in the environment."
        )
    return value


def boolean(name: str) -> bool:
    """Read a yes or no; not set is no."""
    value = os.environ.get(name, "").strip().lower()
    if value in ("1", "true", "yes", "on"):
        return True
    if value in ("", "0", "false", "no", "off"):
        return False
    raise ImproperlyConfigured(f"{name} is {value!r}. Write 1 or 0.")


def words(name: str, default: str | None = None) -> list[str]:
    """Read a list with commas between."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def secret_key(*, debug: bool) -> str:
    value = text("SECRET_KEY")
    if len(value) < 50 and not debug:
        raise ImproperlyConfigured("SECRET_KEY is too short: give at least 50 random characters.")
    return value


def database() -> dict[str, Any]:
    """Read DATABASE_URL: PostgreSQL, and nothing else."""
    url = text("DATABASE_URL")
    if not url.startswith(("postgresql://", "postgres://")):
        raise ImproperlyConfigured("DATABASE_URL is not postgresql://user:password@host:port/name.")
    return dict(dj_database_url.parse(url, conn_health_checks=True))


def mailer() -> dict[str, Any]:
    """Read EMAIL_URL, `smtp://user:password@host:port?tls=starttls`, as the options of a mailer."""
    url = urlsplit(text("EMAIL_URL"))
    tls = parse_qs(url.query).get("tls", ["none"])[0]
    if url.scheme != "smtp" or not url.hostname or tls not in ("none", "starttls", "implicit"):
        raise ImproperlyConfigured(
            "EMAIL_URL is not smtp://user:password@host:port?tls=starttls (or implicit, or none)."
        )
    return {
        "host": url.hostname,
        "port": url.port,
        "username": unquote(url.username or ""),
        "password": unquote(url.password or ""),
        "use_tls": tls == "starttls",
        "use_ssl": tls == "implicit",
        "timeout": 10,
    }


def networks(name: str) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """Read a list of addresses and networks."""
    try:
        return [ipaddress.ip_network(word) for word in words(name, "")]
    except ValueError:
        raise ImproperlyConfigured(f"{name} is not a list such as 10.0.0.5,10.1.0.0/16.") from None


def queue() -> str:
    """Read the queue's name: two portals on one broker need two."""
    name = text("CELERY_QUEUE", "celery")
    if not _QUEUE.fullmatch(name):
        raise ImproperlyConfigured("CELERY_QUEUE is not 1 to 100 letters, digits, - and _.")
    return name


def cache() -> dict[str, Any]:
    """Read CACHE_URL, `redis://…`; without one each process has its own small cache."""
    url = text("CACHE_URL", "")
    if not url:
        return {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    if not url.startswith(("redis://", "rediss://")):
        raise ImproperlyConfigured("CACHE_URL is not redis://host:port/number.")
    return {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": url}


def issuer() -> str:
    """Read IDPORTEN_ISSUER: https, or http on a loopback host only."""
    value = text("IDPORTEN_ISSUER")
    url = urlsplit(value)
    if url.scheme == "http" and url.hostname and is_loopback(url.hostname):
        return value
    if url.scheme != "https" or not url.hostname or value.endswith("/"):
        raise ImproperlyConfigured(
            "IDPORTEN_ISSUER is not an https address without a slash at the end "
            "(http is allowed for a loopback host only)."
        )
    return value


def origins_of(address: str) -> list[str]:
    """Give the CSP sources of the gateway: its own origin, and its login host beside it."""
    url = urlsplit(address)
    own = f"{url.scheme}://{url.netloc}"
    return [own] if is_loopback(url.hostname or "") else [own, f"{url.scheme}://*.{url.netloc}"]


def is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def client_keys() -> tuple[RSAKey, ...]:
    """Read IDPORTEN_CLIENT_JWK: a private RSA key with a `kid`, or a JWK set of two (RFC 7517).

    The first signs; the second takes over where ID-porten does not recognise it.
    """
    sentence = (
        "IDPORTEN_CLIENT_JWK is not a private RSA key of 2048 bits or more, as a JWK with kid, "
        "nor a JWK set with two of them."
    )
    try:
        value = json.loads(text("IDPORTEN_CLIENT_JWK"))
        keys = tuple(RSAKey.import_key(jwk) for jwk in value.get("keys", [value]))
    except (ValueError, TypeError, KeyError, AttributeError, JoseError):
        # The cause would quote the key.
        raise ImproperlyConfigured(sentence) from None
    differing = len({key.kid for key in keys}) == len(keys)
    if not all(map(_can_sign, keys)) or not differing or len(keys) not in (1, 2):
        raise ImproperlyConfigured(sentence)
    return keys


def _can_sign(key: RSAKey) -> bool:
    if not key.is_private or not key.kid or key.raw_value.key_size < 2048:
        return False
    try:
        return bool(jwt.encode({"alg": "RS256"}, {}, key))
    except JoseError:  # it is meant for something else
        return False


def fingerprint_keys() -> FingerprintKeys:
    """Read FINGERPRINT_KEYS: JSON, key id → base64 of at least 32 bytes; the first is current."""
    sentence = (
        'FINGERPRINT_KEYS is not JSON such as {"2026": "<base64 of 32 random bytes>"}, '
        "with one or two keys that differ, and ids of at most 50 letters, digits, dots and dashes."
    )
    try:
        encoded = json.loads(text("FINGERPRINT_KEYS"))
        keys = {str(key): base64.b64decode(value, validate=True) for key, value in encoded.items()}
    except (ValueError, TypeError, AttributeError, binascii.Error):
        raise ImproperlyConfigured(sentence) from None
    readable = all(re.fullmatch(r"[A-Za-z0-9._-]{1,50}", key_id) for key_id in keys)
    if len(keys) not in (1, 2) or not readable or any(len(key) < 32 for key in keys.values()):
        raise ImproperlyConfigured(sentence)
    if len(set(keys.values())) != len(keys):
        raise ImproperlyConfigured(sentence)
    return FingerprintKeys(keys)


def seal_key() -> Ed25519PrivateKey | None:
    """Read AUDIT_SEAL_KEY: a private Ed25519 key as PEM. Only the workers have it."""
    pem = text("AUDIT_SEAL_KEY", "")
    if not pem:
        return None
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None  # the cause would quote the key
    if not isinstance(key, Ed25519PrivateKey):
        raise ImproperlyConfigured(
            "AUDIT_SEAL_KEY is not a private Ed25519 key as PEM without a password, such as "
            "`openssl genpkey -algorithm ed25519` gives."
        )
    return key


def head_places() -> list[SplitResult]:
    """Read AUDIT_HEADS_TO: where the heads of the audit log are told, with commas between."""
    places = [urlsplit(word) for word in words("AUDIT_HEADS_TO", "")]
    for place in places:
        if not _is_head_place(place):
            raise ImproperlyConfigured(
                f"AUDIT_HEADS_TO: {place.geturl()!r} is none of file:///path, mailto:address, "
                "syslog://host:port."
            )
    return places


def log_receiver() -> Receiver | None:
    """Read AUDIT_FORWARD_TO, where the audit log is forwarded, and AUDIT_FORWARD_HEADERS."""
    address = text("AUDIT_FORWARD_TO", "")
    if not address:
        return None
    try:
        url = urlsplit(address)
        known = bool(url.hostname and url.port != 0)
    except ValueError:
        known = False
    if (
        not known
        or not (url.scheme == "https" or (url.scheme == "http" and is_loopback(url.hostname or "")))
        or not url.path.endswith("/v1/logs")
        or url.username is not None
        or url.query
        or url.fragment
        or len(address) > 500
    ):
        raise ImproperlyConfigured(
            "AUDIT_FORWARD_TO is not https://host/v1/logs, without a user or a query in it (http "
            "is allowed for a loopback host only). Secrets belong in AUDIT_FORWARD_HEADERS."
        )
    return Receiver(address, _headers())


def _headers() -> dict[str, str]:
    """Read them as OpenTelemetry has it: Name=value with commas between, values percent-encoded."""
    headers: dict[str, str] = {}
    for word in words("AUDIT_FORWARD_HEADERS", ""):
        name, equals, value = (part.strip() for part in word.partition("="))
        value = unquote(value)
        well = _HEADER_NAME.fullmatch(name) and value.isascii() and value.isprintable()
        if not equals or not value or not well or name.lower() in _OUR_HEADERS:
            raise ImproperlyConfigured(  # without what it says: it is a secret
                "AUDIT_FORWARD_HEADERS is not a list such as Authorization=Bearer%20secret, with "
                "commas between headers, and values percent-encoded."
            )
        headers[name] = value
    return headers


def _is_head_place(place: SplitResult) -> bool:
    try:
        place.port  # noqa: B018  # reading it refuses what is no port
    except ValueError:
        return False
    named = place.hostname if place.scheme == "syslog" else place.path
    return place.scheme in _HEAD_SCHEMES and bool(named)


def months_kept() -> dict[Kept, int]:
    """Read for how many months the audit log is kept, by class of event."""
    defaults = {Kept.SECURITY: 13, Kept.DECISION: 60}
    kept = {
        each: _months(f"AUDIT_{each.name}_MONTHS", months, least=LEAST_MONTHS_KEPT[each])
        for each, months in defaults.items()
    }
    if kept[Kept.DECISION] < kept[Kept.SECURITY]:
        raise ImproperlyConfigured(
            "AUDIT_DECISION_MONTHS is less than AUDIT_SECURITY_MONTHS. What tells of a person's "
            "erasure is a decision: it must be kept for as long as the events that were erased."
        )
    return kept


def _months(name: str, usual: int, *, least: int) -> int:
    value = text(name, str(usual))
    if not value.isdecimal() or not least <= int(value) <= 1_200:
        raise ImproperlyConfigured(
            f"{name} is {value!r}. Write a number of months from {least} to 1200."
        )
    return int(value)
