"""Logout by GET and POST, the return address, the iframes and the back channel."""

import base64
import json
from collections.abc import Iterable, Iterator
from html import unescape
from threading import Thread
from typing import Any
from urllib.parse import urlencode

import pytest
from joserfc.jwk import RSAKey
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from devtools.idporten.browser import Browser, Page, SignInStopped
from devtools.idporten.people import Person
from devtools.idporten.server import StandIn
from tests.devtools.idporten.relying_party import (
    AFTER_LOGOUT_URI,
    CLIENT_ID,
    Clock,
    Form,
    RelyingParty,
    answered,
    registration,
)

FRONT = "http://rp.localhost:9/frontchannel-logout/"


@pytest.fixture
def browser(standin: StandIn) -> Browser:
    return standin.browser()


@pytest.fixture
def id_token(rp: RelyingParty, standin: StandIn, kari: Person, browser: Browser) -> str:
    code = answered(standin.sign_in(rp.authorize_url(), kari, browser=browser))["code"]
    return str(rp.redeem(code)[1]["id_token"])


def signed_in(rp: RelyingParty, browser: Browser) -> bool:
    return isinstance(browser.open(rp.authorize_url()), str)


def logout(browser: Browser, standin: StandIn, method: str, form: Form) -> Page | str:
    if method == "POST":
        return browser.open(f"{standin.issuer}/logout", form)
    return browser.open(f"{standin.issuer}/logout?{urlencode(form)}")


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_logout_ends_the_session_and_goes_back_with_state(
    rp: RelyingParty, standin: StandIn, browser: Browser, id_token: str, method: str
) -> None:
    form = {
        "id_token_hint": id_token,
        "post_logout_redirect_uri": AFTER_LOGOUT_URI,
        "state": "a state",
    }
    assert logout(browser, standin, method, form) == AFTER_LOGOUT_URI + "?state=a+state"
    assert not signed_in(rp, browser)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_client_id_is_enough(
    rp: RelyingParty, standin: StandIn, browser: Browser, id_token: str, method: str
) -> None:
    form = {"client_id": CLIENT_ID, "post_logout_redirect_uri": AFTER_LOGOUT_URI}
    assert logout(browser, standin, method, form) == AFTER_LOGOUT_URI
    assert not signed_in(rp, browser)


def test_an_old_hint_signed_by_a_retired_key_still_ends_the_session(
    rp: RelyingParty, standin: StandIn, browser: Browser, id_token: str, clock: Clock
) -> None:
    clock.forward(20 * 60)
    standin.rotate_keys(announced=False)
    other_browser = standin.browser()  # a POST from elsewhere comes without the cookie
    assert isinstance(logout(other_browser, standin, "POST", {"id_token_hint": id_token}), Page)
    assert not signed_in(rp, browser)


@pytest.mark.parametrize(
    "changes",
    [
        {"post_logout_redirect_uri": "http://evil.example/"},
        {"post_logout_redirect_uri": AFTER_LOGOUT_URI + "more"},
        {"id_token_hint": "e30.e30."},
        {"client_id": "another"},
    ],
    ids=str,
)
def test_a_wrong_request_ends_nothing(
    rp: RelyingParty, standin: StandIn, browser: Browser, id_token: str, changes: Form
) -> None:
    form = {"id_token_hint": id_token, "post_logout_redirect_uri": AFTER_LOGOUT_URI} | changes
    with pytest.raises(SignInStopped) as stopped:
        logout(browser, standin, "GET", form)
    assert stopped.value.status == 400
    assert signed_in(rp, browser)


def test_a_return_address_needs_a_client(standin: StandIn, browser: Browser) -> None:
    with pytest.raises(SignInStopped):
        logout(browser, standin, "GET", {"post_logout_redirect_uri": AFTER_LOGOUT_URI})


def test_without_a_return_address_a_page_says_so(
    standin: StandIn, browser: Browser, id_token: str
) -> None:
    page = logout(browser, standin, "GET", {"id_token_hint": id_token})
    assert isinstance(page, Page)
    assert "<h1>Du er logget ut</h1>" in page.html


def test_front_channel_logout_loads_the_iframes_with_iss_and_sid(
    rp: RelyingParty, standin: StandIn, browser: Browser, client_key: RSAKey, id_token: str
) -> None:
    standin.register(registration(client_key, frontchannel_logout_uris=[FRONT]))
    form = {"id_token_hint": id_token, "post_logout_redirect_uri": AFTER_LOGOUT_URI}
    page = logout(browser, standin, "POST", form)
    assert isinstance(page, Page)
    query = urlencode({"iss": standin.issuer, "sid": rp.verified(id_token)["sid"]})
    assert f'src="{FRONT}?{query}"' in unescape(page.html)
    assert AFTER_LOGOUT_URI in page.links


class Inbox:
    """Where back-channel logouts arrive."""

    def __init__(self) -> None:
        self.tokens: list[str] = []
        self.hosts: list[str] = []
        self.server = make_server("127.0.0.1", 0, self.answer, threaded=True)
        self.uri = f"http://127.0.0.1:{self.server.port}/backchannel"

    def answer(self, environ: Any, start_response: Any) -> Iterable[bytes]:
        request = Request(environ)
        self.tokens.append(request.form["logout_token"])
        self.hosts.append(request.host)
        return Response("", 503)(environ, start_response)


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    inbox = Inbox()
    thread = Thread(target=inbox.server.serve_forever, args=(0.02,))
    thread.start()
    yield inbox
    inbox.server.shutdown()
    thread.join()
    inbox.server.server_close()


def test_back_channel_logout_is_posted_once(
    rp: RelyingParty,
    standin: StandIn,
    browser: Browser,
    client_key: RSAKey,
    id_token: str,
    inbox: Inbox,
) -> None:
    standin.register(registration(client_key, backchannel_logout_uris=[inbox.uri]))
    logout(browser, standin, "POST", {"id_token_hint": id_token})
    logout(browser, standin, "POST", {"id_token_hint": id_token})
    assert len(inbox.tokens) == 1  # answered 503, and not tried again
    assert [(sent.uri, sent.status) for sent in standin.deliveries] == [(inbox.uri, 503)]
    claims, signed_in_as = rp.verified(inbox.tokens[0]), rp.verified(id_token)
    assert set(claims) == {"iss", "aud", "iat", "exp", "jti", "events", "sid", "sub"}
    assert (claims["sid"], claims["sub"]) == (signed_in_as["sid"], signed_in_as["sub"])
    assert claims["events"] == {"http://schemas.openid.net/event/backchannel-logout": {}}
    head = inbox.tokens[0].split(".")[0]
    assert json.loads(base64.urlsafe_b64decode(head + "=="))["typ"] == "logout+jwt"


def test_an_unreachable_back_channel_stops_nobody(
    standin: StandIn, browser: Browser, client_key: RSAKey, id_token: str
) -> None:
    uri = "http://127.0.0.1:1/backchannel"
    standin.register(registration(client_key, backchannel_logout_uris=[uri]))
    form = {"id_token_hint": id_token, "post_logout_redirect_uri": AFTER_LOGOUT_URI}
    assert logout(browser, standin, "POST", form) == AFTER_LOGOUT_URI
    assert [sent.status for sent in standin.deliveries] == [None]


def test_the_back_channel_reaches_a_localhost_name_that_no_resolver_knows(
    standin: StandIn, browser: Browser, client_key: RSAKey, id_token: str, inbox: Inbox
) -> None:
    uri = inbox.uri.replace("127.0.0.1", "no-such-municipality.localhost")
    standin.register(registration(client_key, backchannel_logout_uris=[uri]))
    logout(browser, standin, "POST", {"id_token_hint": id_token})
    assert len(inbox.tokens) == 1
    assert inbox.hosts == [f"no-such-municipality.localhost:{inbox.server.port}"]
