"""Administrators in tests: the session that a real sign-in leaves, and the real sign-in itself."""

import json
import time
from html import unescape
from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, generate_totp_secret, hotp_value
from allauth.mfa.utils import encrypt
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest
from django.test import Client
from django.utils import timezone

from accounts.administrators.gate import LOCAL_BACKEND
from accounts.models import User
from accounts.purposes.choices import Purpose, Why
from accounts.purposes.standing import HOLDS, end, hold
from accounts.sessions import ABSOLUTE_LIFETIME
from tests.passkeys import Passkey

PASSWORD = "a-long-and-fine-one"
SIGN_IN, SECOND_FACTOR = "/admin/sign-in/", "/admin/sign-in/second-factor/"


def sign_in(client: Client, user: User, *, ago: float = 0) -> None:
    """Let a local administrator in as their password and a code would have, `ago` seconds ago."""
    client.force_login(user, backend=LOCAL_BACKEND)
    request = HttpRequest()
    request.session = client.session
    record_authentication(request, user, "mfa", type="totp")
    request.session["account_authentication_methods"][-1]["at"] -= ago
    hold_purpose(request.session)
    request.session.save()


def hold_purpose(session: SessionBase) -> None:
    """Let a purpose hold as long as the session, where the test is about something else."""
    later = timezone.now() + ABSOLUTE_LIFETIME - HOLDS
    hold(session, Why(Purpose.CONTROL), None, now=later)


def without_purpose(client: Client) -> Client:
    """Let none hold, as for whoever has just signed in."""
    session = client.session
    end(session)
    session.save()
    return client


def enrol_app(user: User) -> str:
    """Give the user an authenticator app; gives its secret."""
    secret = str(generate_totp_secret())
    data = {"secret": encrypt(secret)}
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data=data)
    return secret


def enrol_passkey(user: User) -> Passkey:
    """Give the user a passkey at 127.0.0.1."""
    passkey = Passkey()
    options = {"publicKey": {"challenge": "AAAA"}}
    data = {"name": "Key", "credential": passkey.register(options)}
    Authenticator.objects.create(user=user, type=Authenticator.Type.WEBAUTHN, data=data)
    return passkey


def passkey_options(browser: Client, path: str = SECOND_FACTOR) -> dict[str, Any]:
    """Give what the page would have a passkey answer."""
    page = browser.get(path).content.decode()
    written = page.partition('data-options="')[2].partition('"')[0]
    options: dict[str, Any] = json.loads(unescape(written))
    return options


def code_of(secret: str, *, steps: int = 0) -> str:
    """Give what the app shows now, or so many half minutes later."""
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps)))


def type_password(browser: Client, username: str = "admin", password: str = PASSWORD) -> Any:
    return browser.post(SIGN_IN, {"username": username, "password": password})


def type_code(browser: Client, code: str) -> Any:
    return browser.post(SECOND_FACTOR, {"code": code})
