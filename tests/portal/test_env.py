"""A missing or senseless setting stops the start with a sentence that names it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from joserfc.errors import SecurityWarning
from joserfc.jwk import RSAKey

from devtools.environment import BASE_DIR
from portal import env

with pytest.warns(SecurityWarning):
    SMALL_KEY = RSAKey.generate_key(1024, {"kid": "small"}, private=True)
PUBLIC_KEY = RSAKey.generate_key(2048, {"kid": "public"}, private=True)
RSA_PEM = PUBLIC_KEY.as_pem(private=True).decode()


SECOND_KEY = RSAKey.generate_key(2048, {"kid": "second"}, private=True)


def jwk_set(*keys: RSAKey) -> str:
    return json.dumps({"keys": [key.as_dict(private=True) for key in keys]})


def start(**changes: str | None) -> subprocess.CompletedProcess[str]:
    """Load the settings as production would, with some of them changed (None: missing)."""
    environment: dict[str, str | None] = {
        "PATH": os.environ["PATH"],
        "SECRET_KEY": "s" * 50,
        "ALLOWED_HOSTS": "portal.example",
        "DATABASE_URL": "postgresql://u:p@127.0.0.1:5432/kobling",
        "CELERY_BROKER_URL": "postgresql://",
        "EMAIL_URL": "smtp://user:pass@mail.example:587?tls=starttls",
        "DEFAULT_FROM_EMAIL": "kobling@portal.example",
        "IDPORTEN_ISSUER": "https://idporten.no",
        "IDPORTEN_CLIENT_ID": "client",
        "IDPORTEN_CLIENT_JWK": json.dumps(PUBLIC_KEY.as_dict(private=True)),
        "FINGERPRINT_KEYS": '{"1": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="}',
    }
    environment |= changes
    return subprocess.run(
        [sys.executable, "-c", "import portal.settings as s; print(s.PORTAL_SCHEME)"],
        env={name: value for name, value in environment.items() if value is not None},
        cwd=BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_whole_set_of_settings_starts() -> None:
    started = start()
    assert started.stdout.strip() == "https", started.stderr


def test_two_client_keys_may_be_set_while_one_takes_over() -> None:
    assert start(IDPORTEN_CLIENT_JWK=jwk_set(SECOND_KEY, PUBLIC_KEY)).returncode == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", None),
        ("SECRET_KEY", "short"),
        ("ALLOWED_HOSTS", None),
        ("DATABASE_URL", None),
        ("DATABASE_URL", "sqlite:///x"),
        ("CELERY_BROKER_URL", None),
        ("CELERY_QUEUE", ""),
        ("CELERY_QUEUE", "two words"),
        ("EMAIL_URL", None),
        ("EMAIL_URL", "http://mail.example"),
        ("EMAIL_URL", "smtp://mail.example?tls=maybe"),
        ("DEFAULT_FROM_EMAIL", None),
        ("IDPORTEN_ISSUER", None),
        ("IDPORTEN_ISSUER", "http://idporten.no"),
        ("IDPORTEN_ISSUER", "https://idporten.no/"),
        ("IDPORTEN_CLIENT_ID", None),
        ("IDPORTEN_CLIENT_JWK", None),
        ("IDPORTEN_CLIENT_JWK", "{}"),
        ("IDPORTEN_CLIENT_JWK", "not json"),
        pytest.param(
            "IDPORTEN_CLIENT_JWK", json.dumps(PUBLIC_KEY.as_dict(private=False)), id="public key"
        ),
        pytest.param(
            "IDPORTEN_CLIENT_JWK", json.dumps(SMALL_KEY.as_dict(private=True)), id="small key"
        ),
        ("IDPORTEN_CLIENT_JWK", jwk_set()),
        pytest.param("IDPORTEN_CLIENT_JWK", jwk_set(PUBLIC_KEY, PUBLIC_KEY), id="one key twice"),
        pytest.param(
            "IDPORTEN_CLIENT_JWK", jwk_set(PUBLIC_KEY, SMALL_KEY), id="a small key beside"
        ),
        ("IDPORTEN_CLIENT_JWK", '{"keys": [7]}'),
        ("IDPORTEN_CLIENT_JWK", '{"keys": 7}'),
        ("FINGERPRINT_KEYS", None),
        ("FINGERPRINT_KEYS", '{"1": "c2hvcnQ="}'),
        ("FINGERPRINT_KEYS", "[]"),
        ("FINGERPRINT_KEYS", "{}"),
        ("FINGERPRINT_KEYS", json.dumps({"a b": "MDEy" * 11})),
        ("FINGERPRINT_KEYS", json.dumps({"k" * 51: "MDEy" * 11})),
        ("FINGERPRINT_KEYS", json.dumps({"one": "MDEy" * 11, "two": "MDEy" * 11})),
        ("CACHE_URL", "memcached://x"),
        ("DEBUG", "perhaps"),
        ("TRUSTED_PROXIES", "not-an-address"),
        ("SECRET_KEY_FILE", "/nowhere/at/all"),
        ("AUDIT_SEAL_KEY", "not a key"),
        pytest.param("AUDIT_SEAL_KEY", RSA_PEM, id="an RSA key to seal with"),
        ("AUDIT_HEADS_TO", "https://x.example"),
        ("AUDIT_HEADS_TO", "file://"),
        ("AUDIT_HEADS_TO", "syslog://x.example:port"),
        ("AUDIT_HEADS_TO", "syslog://:514"),
        ("AUDIT_SECURITY_MONTHS", "2"),
        ("AUDIT_DECISION_MONTHS", "11"),
        ("AUDIT_DECISION_MONTHS", "five years"),
        pytest.param("AUDIT_DECISION_MONTHS", "12", id="decisions kept shorter than sign-ins"),
        ("AUDIT_FORWARD_TO", "http://siem.example/v1/logs"),
        ("AUDIT_FORWARD_TO", "https://siem.example/"),
        ("AUDIT_FORWARD_TO", "https://user:pass@siem.example/v1/logs"),
        ("AUDIT_FORWARD_TO", "https://siem.example/v1/logs?token=x"),
        ("AUDIT_FORWARD_TO", "https:///v1/logs"),
        ("AUDIT_FORWARD_TO", "https://siem.example:x/v1/logs"),
    ],
    ids=lambda value: str(value)[:24],
)
def test_a_missing_or_senseless_setting_is_named(name: str, value: str | None) -> None:
    stopped = start(**{name: value})
    sentence = stopped.stderr.strip().splitlines()[-1]
    assert stopped.returncode != 0
    assert sentence.startswith("django.core.exceptions.ImproperlyConfigured: " + name), sentence
    assert value is None or len(value) < 60 or value not in stopped.stderr


@pytest.mark.parametrize(
    "value", ["secret", "=secret", "X-Key=", "X Key=secret", "X=secret%0A", "Host=secret"]
)
def test_headers_of_the_logs_receiver_are_refused_without_being_told(value: str) -> None:
    address = "https://siem.example/v1/logs"
    stopped = start(AUDIT_FORWARD_TO=address, AUDIT_FORWARD_HEADERS=value)
    sentence = stopped.stderr.strip().splitlines()[-1]
    assert sentence.startswith("django.core.exceptions.ImproperlyConfigured: AUDIT_FORWARD_HEADERS")
    assert "=secret" not in stopped.stderr


def test_a_receiver_of_the_log_is_taken_with_its_headers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDIT_FORWARD_TO", "https://siem.example/otlp/v1/logs")
    monkeypatch.setenv("AUDIT_FORWARD_HEADERS", "Authorization=Bearer%20s%3D, X-Scope = 7")
    receiver = env.log_receiver()
    assert receiver is not None
    assert receiver.headers == {"Authorization": "Bearer s=", "X-Scope": "7"}
    monkeypatch.setenv("AUDIT_FORWARD_TO", "http://localhost:4318/v1/logs")
    assert env.log_receiver() is not None
    monkeypatch.delenv("AUDIT_FORWARD_TO")
    assert env.log_receiver() is None


def test_a_secret_is_read_from_its_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("t" * 60 + "\n")
    assert start(SECRET_KEY=None, SECRET_KEY_FILE=str(secret)).returncode == 0
