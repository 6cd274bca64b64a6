"""Which processes make up the demo, and with which settings they run."""

import sys
from collections.abc import Mapping
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from devtools.demo.ports import Ports
from devtools.demo.processes import Part, answers, has_logged
from devtools.environment import CLIENT_ID
from devtools.hr_export import SLUG as NEXT_ORGANISATION
from devtools.seed import APP_SECRET, ORGANISATIONS

WEB_WORKERS = 2
WEB_THREADS = 4
MAIL_WORKERS = 2
# There is one worker: no talk with others, which would cost a second at the start.
QUIET_WORKER = ("--loglevel=INFO", "--without-mingle", "--without-gossip")


def settings(ports: Ports, data: Path, inherited: Mapping[str, str]) -> dict[str, str]:
    """Give the children's environment.

    Mail and sign-in stay on this machine whatever is set: nothing here may reach real people.
    """
    kept = {
        name: value
        for name, value in inherited.items()
        if name not in ("IDPORTEN_CLIENT_JWK", "EMAIL_URL_FILE", "IDPORTEN_ISSUER_FILE")
    }
    return kept | {
        "DEBUG": "1",
        "ALLOWED_HOSTS": ".localhost,127.0.0.1",
        "EMAIL_URL": f"smtp://127.0.0.1:{ports.smtp}",
        "IDPORTEN_ISSUER": f"http://127.0.0.1:{ports.idporten}",
        "IDPORTEN_CLIENT_ID": CLIENT_ID,
        "IDPORTEN_CLIENT_JWK_FILE": str(_client_key(data)),
        "PYTHONUNBUFFERED": "1",
    }


def around(ports: Ports, data: Path) -> tuple[Part, ...]:
    """What needs no database: it can start while that is made ready."""
    return _standin(ports, data), _mailbox(ports, data)


def portal(ports: Ports, data: Path) -> tuple[Part, ...]:
    """The portal's own processes, as in production."""
    celery = (sys.executable, "-m", "celery", "-A", "portal")
    return (
        Part(
            "worker",
            (*celery, "worker", *QUIET_WORKER, f"--concurrency={MAIL_WORKERS}"),
            has_logged(" ready."),
            {"AUDIT_SEAL_KEY_FILE": str(seal_key(data))},
        ),
        Part(
            "beat",
            (*celery, "beat", "--loglevel=INFO", f"--schedule={data / 'beat'}", "--pidfile="),
            has_logged("beat: Starting"),
        ),
        _web(ports),
    )


def seal_key(data: Path) -> Path:
    """Give the file of the key that seals the audit log; the public one stands beside it."""
    private, public = data / "secrets" / "audit_seal_key", data / "secrets" / "audit_seal_key.pub"
    if not private.exists():
        key = Ed25519PrivateKey.generate()
        public.write_bytes(
            key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        )
        private.touch(mode=0o600)
        private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return private


def _client_key(data: Path) -> Path:
    return data / "secrets" / "idporten_client_jwk"


def _standin(ports: Ports, data: Path) -> Part:
    slugs = (*ORGANISATIONS, NEXT_ORGANISATION)  # the last is set up by whoever tries that
    addresses = [f"http://{slug}.localhost:{ports.portal}" for slug in slugs]
    # Sessions are found by `sid` alone: the first organisation's address ends them for all.
    logout = {
        f"--{kind}-logout-uri": f"/oidc/{kind}-logout/" for kind in ("frontchannel", "backchannel")
    }
    return Part(
        "stand-in",
        (
            *(sys.executable, "-m", "devtools.idporten", "--port", str(ports.idporten)),
            *("--client-id", CLIENT_ID, "--client-jwk-file", str(_client_key(data))),
            *(f"--redirect-uri={address}/oidc/callback/" for address in addresses),
            *(f"--post-logout-redirect-uri={address}/" for address in addresses),
            *(f"{option}={addresses[0]}{path}" for option, path in logout.items()),
            *("--state-dir", str(data / "idporten")),
        ),
        answers(f"http://127.0.0.1:{ports.idporten}/.well-known/openid-configuration"),
    )


def _mailbox(ports: Ports, data: Path) -> Part:
    return Part(
        "mailbox",
        (
            *(sys.executable, "-m", "devtools.mailbox", "--keep", str(data / "mail")),
            *("--smtp-port", str(ports.smtp), "--http-port", str(ports.inbox)),
            *("--app-secret-file", str(data / "secrets" / APP_SECRET)),
        ),
        answers(f"http://127.0.0.1:{ports.inbox}/"),
    )


def _web(ports: Ports) -> Part:
    return Part(
        "web",
        (
            *(sys.executable, "-m", "gunicorn", "portal.wsgi", "--preload", "--no-control-socket"),
            *("--bind", f"127.0.0.1:{ports.portal}", "--worker-class", "gthread"),
            *("--workers", str(WEB_WORKERS), "--threads", str(WEB_THREADS)),
            *("--graceful-timeout", "3", "--config", "python:devtools.demo.gunicorn_settings"),
        ),
        answers(f"http://127.0.0.1:{ports.portal}/readyz"),
    )
