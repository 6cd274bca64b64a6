"""The administration's door: passwords and second factors."""

import json
from collections.abc import Iterator

from allauth.mfa.utils import encrypt
from django.test import Client

from accounts.administrators.enrolment import SETUP_KEY
from audit.events import Event as E  # noqa: N817  # a table
from tests.administrators import (
    code_of,
    enrol_app,
    passkey_options,
    type_code,
    type_password,
)
from tests.audit.deeds.rows import SHOWS, Nothing, Row, deed
from tests.audit.scene import Scene
from tests.passkeys import Passkey


def _stranger() -> Client:
    return Client(headers={"host": "127.0.0.1"}, raise_request_exception=False)


def _at_the_factor(scene: Scene) -> tuple[Client, str]:
    secret, browser = enrol_app(scene.with_password()), _stranger()
    type_password(browser, "root")
    return browser, secret


def _show_factor(scene: Scene) -> Iterator[None]:
    browser, secret = _at_the_factor(scene)
    yield
    type_code(browser, code_of(secret))


def _enrol_app(scene: Scene) -> Iterator[None]:
    scene.with_password()
    browser, secret = _stranger(), "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    type_password(browser, "root")
    session = browser.session
    session[SETUP_KEY] = encrypt(secret)
    session.save()
    yield
    browser.post("/admin/sign-in/enrol/app/", {"code": code_of(secret)})


def _enrol_passkey(scene: Scene) -> Iterator[None]:
    scene.with_password()
    browser, page = _stranger(), "/admin/sign-in/enrol/passkey/"
    type_password(browser, "root")
    made = Passkey().register(passkey_options(browser, page))
    yield
    browser.post(page, {"name": "Key", "credential": json.dumps(made)})


def _renew_recovery_codes(scene: Scene) -> Iterator[None]:
    enrol_app(scene.root)
    yield
    scene.post("/admin/sign-in/factors/", renew="1")


def _type_a_wrong_password(scene: Scene) -> Iterator[None]:
    scene.with_password()
    yield
    type_password(_stranger(), "root", "wrong")


DOOR: dict[str, Row] = {
    "administrator_sign_in": deed(_type_a_wrong_password, E.ADMINISTRATOR_REFUSED),
    "administrator_second_factor": deed(_show_factor, E.ADMINISTRATOR_IN),
    "administrator_enrol": SHOWS,
    "administrator_enrol_app": deed(_enrol_app, E.SECOND_FACTOR_ADDED, E.ADMINISTRATOR_IN),
    "administrator_enrol_passkey": deed(_enrol_passkey, E.SECOND_FACTOR_ADDED, E.ADMINISTRATOR_IN),
    "administrator_recovery_codes": Nothing("says that the codes are kept, and changes nothing"),
    "administrator_factors": deed(_renew_recovery_codes, E.RECOVERY_CODES_RENEWED),
    "admin:login": Nothing("sends on to the portal's own door, whatever was posted"),
    "admin:logout": deed(lambda s: s.post("/admin/logout/"), E.ADMINISTRATOR_OUT),
}
