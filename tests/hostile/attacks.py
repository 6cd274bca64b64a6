"""What a hostile or broken provider sends, as switches thrown at a running one (threats.md, H)."""

import base64
from collections.abc import Callable, Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, HashAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from devtools.idporten.faults import Answer, Faults
from devtools.idporten.jws import Signer, hs256

type Attack = Callable[[Faults], None]
type Json = dict[str, Any]

MISSING = object()
OWN = rsa.generate_private_key(65537, 2048)
SMALL = rsa.generate_private_key(65537, 1024)  # noqa: S505  # that is the attack
CURVE = ec.generate_private_key(ec.SECP256R1())


def with_members(value: Mapping[str, Any], changes: Mapping[str, Any]) -> Json:
    """The object with these members set, computed from the old ones, or taken out."""
    changed = dict(value)
    for name, new in changes.items():
        changed[name] = new(value) if callable(new) else new
    return {name: each for name, each in changed.items() if each is not MISSING}


# --- The ID token ------------------------------------------------------------------------------


def claims(**changes: Any) -> Attack:
    return lambda faults: faults.id_token.claims.once(lambda good: with_members(good, changes))


def header(**changes: Any) -> Attack:
    return lambda faults: faults.id_token.header.once(lambda good: with_members(good, changes))


def payload(change: Callable[[bytes], bytes]) -> Attack:
    return lambda faults: faults.id_token.payload.once(change)


def signer(new: Signer) -> Attack:
    return lambda faults: faults.id_token.signer.once(lambda _good: new)


def compact(change: Callable[[str], str]) -> Attack:
    return lambda faults: faults.id_token.compact.once(change)


def all_of(*attacks: Attack) -> Attack:
    def throw(faults: Faults) -> None:
        for attack in attacks:
            attack(faults)

    return throw


def flipped(segment: int) -> Attack:
    """One bit of one segment."""

    def flip(token: str) -> str:
        segments = token.split(".")
        text = segments[segment]
        other = "A" if text[20] != "A" else "B"
        segments[segment] = text[:20] + other + text[21:]
        return ".".join(segments)

    return compact(flip)


def signed_as(alg: str, new: Signer, **more: Any) -> Attack:
    return all_of(header(alg=alg, **more), signer(new))


# --- Keys --------------------------------------------------------------------------------------


def published(key: Json, *, before: bool = False) -> Attack:
    """One more key in the set, at every fetch."""

    def add(answer: Answer) -> Answer:
        keys = answer.parsed()["keys"]
        return answer.changed(keys=[key, *keys] if before else [*keys, key])

    return lambda faults: faults.jwks.always(add)


def each_key(**changes: Any) -> Attack:
    """Every published key with these members."""

    def change(answer: Answer) -> Answer:
        return answer.changed(keys=[with_members(key, changes) for key in answer.parsed()["keys"]])

    return lambda faults: faults.jwks.always(change)


def own_jwk(private: rsa.RSAPrivateKey = OWN, **members: Any) -> Json:
    """The public half of a key of ours, as a provider would publish it."""
    numbers = private.public_key().public_numbers()
    return {"kty": "RSA", "kid": "own", "n": _number(numbers.n), "e": _number(numbers.e)} | members


def curve_jwk() -> Json:
    numbers = CURVE.public_key().public_numbers()
    point = {
        name: base64url(value.to_bytes(32)) for name, value in (("x", numbers.x), ("y", numbers.y))
    }
    return {"kty": "EC", "crv": "P-256", "kid": "own"} | point


def _number(value: int) -> str:
    return base64url(value.to_bytes((value.bit_length() + 7) // 8))


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def ps256(data: bytes) -> bytes:
    return OWN.sign(data, padding.PSS(padding.MGF1(SHA256()), 32), SHA256())


def rsa_with(digest: HashAlgorithm) -> Signer:
    return lambda data: OWN.sign(data, padding.PKCS1v15(), digest)


def es256(data: bytes) -> bytes:
    r, s = decode_dss_signature(CURVE.sign(data, ec.ECDSA(SHA256())))
    return r.to_bytes(32) + s.to_bytes(32)


def confused_with(secret_of: Callable[[rsa.RSAPublicKey], bytes]) -> Attack:
    """HS256 keyed with something public about a published key (RFC 8725, section 2.1)."""
    secret = secret_of(OWN.public_key())
    return all_of(published(own_jwk()), signed_as("HS256", hs256(secret), kid="own"))


def pem(key: rsa.RSAPublicKey) -> bytes:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def der(key: rsa.RSAPublicKey) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def modulus(key: rsa.RSAPublicKey) -> bytes:
    return key.public_numbers().n.to_bytes(256)


# --- Answers -----------------------------------------------------------------------------------


def token(answer: Answer | Callable[[Answer], Answer]) -> Attack:
    return lambda faults: faults.token.once(_replacing(answer))


def par(answer: Answer | Callable[[Answer], Answer]) -> Attack:
    return lambda faults: faults.par.once(_replacing(answer))


def jwks(answer: Answer | Callable[[Answer], Answer]) -> Attack:
    return lambda faults: faults.jwks.always(_replacing(answer))


def discovery(answer: Answer | Callable[[Answer], Answer]) -> Attack:
    return lambda faults: faults.discovery.always(_replacing(answer))


def _replacing(answer: Answer | Callable[[Answer], Answer]) -> Callable[[Answer], Answer]:
    return answer if callable(answer) else lambda _good: answer


def text(body: str | bytes, status: int = 200, **headers: str) -> Answer:
    """An answer with this body, said to be JSON."""
    data = body.encode() if isinstance(body, str) else body
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, {"Content-Type": "application/json"} | named, data)


def body(change: Callable[[bytes], bytes]) -> Callable[[Answer], Answer]:
    """The good answer's bytes, changed."""

    def replace(good: Answer) -> Answer:
        assert isinstance(good.body, bytes)
        return Answer(good.status, good.headers, change(good.body))

    return replace


def response(change: Callable[[list[tuple[str, str]]], list[tuple[str, str]]]) -> Attack:
    """The redirect back, as its pairs."""
    return lambda faults: faults.authorization_response.once(change)


def response_with(**changes: str | list[str] | None) -> Attack:
    """The redirect back with these parameters in place of the good ones; None takes one out."""

    def change(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
        kept = [pair for pair in pairs if pair[0] not in changes]
        for name, value in changes.items():
            values = [value] if isinstance(value, str) else value or []
            kept += [(name, each) for each in values]
        return kept

    return response(change)


def error(code: str, **more: str) -> Attack:
    return response_with(code=None, error=code, **more)
