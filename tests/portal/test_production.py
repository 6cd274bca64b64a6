"""What differs where DEBUG is off: cookies, HTTPS, headers, static files with hashed names.

A process of its own, as settings load once.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

from devtools.environment import BASE_DIR
from devtools.idporten.server import StandIn
from tests.conftest import register
from tests.factories import make_organisation

HOST = "kommune.portal.example"
PROGRAM = """
import json
import sys
import django
django.setup()
from django.conf import settings
from django.core.management import call_command
from django.test import Client
settings.STATIC_ROOT = sys.argv[1]
call_command("collectstatic", interactive=False, verbosity=0)
answers = {}
for name, path, secure in (
    ("plain", "/", False), ("front", "/", True), ("start", "/oidc/authenticate/", True),
    ("login", "/admin/sign-in/", True), ("missing", "/nothing/", True),
    ("alive", "/healthz", False),
):
    response = Client(headers={"host": "kommune.portal.example"}).get(path, secure=secure)
    answers[name] = {
        "status": response.status_code,
        "headers": dict(response.headers),
        "cookies": {n: {k: v for k, v in c.items() if v} for n, c in response.cookies.items()},
    }
print(json.dumps(answers))
"""


@pytest.fixture
def answers(
    transactional_db: None, tmp_path: Path, idporten: StandIn
) -> dict[str, dict[str, object]]:
    make_organisation(host=HOST)
    register(idporten, f"https://{HOST}")
    settings = connection.settings_dict
    url = "postgresql://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**settings)
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path)],
        env=os.environ
        | {
            "DEBUG": "0",
            "SECRET_KEY": "s" * 50,
            "DATABASE_URL": url,
            "ALLOWED_HOSTS": HOST,
            "IDPORTEN_ISSUER": idporten.issuer,
            "CELERY_BROKER_URL": "memory://",
        },
        cwd=BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    parsed: dict[str, dict[str, object]] = json.loads(ran.stdout.splitlines()[-1])
    return parsed


def test_cookies_and_headers_are_strict(answers: dict[str, dict[str, object]]) -> None:
    assert answers["plain"]["status"] == 301
    assert answers["alive"]["status"] == 200
    assert answers["missing"]["status"] == 404
    assert answers["start"]["status"] == 302
    for name in ("front", "start", "login", "missing"):
        headers = answers[name]["headers"]
        assert isinstance(headers, dict)
        assert "max-age=31536000" in headers["Strict-Transport-Security"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert "no-store" in headers["Cache-Control"]
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["X-Content-Type-Options"] == "nosniff"
    cookies = answers["start"]["cookies"] | answers["login"]["cookies"]  # type: ignore[operator]
    assert set(cookies) == {"__Host-session", "__Host-csrf"}
    for cookie in cookies.values():
        assert cookie["secure"]
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"
        assert cookie["path"] == "/"
        assert "domain" not in cookie
