"""H-01 to H-29: what an ID token may not be. Each row is one fault of a provider otherwise good."""

import re
from typing import Any

import pytest
from cryptography.hazmat.primitives.hashes import SHA512
from django.conf import settings as django_settings

from audit.models import AuditEvent
from devtools.idporten.jws import rs256, unsigned
from tests.hostile import attacks
from tests.hostile.attacks import MISSING, OWN, SMALL, Attack, claims, header, payload
from tests.hostile.conftest import Door, Trap, holds_a_number

type Row = tuple[str, str, Attack, str | None]
"""Row of the table, what is sent, how, and the reason it is refused for (None: signed in)."""

ALG, KEY, SIGNATURE = "token-algorithm-wrong", "token-key-unknown", "token-signature-wrong"
MALFORMED, TIME, NONCE = "token-malformed", "token-time-wrong", "token-nonce-wrong"
ISSUER, AUDIENCE, SUBJECT = "token-issuer-wrong", "token-audience-wrong", "token-subject-wrong"
SID, LEVEL, LOW = "token-sid-wrong", "level-unknown", "level-too-low"
NUMBER, SYNTHETIC, AT_HASH = "national-id-missing", "national-id-synthetic", "token-at-hash-wrong"
RESPONSE, UNAVAILABLE = "response-malformed", "provider-unavailable"


def later(name: str, seconds: float) -> Any:
    """This long after the token's own `iat`, for the claim of this name."""
    return lambda good: good["iat"] + seconds if name == "iat" else int(good["iat"]) + seconds


def replaced(pattern: bytes, new: bytes) -> Attack:
    def change(good: bytes) -> bytes:
        changed, count = re.subn(pattern, new, good, count=1)
        assert count == 1
        return changed

    return payload(change)


def us() -> str:
    return str(django_settings.IDPORTEN_CLIENT_ID)


HEADER_AND_SIGNATURE: list[Row] = [
    *(
        ("H-01", f"alg {alg}", attacks.signed_as(alg, unsigned), ALG)
        for alg in ("none", "None", "NONE", "nOnE", "")
    ),
    ("H-01", "no alg", attacks.all_of(header(alg=MISSING), attacks.signer(unsigned)), ALG),
    ("H-01", "empty signature", attacks.signer(unsigned), SIGNATURE),
    ("H-02", "HS256 with the PEM", attacks.confused_with(attacks.pem), ALG),
    ("H-02", "HS256 with the DER", attacks.confused_with(attacks.der), ALG),
    ("H-02", "HS256 with the modulus", attacks.confused_with(attacks.modulus), ALG),
    ("H-02", "HS256 with the client id", attacks.confused_with(lambda _: us().encode()), ALG),
    ("H-02", "HS256 with nothing", attacks.confused_with(lambda _: b""), ALG),
    (
        "H-03",
        "PS256",
        attacks.all_of(
            attacks.published(attacks.own_jwk()),
            attacks.signed_as("PS256", attacks.ps256, kid="own"),
        ),
        ALG,
    ),
    (
        "H-03",
        "RS512",
        attacks.all_of(
            attacks.published(attacks.own_jwk()),
            attacks.signed_as("RS512", attacks.rsa_with(SHA512()), kid="own"),
        ),
        ALG,
    ),
    (
        "H-03",
        "ES256",
        attacks.all_of(
            attacks.published(attacks.curve_jwk()),
            attacks.signed_as("ES256", attacks.es256, kid="own"),
        ),
        ALG,
    ),
    ("H-04", "flipped payload", attacks.flipped(1), SIGNATURE),
    ("H-04", "flipped signature", attacks.flipped(2), SIGNATURE),
    ("H-05", "another key's signature", attacks.signer(rs256(OWN)), SIGNATURE),
    ("H-06", "unknown kid", header(kid="unknown"), KEY),
    *(
        ("H-07", f"kid {name}", header(kid=kid), KEY)
        for name, kid in {
            "missing": MISSING,
            "a number": 7,
            "null": None,
            "an array": ["kid"],
            "an object": {"kid": 1},
            "empty": "",
            "a path": "../../../../etc/passwd",
            "SQL": "' OR 1=1; DROP TABLE accounts_user; --",
            "10 kB": "k" * 10_000,
        }.items()
    ),
    ("H-07", "kid of 1 MB", header(kid="k" * 1_000_000), UNAVAILABLE),
    ("H-07", "kid of 100 kB", header(kid="k" * 100_000), MALFORMED),
    (
        "H-09",
        "key with use=enc",
        attacks.all_of(
            attacks.published(attacks.own_jwk(use="enc")),
            attacks.signed_as("RS256", rs256(OWN), kid="own"),
        ),
        KEY,
    ),
    ("H-09", "every key with use=enc", attacks.each_key(use="enc"), UNAVAILABLE),
    (
        "H-09",
        "RSA of 1024 bits",
        attacks.all_of(
            attacks.published(attacks.own_jwk(SMALL)),
            attacks.signed_as("RS256", rs256(SMALL), kid="own"),
        ),
        KEY,
    ),
    ("H-10", "crit unknown", header(crit=["unknown"], unknown=1), MALFORMED),
    ("H-10", "b64 false", header(b64=False, crit=["b64"]), MALFORMED),
    ("H-10", "zip", header(zip="DEF"), MALFORMED),
    *(
        (
            "H-10",
            name,
            attacks.signed_as("RS256", rs256(OWN), kid="own", **{name: value}),
            MALFORMED,
        )
        for name, value in {"jwk": attacks.own_jwk(), "x5c": ["MIIB"]}.items()
    ),
    *(("H-13", f"typ {typ}", header(typ=typ), MALFORMED) for typ in ("logout+jwt", "at+jwt", 7)),
    ("H-13", "a JWE", attacks.compact(lambda token: token + ".e30.e30"), MALFORMED),
]

CLAIMS: list[Row] = [
    *(
        ("H-14", f"iss {name}", claims(iss=iss), ISSUER)
        for name, iss in {
            "wrong": "https://evil.example",
            "missing": MISSING,
            "of production": "https://idporten.no",
            "upper case": lambda good: good["iss"].upper(),
            "with a slash": lambda good: good["iss"] + "/",
            "an array": lambda good: [good["iss"]],
            "null": None,
        }.items()
    ),
    *(
        ("H-15", f"aud {name}", claims(aud=aud), AUDIENCE)
        for name, aud in {
            "wrong": "another",
            "missing": MISSING,
            "empty array": [],
            "us and another": lambda good: [good["aud"], "another"],
            "us twice": lambda good: [good["aud"], good["aud"]],
            "an object": lambda good: {good["aud"]: 1},
        }.items()
    ),
    ("H-15", "azp another", claims(azp="another"), AUDIENCE),
    (
        "H-15",
        "us and another, azp us",
        claims(aud=lambda good: [good["aud"], "another"], azp=lambda good: good["aud"]),
        AUDIENCE,
    ),
    ("H-15", "an array of only us", claims(aud=lambda good: [good["aud"]]), None),
    ("H-16", "exp past by 31 s", claims(exp=later("exp", -31), iat=later("iat", -60)), TIME),
    ("H-16", "exp past by 1 s", claims(exp=later("exp", -1), iat=later("iat", -60)), None),
    *(
        ("H-16", f"exp {name}", claims(exp=exp), TIME)
        for name, exp in {
            "missing": MISSING,
            "text": "2100-01-01",
            "a digit string": lambda good: str(good["exp"]),
            "negative": -1,
            "null": None,
            "true": True,
            "a fraction": lambda good: good["exp"] + 0.5,
        }.items()
    ),
    ("H-16", "exp 1e400", replaced(rb'"exp": ?\d+', b'"exp": 1e400'), TIME),
    ("H-16", "exp of 5000 digits", replaced(rb'"exp": ?\d+', b'"exp": ' + b"9" * 5000), MALFORMED),
    ("H-17", "iat in 5 s", claims(iat=later("iat", 5)), None),
    *(
        ("H-17", f"iat {name}", claims(iat=iat), TIME)
        for name, iat in {
            "in 40 s": later("iat", 40),
            "missing": MISSING,
            "a week old": later("iat", -7 * 24 * 3600),
            "text": lambda good: str(good["iat"]),
        }.items()
    ),
    ("H-18", "nbf in an hour", claims(nbf=later("nbf", 3600)), TIME),
    ("H-18", "nbf text", claims(nbf="now"), TIME),
    *(
        ("H-19", f"nonce {name}", claims(nonce=nonce), NONCE)
        for name, nonce in {
            "missing": MISSING,
            "wrong": "n" * 43,
            "empty": "",
            "null": None,
            "cut": lambda good: good["nonce"][:-1],
            "an array": lambda good: [good["nonce"]],
        }.items()
    ),
    *(
        ("H-20", f"sub {name}", claims(sub=sub), SUBJECT)
        for name, sub in {
            "missing": MISSING,
            "empty": "",
            "a number": 7,
            "of 256": "s" * 256,
            "with NUL": "a\x00b",
            "with a line": "a\nb",
        }.items()
    ),
    *(
        ("H-20", f"sid {name}", claims(sid=sid), SID)
        for name, sid in {
            "missing": MISSING,
            "empty": "",
            "of 256": "s" * 256,
            "NUL": "\x00",
        }.items()
    ),
    *(
        ("H-21", f"pid {name}", claims(pid=pid), NUMBER)
        for name, pid in {
            "missing": MISSING,
            "of 10 digits": "1691940813",
            "of 12 digits": "169194081311",
            "letters": "1691940813a",
            "full-width": "１６９１９４０８１３１",
            "a number": 16919408131,
            "with a line": "16919408131\n",
            "null": None,
        }.items()
    ),
    *(
        ("H-22", f"acr {name}", claims(acr=acr), LEVEL)
        for name, acr in {
            "missing": MISSING,
            "unknown": "idporten-loa-highest",
            "an array": ["idporten-loa-high"],
            "eidas-loa-high": "eidas-loa-high",
            "selfregistered-email": "selfregistered-email",
            "Level4": "Level4",
        }.items()
    ),
    ("H-22", "acr lower", claims(acr="idporten-loa-low"), LOW),
    *(
        ("H-23", f"amr {name}", claims(amr=amr), None)
        for name, amr in {"missing": MISSING, "unknown": ["x"], "of 1000": ["x"] * 1000}.items()
    ),
    ("H-24", "auth_time in the future", claims(auth_time=later("auth_time", 60)), TIME),
    ("H-24", "auth_time text", claims(auth_time="now"), TIME),
    ("H-26", "at_hash wrong", claims(at_hash="wrong"), AT_HASH),
    ("H-26", "at_hash null", claims(at_hash=None), AT_HASH),
    ("H-29", "a member twice", replaced(rb"^{", b'{"acr": "idporten-loa-high", '), MALFORMED),
    ("H-29", "NaN", replaced(rb"^{", b'{"more": NaN, '), MALFORMED),
    ("H-29", "nesting", replaced(rb"^{", b'{"more": ' + b"[" * 10_000 + b", "), MALFORMED),
    (
        "H-29",
        "balanced nesting",
        replaced(rb"^{", b'{"more": ' + b"[" * 10_000 + b"]" * 10_000 + b", "),
        MALFORMED,
    ),
    ("H-29", "a BOM", payload(lambda good: b"\xef\xbb\xbf" + good), MALFORMED),
    ("H-29", "UTF-16", payload(lambda good: good.decode().encode("utf-16")), MALFORMED),
    ("H-29", "no object", payload(lambda good: b"[" + good + b"]"), MALFORMED),
]

ROWS = [*HEADER_AND_SIGNATURE, *CLAIMS]


@pytest.mark.parametrize(
    ("attack", "reason"),
    [row[2:] for row in ROWS],
    ids=[f"{row} {name}" for row, name, _attack, _reason in ROWS],
)
def test_an_id_token(door: Door, attack: Attack, reason: str | None) -> None:
    attack(door.provider.faults)
    door.outcome(door.knock(), reason)


def test_h_04_a_flipped_bit_in_the_header(door: Door) -> None:
    """Which check it meets depends on where it falls: never a sign-in, never a 500."""
    attacks.flipped(0)(door.provider.faults)
    response = door.knock()
    assert response.status_code == 403
    assert door.visitor.get("/me/").status_code == 302


def test_h_06_an_unknown_kid_costs_one_refetch_a_minute(door: Door) -> None:
    door.knock()
    door.visitor.post("/oidc/logout/")
    requests = door.provider.requests
    requests.clear()
    for _ in range(3):
        header(kid="unknown")(door.provider.faults)
        door.knock()
    assert requests.count("token") == 3
    assert requests.count("jwks") == 1


@pytest.mark.parametrize("before", [True, False])
def test_h_08_two_keys_with_one_kid(door: Door, before: bool) -> None:
    """The right one of them is found."""

    def same_kid(answer: Any) -> Any:
        keys = answer.parsed()["keys"]
        twin = attacks.own_jwk(kid=keys[0]["kid"])
        return answer.changed(keys=[twin, *keys] if before else [*keys, twin])

    door.provider.faults.jwks.always(same_kid)
    door.opens(door.knock())


@pytest.mark.parametrize("name", ["jku", "x5u"])
def test_h_10_no_key_is_fetched_from_where_a_token_points(
    door: Door, trap: Trap, name: str
) -> None:
    attacks.signed_as("RS256", rs256(OWN), kid="own", **{name: trap.url})(door.provider.faults)
    door.stays_shut(door.knock(), MALFORMED)
    assert not trap.sprung


@pytest.mark.parametrize("announced", [True, False])
def test_h_11_keys_rotated_between_two_sign_ins(door: Door, announced: bool) -> None:
    door.opens(door.knock())
    door.provider.rotate_keys(announced=announced)
    door.opens(door.knock())


def test_h_11_keys_rotated_right_before_signing(door: Door) -> None:
    door.opens(door.knock())
    callback = door.provider.sign_in(door.visitor.to_idporten(), "16919408131")
    door.provider.rotate_keys(announced=False)
    door.opens(door.visitor.come_back(callback))


def test_h_19_another_sessions_nonce(door: Door, other_browser: Door) -> None:
    seen: list[str] = []

    def note(good: dict[str, Any]) -> dict[str, Any]:
        seen.append(good["nonce"])
        return good

    door.provider.faults.id_token.claims.once(note)
    other_browser.opens(other_browser.knock())
    claims(nonce=seen[0])(door.provider.faults)
    response = door.knock()
    assert response.status_code == 403
    assert door.visitor.get("/me/").status_code == 302


def test_h_21_a_synthetic_number_in_production(door: Door, settings: pytest.FixtureRequest) -> None:
    settings.ACCEPT_SYNTHETIC_IDS = False  # type: ignore[attr-defined]
    door.stays_shut(door.knock(), SYNTHETIC)


def test_h_21_a_d_number_is_a_person(door: Door) -> None:
    """Not linked, so it is on to linking."""
    assert door.visitor.sign_in("47906701517").headers["Location"] == "/link/"


def test_h_23_the_method_is_logged(door: Door) -> None:
    claims(amr=["New-Thing", "x"])(door.provider.faults)
    door.opens(door.knock())
    assert AuditEvent.objects.get(event="sign-in:done").details["eid"] == "New-Thing"


def test_the_search_for_numbers_sees_into_tokens(door: Door) -> None:
    seen: list[str] = []

    def note(token: str) -> str:
        seen.append(token)
        return token

    door.provider.faults.id_token.compact.once(note)
    door.opens(door.knock())
    assert holds_a_number(seen[0])
    assert not holds_a_number(seen[0].split(".")[0])
