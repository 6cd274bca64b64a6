"""JSON and signatures read strictly."""

import base64
import json
from typing import Any

import pytest
from joserfc.errors import SecurityWarning
from joserfc.jwk import OctKey, RSAKey

from linking import jose, refusals
from tests.linking.tokens import KEY, KEYS, MISSING, OTHER, signed

CLAIMS = {"some": "claims"}


def claims_of(token: str, *, keys: jose.Keys = KEYS, type_: str = "JWT") -> dict[str, Any]:
    return jose.verified_claims(token, keys=keys, type_=type_)


@pytest.mark.parametrize(
    "header",
    [{}, {"typ": "JWT"}, {"typ": "jwt"}, {"kid": "k" * 255}, {"kid": "k"}, {"new": [1]}],
    ids=lambda header: next(iter(header), "plain"),
)
def test_a_good_signature_gives_the_claims(header: dict[str, Any]) -> None:
    keys = dict.fromkeys(("one", "k", "k" * 255), (KEY,))
    assert claims_of(signed(CLAIMS, header=header), keys=keys) == CLAIMS


HEADERS: list[tuple[type[refusals.Refused], dict[str, Any]]] = [
    *((refusals.TokenKeyUnknown, {"kid": kid}) for kid in (MISSING, "two", "", 7, None, ["one"])),
    *((refusals.TokenKeyUnknown, {"kid": kid}) for kid in ("k" * 256, "../one", "' OR 1=1 --")),
    (refusals.TokenMalformed, {"jku": "https://evil.example"}),
    (refusals.TokenMalformed, {"x5u": "https://evil.example"}),
    (refusals.TokenMalformed, {"jwk": {"kty": "oct", "k": "aaaa"}}),
    (refusals.TokenMalformed, {"x5c": ["AAAA"]}),
    (refusals.TokenMalformed, {"crit": ["exp"], "exp": 1}),
    (refusals.TokenMalformed, {"b64": False}),
    (refusals.TokenMalformed, {"zip": "DEF"}),
    (refusals.TokenMalformed, {"enc": "A256GCM"}),
    *((refusals.TokenMalformed, {"typ": typ}) for typ in ("logout+jwt", "at+jwt", "", 7, None)),
]


@pytest.mark.parametrize(
    ("reason", "header"),
    HEADERS,
    ids=[f"{next(iter(header))}-{number}" for number, (_, header) in enumerate(HEADERS)],
)
def test_a_header_that_leads_elsewhere_is_refused(
    reason: type[refusals.Refused], header: dict[str, Any]
) -> None:
    keys = KEYS | {"k" * 256: (KEY,), "": (KEY,)}
    with pytest.raises(refusals.Refused) as refused:
        claims_of(with_header({"alg": "RS256", "kid": "one"} | header), keys=keys)
    assert type(refused.value) is reason


def with_header(header: dict[str, Any]) -> str:
    """A token under a header that joserfc itself would not sign."""
    members = {name: value for name, value in header.items() if value is not MISSING}
    _header, payload, signature = signed(CLAIMS).split(".")
    written = base64.urlsafe_b64encode(json.dumps(members).encode()).rstrip(b"=").decode()
    return f"{written}.{payload}.{signature}"


def test_a_key_id_longer_than_any_is_unknown_though_it_would_fit() -> None:
    kid = "k" * 256
    with pytest.raises(refusals.TokenKeyUnknown):
        claims_of(signed(CLAIMS, header={"kid": kid}), keys={kid: (KEY,)})


def test_a_type_has_to_be_told_unless_it_is_a_plain_jwt() -> None:
    assert claims_of(signed(CLAIMS, header={"typ": "Logout+JWT"}), type_="logout+jwt") == CLAIMS
    with pytest.raises(refusals.TokenMalformed):
        claims_of(signed(CLAIMS), type_="logout+jwt")


def test_another_keys_signature_is_refused() -> None:
    with pytest.raises(refusals.TokenSignatureWrong):
        claims_of(signed(CLAIMS, key=OTHER))


def test_of_two_keys_with_one_id_either_may_have_signed() -> None:
    both = {"one": (KEY, OTHER)}
    assert claims_of(signed(CLAIMS, key=KEY), keys=both) == CLAIMS
    assert claims_of(signed(CLAIMS, key=OTHER), keys=both) == CLAIMS


@pytest.mark.parametrize("segment", [0, 1, 2])
def test_a_flipped_bit_is_refused(segment: int) -> None:
    segments = signed(CLAIMS).split(".")
    segments[segment] = ("A" if segments[segment][5] != "A" else "B").join(
        [segments[segment][:5], segments[segment][6:]]
    )
    with pytest.raises(refusals.Refused):
        claims_of(".".join(segments))


@pytest.mark.parametrize("last", ["x", "0", "w="])
def test_a_bit_that_no_decoder_looks_at_is_refused_too(last: str) -> None:
    """256 bytes leave four bits over in the last character, which are zero: `w`, not `x` or `0`."""
    tokens = (signed(CLAIMS | {"number": number}) for number in range(1000))
    token = next(token for token in tokens if token.endswith("w"))
    assert claims_of(token)
    with pytest.raises(refusals.TokenMalformed):
        claims_of(token[:-1] + last)


@pytest.mark.parametrize(
    "alg", ["none", "None", "nOnE", "", "rs256", "HS256", "PS256", "RS512", "ES256", 7, None]
)
def test_any_other_algorithm_is_refused(alg: object) -> None:
    with pytest.raises(refusals.TokenAlgorithmWrong):
        claims_of(with_header({"alg": alg, "kid": "one"}))


def test_no_algorithm_is_refused() -> None:
    with pytest.raises(refusals.TokenAlgorithmWrong):
        claims_of(with_header({"kid": "one"}))


def test_an_empty_signature_is_refused() -> None:
    with pytest.raises(refusals.TokenSignatureWrong):
        claims_of(signed(CLAIMS).rsplit(".", 1)[0] + ".")


def test_two_segments_or_four_are_no_token() -> None:
    token = signed(CLAIMS)
    for other in (token.rsplit(".", 1)[0], token + ".e30"):
        with pytest.raises(refusals.TokenMalformed):
            claims_of(other)


@pytest.mark.parametrize(
    "token",
    ["", "a", "a.b", "a.b.c.d.e", "é.b.c", "....", "!!.b.c", "YQ.b.c", "..", "a..c"],
)
def test_what_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(refusals.TokenMalformed):
        claims_of(token)


NO_OBJECTS = [
    b'{"iss": 1, "iss": 2}',
    b'{"a": {"b": 1, "b": 1}}',
    b"[1]",
    b'"text"',
    b"null",
    b'{"exp": NaN}',
    b'{"exp": Infinity}',
    b"\xef\xbb\xbf{}",
    b"\xff{}",
    b"{}}",
    b"",
    b"[" * 20_000,
    b'{"a":' * 10_000,
]


@pytest.mark.parametrize("payload", NO_OBJECTS, ids=lambda body: repr(body[:12]))
def test_a_payload_that_is_no_plain_object_is_refused(payload: bytes) -> None:
    with pytest.raises(refusals.TokenMalformed):
        claims_of(signed(payload))
    with pytest.raises(refusals.ResponseMalformed):
        jose.strict_json(payload, refusals.ResponseMalformed)


def test_an_object_may_have_many_members() -> None:
    many = {str(number): number for number in range(1000)}
    assert jose.strict_json(json.dumps(many).encode(), refusals.ResponseMalformed) == many


# --- Key sets ------------------------------------------------------------------------------------


def key_set(*entries: object) -> bytes:
    return json.dumps({"keys": entries}).encode()


PUBLIC = KEY.as_dict(private=False)
LARGE = RSAKey.generate_key(3072, {"kid": "large"}, private=True)
SIGNING = PUBLIC | {"use": "sig", "alg": "RS256"}


def test_only_keys_that_may_sign_are_taken_from_a_key_set() -> None:
    with pytest.warns(SecurityWarning):
        small = RSAKey.generate_key(1800, {"kid": "small"}, private=True)
    keys = jose.parse_jwks(
        key_set(
            SIGNING,
            PUBLIC | {"kid": "plain"},
            LARGE.as_dict(private=False),
            PUBLIC | {"kid": "enc", "use": "enc"},
            PUBLIC | {"kid": "use", "use": "zzz"},
            PUBLIC | {"kid": "PS256", "alg": "PS256"},
            PUBLIC | {"kid": "RS512", "alg": "RS512"},
            PUBLIC | {"kid": "EC", "kty": "EC"},
            PUBLIC | {"kid": "kty", "kty": "rsa"},
            small.as_dict(private=False),
            KEY.as_dict(private=True) | {"kid": "private"},
            OctKey.generate_key(256, {"kid": "oct"}).as_dict(),
            {"kid": "broken", "kty": "RSA"},
            PUBLIC | {"kid": "n a number", "n": 7},
            PUBLIC | {"kid": "n no base64", "n": "!" * 400},
            PUBLIC | {"kid": "n cut", "n": PUBLIC["n"][:-2]},
            PUBLIC | {"kid": "e a number", "e": 7},
            PUBLIC | {"kid": "e even", "e": "Ag"},
            PUBLIC | {"kid": "e no base64", "e": "A"},
            {name: value for name, value in PUBLIC.items() if name != "e"} | {"kid": "no e"},
            "nonsense",
            PUBLIC | {"kid": 7},
            PUBLIC | {"kid": ""},
            {name: value for name, value in PUBLIC.items() if name != "kid"},
        )
    )
    assert list(keys) == ["one", "plain", "large"]


def test_zeros_before_it_make_a_short_key_no_longer() -> None:
    with pytest.warns(SecurityWarning):
        short = RSAKey.generate_key(1024, {"kid": "short"}, private=True).as_dict(private=False)
    with pytest.warns(SecurityWarning), pytest.raises(refusals.ProviderUnavailable):
        jose.parse_jwks(key_set(short | {"n": "A" * 200 + str(short["n"])}))


def test_keys_of_one_id_are_all_kept() -> None:
    keys = jose.parse_jwks(key_set(SIGNING, OTHER.as_dict(private=False)))
    assert [len(keys[kid]) for kid in keys] == [2]
    assert claims_of(signed(CLAIMS, key=OTHER), keys=keys) == CLAIMS


@pytest.mark.parametrize(
    "body",
    [b"[]", b"null", b"<html>", b'{"keys": 1}', b'{"keys": {}}', b"{}", b"", b'{"keys": []}'],
)
def test_what_has_no_key_is_refused(body: bytes) -> None:
    with pytest.raises(refusals.ProviderUnavailable):
        jose.parse_jwks(body)


def test_a_key_set_with_no_key_for_us_is_refused() -> None:
    with pytest.raises(refusals.ProviderUnavailable):
        jose.parse_jwks(key_set(PUBLIC | {"use": "enc"}))


def test_the_figures_are_those_of_the_design() -> None:
    assert (jose.ALGORITHM, jose.KEY_BITS, jose.KID_MAX_LENGTH) == ("RS256", 2048, 255)
