"""The fault switches: every place, once or always, and good behaviour after."""

import base64
import json

import pytest
import urllib3

from devtools.idporten.faults import Answer, delayed, slowly
from devtools.idporten.jws import hs256, unsigned
from devtools.idporten.people import Person
from devtools.idporten.server import StandIn
from tests.devtools.idporten.relying_party import CLIENT_ID, RelyingParty, answered


@pytest.fixture
def code(rp: RelyingParty, standin: StandIn, kari: Person) -> str:
    return answered(standin.sign_in(rp.authorize_url(), kari))["code"]


def parts(token: str) -> tuple[dict[str, object], bytes, str]:
    head, body, signature = token.split(".")
    return json.loads(_bytes(head)), _bytes(body), signature


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_claims_header_and_signature_can_be_altered(
    rp: RelyingParty, standin: StandIn, code: str
) -> None:
    token = standin.faults.id_token
    token.claims.once(lambda claims: claims | {"iss": "https://evil.example"})
    token.header.once(lambda header: {"alg": "none"})
    token.signer.once(lambda _signer: unsigned)
    header, body, signature = parts(rp.redeem(code)[1]["id_token"])
    assert header == {"alg": "none"}
    assert json.loads(body)["iss"] == "https://evil.example"
    assert signature == ""


def test_payload_bytes_and_the_finished_token_can_be_altered(
    rp: RelyingParty, standin: StandIn, code: str
) -> None:
    standin.faults.id_token.payload.once(lambda payload: b'{"sub": 1, ' + payload[1:])
    standin.faults.id_token.signer.once(lambda _signer: hs256(CLIENT_ID.encode()))
    standin.faults.id_token.compact.once(lambda token: token + "AAAA")
    _header, body, signature = parts(rp.redeem(code)[1]["id_token"])
    assert body.startswith(b'{"sub": 1, "sub": ')
    assert signature.endswith("AAAA")


def test_once_is_for_one_and_always_is_until_cleared(
    rp: RelyingParty, standin: StandIn, kari: Person
) -> None:
    standin.faults.id_token.claims.always(lambda claims: claims | {"acr": "Level4"})
    standin.faults.id_token.claims.once(lambda claims: claims | {"amr": ["eIDAS"]})
    seen = []
    for _ in range(3):
        seen.append(rp.claims_after(standin.sign_in(rp.authorize_url(), kari)))
        if len(seen) == 2:
            standin.faults.clear()
    assert [claims["acr"] for claims in seen] == ["Level4", "Level4", "idporten-loa-high"]
    assert [claims["amr"] for claims in seen] == [["eIDAS"], ["BankID"], ["BankID"]]


def test_the_token_answer_can_be_anything(rp: RelyingParty, standin: StandIn, code: str) -> None:
    headers = {"Location": "http://elsewhere.localhost:9/"}
    standin.faults.token.once(lambda _answer: Answer(307, headers))
    standin.faults.token.once(lambda answer: answer.changed(id_token=None, token_type="MAC"))
    form = {"grant_type": "authorization_code", "code": code}
    answer = rp.http.request("POST", rp.issuer + "/token", fields=form, redirect=False)
    assert (answer.status, answer.headers["Location"]) == (307, headers["Location"])
    status, changed = rp.redeem(code)
    assert status == 200
    assert "id_token" not in changed
    assert changed["token_type"] == "MAC"


@pytest.mark.parametrize("held_back", [True, False])
def test_an_answer_can_hang_and_is_let_go_at_the_end(
    rp: RelyingParty, standin: StandIn, held_back: bool
) -> None:
    def slow(answer: Answer) -> Answer:
        if held_back:
            return delayed(answer, seconds=60, until=standin.stopping)
        return Answer(200, answer.headers, slowly(b"{}", seconds=60, until=standin.stopping))

    standin.faults.token.once(slow)
    with pytest.raises(urllib3.exceptions.TimeoutError):
        rp.http.request("POST", rp.issuer + "/token", fields={}, timeout=0.2)


def test_par_jwks_discovery_and_userinfo_can_be_altered(rp: RelyingParty, standin: StandIn) -> None:
    for hooks in (standin.faults.par, standin.faults.jwks, standin.faults.discovery):
        hooks.once(lambda _answer: Answer(500, {"Content-Type": "text/html"}, b"[]"))
    standin.faults.userinfo.once(lambda _answer: Answer.json({"sub": "x"}))
    assert rp.push()[0] == 500
    assert rp.get("/jwks.json").data == b"[]"
    assert rp.get("/.well-known/openid-configuration").status == 500
    assert rp.get("/userinfo").status == 200
    assert rp.push()[0] == 201


def test_the_authorization_response_can_be_altered(
    rp: RelyingParty, standin: StandIn, kari: Person
) -> None:
    hooks = standin.faults.authorization_response
    hooks.once(lambda pairs: [*pairs, ("iss", "https://evil.example")])
    hooks.once(lambda pairs: [pair for pair in pairs if pair[0] != "state"])
    assert standin.sign_in(rp.authorize_url(), kari).count("iss=") == 2
    assert "state=" not in standin.sign_in(rp.authorize_url(), kari)


def test_a_logout_token_can_be_altered(rp: RelyingParty, standin: StandIn) -> None:
    standin.faults.logout_token.claims.once(lambda claims: claims | {"nonce": "n"})
    bad, good = (
        rp.verified(standin.logout_token(client_id=CLIENT_ID, sid="s", subject="p"))
        for _ in range(2)
    )
    assert bad["nonce"] == "n"
    assert "nonce" not in good
