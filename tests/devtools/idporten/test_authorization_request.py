"""What PAR and /authorize refuse, and how they say so."""

from urllib.parse import urlencode

import pytest

from devtools.idporten.browser import SignInStopped
from devtools.idporten.people import Person
from devtools.idporten.server import StandIn
from tests.devtools.idporten.relying_party import (
    CLIENT_ID,
    REDIRECT_URI,
    Clock,
    RelyingParty,
    answered,
)

WRONG = [
    ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
    ({"code_challenge_method": "plain"}, "invalid_request"),
    ({"code_challenge": "short"}, "invalid_request"),
    ({"code_challenge": "p" * 42 + "="}, "invalid_request"),
    ({"response_type": "code id_token"}, "unsupported_response_type"),
    ({"scope": "profile"}, "invalid_scope"),
    ({"scope": "openid email"}, "invalid_scope"),
    ({"state": None}, "invalid_request"),
    ({"nonce": None}, "invalid_request"),
    ({"acr_values": "idporten-loa-substantial idporten-loa-high"}, "invalid_request"),
    ({"acr_values": "Level4"}, "invalid_request"),
    ({"prompt": "select_account"}, "invalid_request"),
    ({"response_mode": "fragment"}, "invalid_request"),
    ({"request": "e30.e30."}, "request_not_supported"),
]


@pytest.mark.parametrize(("changes", "error"), WRONG, ids=str)
def test_par_refuses_a_wrong_request(
    rp: RelyingParty, changes: dict[str, str | None], error: str
) -> None:
    status, answer = rp.push(**changes)
    assert (status, answer["error"]) == (400, error)


@pytest.mark.parametrize(
    "uri", [REDIRECT_URI + "/", REDIRECT_URI + "?x=1", "http://evil.example/callback", None]
)
def test_redirect_uri_must_be_exactly_a_registered_one(rp: RelyingParty, uri: str | None) -> None:
    status, answer = rp.push(redirect_uri=uri)
    assert (status, answer["error"]) == (400, "invalid_request")


@pytest.mark.parametrize(("changes", "error"), WRONG, ids=str)
def test_a_plain_request_is_refused_by_a_redirect(
    rp: RelyingParty, standin: StandIn, changes: dict[str, str | None], error: str
) -> None:
    url = f"{standin.issuer}/authorize?{urlencode(rp.request(**changes))}"
    answer = answered(standin.sign_in(url, "21879498012"))
    assert answer["error"] == error
    assert answer["iss"] == standin.issuer
    assert answer.get("state") == rp.request(**changes).get("state")


def test_a_plain_request_works_too(rp: RelyingParty, standin: StandIn, kari: Person) -> None:
    url = f"{standin.issuer}/authorize?{urlencode(rp.request())}"
    assert rp.claims_after(standin.sign_in(url, kari))["pid"] == kari.pid


@pytest.mark.parametrize(
    "changes", [{"redirect_uri": "http://evil.example/"}, {"client_id": "unknown"}], ids=str
)
def test_nothing_is_sent_to_an_unknown_address(rp: RelyingParty, changes: dict[str, str]) -> None:
    answer = rp.get(f"/authorize?{urlencode(rp.request(**changes))}")
    assert answer.status == 400
    assert "Location" not in answer.headers


def test_a_request_uri_works_once(rp: RelyingParty, standin: StandIn, kari: Person) -> None:
    url = rp.authorize_url()
    standin.sign_in(url, kari)
    with pytest.raises(SignInStopped) as stopped:
        standin.sign_in(url, kari)
    assert stopped.value.status == 400


def test_a_request_uri_lives_120_seconds(rp: RelyingParty, clock: Clock) -> None:
    in_time, too_late = rp.authorize_url(), rp.authorize_url()
    clock.forward(119)
    assert rp.get(in_time).status == 303
    clock.forward(2)
    assert rp.get(too_late).status == 400


def test_only_client_id_goes_with_request_uri(rp: RelyingParty) -> None:
    assert rp.get(rp.authorize_url() + "&acr_values=idporten-loa-low").status == 400


def test_a_request_uri_belongs_to_its_client(rp: RelyingParty) -> None:
    assert rp.get(rp.authorize_url().replace(CLIENT_ID, "another")).status == 400


def test_a_repeated_parameter_is_refused(rp: RelyingParty) -> None:
    url = f"/authorize?{urlencode(rp.request())}&state=second"
    assert rp.get(url).status == 400


def test_the_test_sees_what_was_asked_for(rp: RelyingParty, standin: StandIn) -> None:
    rp.get(rp.authorize_url(acr_values="idporten-loa-high", prompt="login"))
    asked = standin.authorizations[-1]
    assert (asked.acr_values, asked.prompt) == ("idporten-loa-high", "login")
    assert standin.requests.count("par") == 1
    assert standin.requests.of("authorize")[0].parameters == {"client_id", "request_uri"}
