"""What no page may lack: not to be framed, and not to be kept (A-22, A-24)."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from devtools.idporten.server import StandIn
from devtools.mailbox import Mailbox
from tests.attacks.canary import broken
from tests.attacks.conftest import administrator
from tests.journeys.visitor import INGRID, Visitor, text

FRAMEABLE = "/oidc/frontchannel-logout/"
ARGUMENTS = {
    "app_label": "accounts",
    "content_type_id": "1",
    "object_id": "0192f7c1-aa10-7000-8000-000000000000",
    "id": "0192f7c1-aa10-7000-8000-000000000000",
    "url": "nothing",
    "path": "nothing",
}


def addresses(patterns: list[Any], prefix: str = "") -> Iterator[str]:
    """Give an address for each entry of the URLconf, with something in each place."""
    for entry in patterns:
        route = str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from addresses(entry.url_patterns, prefix + route)
        elif isinstance(entry, URLPattern):
            yield "/" + prefix + _filled(route, list(entry.pattern.converters))


def _filled(route: str, names: list[str]) -> str:
    for name in names:
        for written in (
            f"<{name}>",
            *(f"<{kind}:{name}>" for kind in ("path", "int", "str", "uuid")),
        ):
            route = route.replace(written, ARGUMENTS.get(name, "x"))
    return re.sub(r"^\^?\(\?P<app_label>[^)]*\)/\$$", "accounts/", route).replace(
        "(?P<url>.*)$", "nothing"
    )


ALL = sorted(set(addresses(get_resolver().url_patterns)))
METHODS = ("get", "head", "post", "put", "delete", "options", "trace")


def test_the_urlconf_was_read() -> None:
    """A-22: its own addresses and the administration's."""
    assert {"/", "/me/", "/link/code/", "/oidc/callback/", "/admin/sign-in/", "/healthz"} <= set(
        ALL
    )
    assert len(ALL) > 60
    assert not [address for address in ALL if "<" in address]


def assert_not_framed(answer: Any) -> None:
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Frame-Options"] == "DENY"


def assert_not_kept(answer: Any) -> None:
    assert "no-store" in answer.headers["Cache-Control"]
    assert "private" in answer.headers["Cache-Control"]


def clients(visitor: Visitor, mailbox: Mailbox) -> dict[str, Client]:
    """A browser of nobody, and of everyone who may be signed in."""
    linked = Visitor(visitor.idporten)
    linked.link(mailbox)
    visitor.sign_in(next_url="/help/")
    return {
        "nobody": Client(headers={"host": "eksempel-kommune.localhost"}),
        "linked": linked.client,
        "administrator": administrator(),
    }


def test_no_address_may_be_framed_or_kept(visitor: Visitor, mailbox: Mailbox) -> None:
    """A-22, A-24: each entry of the URLconf, each method, each role: errors and redirects too."""
    for role, client in clients(visitor, mailbox).items():
        for address in [*ALL, "/nothing/", "/admin/nothing/"]:
            for method in METHODS[:3] if role != "nobody" else METHODS:
                if role == "linked" and (method, address) in SIGNING_OUT:
                    continue
                answer = getattr(client, method)(address)
                assert_not_kept(answer)
                if address != FRAMEABLE or answer.status_code >= 400:
                    assert_not_framed(answer)


SIGNING_OUT = {("post", "/oidc/logout/"), ("post", "/me/unlink/"), ("post", "/admin/logout/")}


@pytest.mark.parametrize("host", ["evil.example", "eksempel-kommune.localhost:99"])
def test_the_page_for_an_unknown_host_is_not_framed_or_kept(visitor: Visitor, host: str) -> None:
    """A-22, A-24: whoever answers before the views."""
    answer = Client().get("/", headers={"host": host})
    assert answer.status_code == 400
    assert_not_framed(answer)
    assert_not_kept(answer)


@pytest.mark.django_db(transaction=True)
def test_a_page_that_failed_is_not_framed_or_kept(
    visitor: Visitor, ingrid: object, mailbox: Mailbox
) -> None:
    """A-22, A-24: 500, and the refusals of forms and codes."""
    visitor.sign_in()
    visitor.ask_for_code(INGRID.email)
    wrong = visitor.post("/link/code/", code="000000")
    malformed = visitor.post("/link/", email="x")
    strict = Client(enforce_csrf_checks=True, headers={"host": "eksempel-kommune.localhost"})
    without_token = strict.post("/link/", {})
    visitor.client.raise_request_exception = False
    with broken("linking_linkedidentity"):
        failed = visitor.get("/link/")
    statuses = [each.status_code for each in (wrong, malformed, without_token, failed)]
    assert statuses == [422, 422, 403, 500]
    for answer in (wrong, malformed, without_token, failed):
        assert_not_framed(answer)
        assert_not_kept(answer)


def test_only_id_porten_frames_the_front_channel_logout(
    visitor: Visitor, idporten: StandIn
) -> None:
    """A-22: the one address that must be framed, and there is nothing on it to click."""
    answer = visitor.get(FRAMEABLE, iss=idporten.issuer, sid="x")
    policy = answer.headers["Content-Security-Policy"]
    assert f"frame-ancestors {' '.join(settings.IDPORTEN_ORIGINS)}" in policy
    assert "default-src 'none'" in policy
    assert text(answer) == ""
    assert_not_kept(answer)


def test_after_signing_out_the_back_button_finds_nothing_kept(
    visitor: Visitor, mailbox: Mailbox
) -> None:
    """A-24: each page seen on the way forbade keeping it, and is not given again."""
    visitor.sign_in()
    visitor.ask_for_code(INGRID.email)
    seen = [visitor.get("/link/"), visitor.get("/link/code/")]
    visitor.post("/oidc/logout/")
    visitor.link(mailbox)
    seen += [visitor.get(path) for path in ("/link/done/", "/me/", "/me/unlink/")]
    seen.append(visitor.post("/oidc/logout/"))
    for answer in seen:
        assert_not_kept(answer)
    for path in ("/link/", "/link/code/", "/link/done/", "/me/", "/me/unlink/"):
        assert visitor.get(path).status_code == 302
