"""Any single mutation of a good answer is refused, judged by an oracle that shares no code with us.

Where the oracle finds that a mutation did no harm, we have to let it in: so neither can be idle.
"""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import urllib3
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from joserfc.jwk import RSAKey

from devtools.idporten.faults import Answer
from linking import authorization, oidc
from linking.refusals import Refused
from tests.hostile import mutations, oracle
from tests.hostile.conftest import Door
from tests.journeys.visitor import INGRID, Visitor

NOW = 1_800_000_000
ISSUER = "https://idporten.example"
KEY = rsa.generate_private_key(65537, 2048)
OTHER = rsa.generate_private_key(65537, 2048)
OUR_KEY = RSAKey(KEY.public_key(), KEY.public_key(), {"kid": "one"})
HEADER = {"alg": "RS256", "kid": "one", "typ": "JWT"}
CLAIMS: dict[str, Any] = {
    "iss": ISSUER,
    "aud": "client",
    "sub": "s" * 95,
    "sid": "session",
    "exp": NOW + 120,
    "iat": NOW,
    "auth_time": NOW - 5,
    "nonce": "n" * 43,
    "acr": "idporten-loa-substantial",
    "amr": ["BankID"],
    "pid": "21879498012",
    "jti": "j",
}
PARAMETERS = [("code", "c" * 20), ("state", "s" * 43), ("iss", ISSUER)]
BODY = {"access_token": "a" * 20, "token_type": "Bearer", "expires_in": 120}


def unchanged(value: Any) -> Any:
    return value


@dataclass(frozen=True)
class Mutation:
    """Where a good answer is altered; all but one of these leave it as it is."""

    parameters: Callable[[list[tuple[str, str]]], list[tuple[str, str]]] = unchanged
    header: Callable[[dict[str, Any]], dict[str, Any]] = unchanged
    claims: Callable[[dict[str, Any]], dict[str, Any]] = unchanged
    payload: Callable[[bytes], bytes] = unchanged
    head: Callable[[bytes], bytes] = unchanged
    token: Callable[[bytes], bytes] = unchanged
    members: Callable[[dict[str, Any]], dict[str, Any]] = unchanged
    body: Callable[[bytes], bytes] = unchanged
    status: int = 200
    key: rsa.RSAPrivateKey = field(default=KEY)


def one_of(**places: st.SearchStrategy[Any]) -> st.SearchStrategy[Mutation]:
    """One mutation at one place."""
    return st.one_of(*(changes.map(partial(at, place)) for place, changes in places.items()))


def at(place: str, change: Any) -> Mutation:
    return replace(Mutation(), **{place: change})


RAW = mutations.byte_changes() | mutations.doubled_members()
MUTATIONS = one_of(
    parameters=mutations.parameter_changes(),
    header=mutations.member_changes(mutations.HEADER_NAMES),
    claims=mutations.member_changes(mutations.CLAIM_NAMES),
    payload=RAW,
    head=RAW,
    token=mutations.byte_changes(),
    members=mutations.member_changes(mutations.BODY_NAMES),
    body=RAW,
    status=st.sampled_from([100, 201, 204, 302, 307, 400, 401, 429, 500, 503]),
    key=st.just(OTHER),
)


def base64url(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def signed(mutation: Mutation) -> str:
    head = mutation.head(json.dumps(mutation.header(HEADER)).encode())
    payload = mutation.payload(json.dumps(mutation.claims(CLAIMS)).encode())
    signing_input = base64url(head) + b"." + base64url(payload)
    signature = mutation.key.sign(signing_input, PKCS1v15(), SHA256())
    return mutation.token(signing_input + b"." + base64url(signature)).decode("latin-1")


def exchange(mutation: Mutation) -> oracle.Exchange:
    members = mutation.members(BODY | {"id_token": signed(mutation)})
    return oracle.Exchange(
        issuer=ISSUER,
        client_id="client",
        state="s" * 43,
        nonce="n" * 43,
        acr_values="idporten-loa-substantial",
        keys={"one": [KEY.public_key()]},
        now=NOW,
        parameters=mutation.parameters(PARAMETERS),
        status=mutation.status,
        body=mutation.body(json.dumps(members).encode()),
    )


def we_let_in(came: oracle.Exchange) -> bool:
    """Ask our own code, as `linking/idporten.py` does; `state` is looked up there."""
    parameters: dict[str, list[str]] = {}
    for name, value in came.parameters:
        parameters.setdefault(name, []).append(value)
    try:
        authorization.authorization_code(parameters, issuer=came.issuer)
        id_token, access_token = authorization.token_response(came.status, came.body)
        expected = oidc.SignInExpectation(
            issuer=came.issuer,
            client_id=came.client_id,
            nonce=came.nonce,
            level="substantial",
            access_token=access_token,
            accept_synthetic=True,
        )
        oidc.verify_id_token(
            id_token, keys={"one": (OUR_KEY,)}, expected=expected, now=int(came.now)
        )
    except Refused:
        return False
    return parameters.get("state") == [came.state]


def test_the_unmutated_answer_is_good() -> None:
    assert oracle.fault(exchange(Mutation())) == ""
    assert we_let_in(exchange(Mutation()))


@pytest.mark.parametrize(("filling", "good"), [(250, True), (500, False)])
def test_a_long_header_is_judged_alike(filling: int, good: bool) -> None:
    came = exchange(at("header", lambda header: header | {"x": "x" * filling}))
    assert we_let_in(came) is oracle.is_good(came) is good


@given(mutation=MUTATIONS)
@settings(max_examples=3000, deadline=None)
def test_any_single_mutation_is_judged_as_the_oracle_judges_it(mutation: Mutation) -> None:
    came = exchange(mutation)
    assert we_let_in(came) is oracle.is_good(came), oracle.fault(came) or "the oracle lets it in"


# --- Over HTTP, through the real views -----------------------------------------------------------

OVER_HTTP = one_of(
    parameters=mutations.parameter_changes(),
    header=mutations.member_changes(mutations.HEADER_NAMES),
    claims=mutations.member_changes(mutations.CLAIM_NAMES),
    payload=RAW,
    token=mutations.byte_changes(),
    members=mutations.member_changes(mutations.BODY_NAMES),
    body=RAW,
    status=st.sampled_from([201, 204, 302, 307, 400, 401, 429, 500, 503]),
)


@dataclass
class Witness:
    """What really went over the wire, for the oracle."""

    nonce: str = ""
    state: str = ""
    code: str = ""
    status: int = 0
    body: bytes = b""


def throw(door: Door, mutation: Mutation) -> Witness:
    """Set the switches for one mutation, and note what goes out."""
    faults, seen = door.provider.faults, Witness()
    faults.clear()

    def note_nonce(claims: dict[str, Any]) -> dict[str, Any]:
        seen.nonce = claims["nonce"]
        return mutation.claims(claims)

    def note_good(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
        seen.state, seen.code = dict(pairs)["state"], dict(pairs)["code"]
        return mutation.parameters(pairs)

    def note_answer(answer: Answer) -> Answer:
        if answer.status == 200:
            members = mutation.members(answer.parsed())
            body = mutation.body(json.dumps(members).encode())
            answer = Answer(mutation.status, answer.headers, body)
        seen.status, seen.body = answer.status, bytes(answer.body)  # type: ignore[arg-type]
        return answer

    faults.id_token.claims.once(note_nonce)
    faults.id_token.header.once(mutation.header)
    faults.id_token.payload.once(mutation.payload)
    faults.id_token.compact.once(lambda token: mutation.token(token.encode()).decode("latin-1"))
    faults.authorization_response.once(note_good)
    faults.token.once(note_answer)
    return seen


def published(door: Door) -> dict[str, list[rsa.RSAPublicKey]]:
    found: dict[str, list[rsa.RSAPublicKey]] = {}
    for jwk in urllib3.request("GET", f"{door.provider.issuer}/jwks.json").json()["keys"]:
        number = {name: int.from_bytes(base64.urlsafe_b64decode(jwk[name] + "==")) for name in "ne"}
        key = rsa.RSAPublicNumbers(number["e"], number["n"]).public_key()
        found.setdefault(jwk["kid"], []).append(key)
    return found


@given(mutation=OVER_HTTP)
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_over_http_a_mutated_answer_signs_in_only_where_the_oracle_finds_it_good(
    door: Door, mutation: Mutation
) -> None:
    seen = throw(door, mutation)
    visitor = Visitor(door.provider)
    callback = door.provider.sign_in(visitor.to_idporten(), INGRID)
    response = visitor.come_back(callback)
    pairs = parse_qsl(urlsplit(callback).query, keep_blank_values=True)
    came = oracle.Exchange(
        issuer=door.provider.issuer,
        client_id="kobling-demo",
        state=seen.state,
        nonce=seen.nonce,
        acr_values="idporten-loa-substantial",
        keys=published(door),
        now=timezone.now().timestamp(),
        parameters=pairs,
        status=seen.status,
        body=seen.body,
    )
    good = oracle.is_good(came) and dict(pairs)["code"] == seen.code
    # Somebody else's number, or a sign-in that is no longer fresh, is good and leads elsewhere.
    assert response.status_code in ((302,) if good else (403, 503)), oracle.fault(came)
    page = visitor.get("/me/")
    assert page.status_code != 200 or good
    assert page.status_code != 200 or INGRID.email in page.content.decode()


@pytest.mark.parametrize("name", mutations.CLAIM_NAMES)
def test_every_claim_is_either_looked_at_or_harmless(name: str) -> None:
    """Taking a claim out is judged alike, one by one: nothing is left to the dice."""
    came = exchange(Mutation(claims=lambda good: {k: v for k, v in good.items() if k != name}))
    assert we_let_in(came) is oracle.is_good(came)
