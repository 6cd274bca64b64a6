"""The surroundings that a developer's commands, the demo and the tests run in.

Fills in whatever setting the environment lacks; what is set there stays. Run a command in it with
`python -m devtools.environment COMMAND…`.
"""

import base64
import itertools
import json
import os
import secrets
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from joserfc.jwk import RSAKey

from devtools import postgres

BASE_DIR = Path(__file__).resolve().parent.parent
# Everything that demo and tests keep; KOBLING_DATA moves it, for a second demo beside the first.
DATA_DIR = Path(os.environ.get("KOBLING_DATA") or BASE_DIR / ".data").resolve()
CLIENT_ID = "kobling-demo"


def fill_in_settings(
    folder: Path, *, idporten_port: int = 8001, smtp_port: int = 1025
) -> dict[str, str]:
    """Set what is missing of the portal's settings, all but DATABASE_URL; gives what was set.

    Secrets are made once and kept in `folder`, readable by the owner only.
    """
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    kept: dict[str, Callable[[], str]] = {
        "SECRET_KEY": lambda: secrets.token_urlsafe(50),
        "FINGERPRINT_KEYS": _fingerprint_keys,
        "IDPORTEN_CLIENT_JWK": _client_jwk,
    }
    plain = {
        "DEBUG": "1",
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "EMAIL_URL": f"smtp://127.0.0.1:{smtp_port}",
        "DEFAULT_FROM_EMAIL": "Kobling <kobling@portal.example>",
        "IDPORTEN_ISSUER": f"http://127.0.0.1:{idporten_port}",
        "IDPORTEN_CLIENT_ID": CLIENT_ID,
    }
    missing = {name: value for name, value in plain.items() if not _is_set(name)}
    missing |= {
        f"{name}_FILE": str(_secret_file(folder / name.lower(), make))
        for name, make in kept.items()
        if not _is_set(name)
    }
    os.environ.update(missing)
    return missing


def fill_in_database(folder: Path) -> postgres.Cluster | None:
    """Set DATABASE_URL to the embedded PostgreSQL if it is missing; gives the server to stop.

    Raises:
        PostgresUnavailable: in words for a person.
    """
    if _is_set("DATABASE_URL"):
        return None
    cluster = postgres.start(folder)
    os.environ["DATABASE_URL"] = cluster.ensure_database("kobling")
    return cluster


def fill_in_test_database(folder: Path) -> postgres.Cluster | None:
    """The same for a test run: a fast server of its own, whichever other runs there are."""
    if _is_set("DATABASE_URL"):
        return None
    for number in itertools.count(1):
        try:
            cluster = postgres.start(folder / str(number), fast=True, join=False)
        except postgres.InUse:
            continue
        os.environ["DATABASE_URL"] = cluster.ensure_database("kobling")
        return cluster
    raise AssertionError  # the count has no end


def secret(name: str, make: Callable[[], str]) -> str:
    """Give a secret of the demo's own, made once."""
    return _secret_file(DATA_DIR / "secrets" / name, make).read_text()


def _is_set(name: str) -> bool:
    return name in os.environ or f"{name}_FILE" in os.environ


def _secret_file(path: Path, make: Callable[[], str]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        unfinished = path.with_suffix(f".{os.getpid()}")
        unfinished.touch(mode=0o600)
        unfinished.write_text(make())
        unfinished.rename(path)
    return path


def _fingerprint_keys() -> str:
    return json.dumps({"demo": base64.b64encode(secrets.token_bytes(32)).decode()})


def _client_jwk() -> str:
    key = RSAKey.generate_key(2048, {"kid": "demo-1"}, private=True)
    return json.dumps(key.as_dict(private=True))


def main(command: list[str]) -> int:
    fill_in_settings(DATA_DIR / "secrets")
    cluster = fill_in_database(DATA_DIR / "postgres")
    try:
        return subprocess.run(command, check=False).returncode
    finally:
        if cluster is not None:
            cluster.stop()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
