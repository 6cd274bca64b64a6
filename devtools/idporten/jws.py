"""JWS compact serialisation (RFC 7515) from raw parts, so that a test can alter each of them."""

import base64
import hmac
import json
from collections.abc import Callable, Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256

type Signer = Callable[[bytes], bytes]
"""From the signing input to the signature's bytes."""


def compact(header: Mapping[str, Any], payload: bytes, signer: Signer) -> str:
    """The three parts joined; `header` is written as it is, also where it contradicts `signer`."""
    signing_input = encode(json.dumps(header).encode()) + "." + encode(payload)
    return signing_input + "." + encode(signer(signing_input.encode()))


def encode(data: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def rs256(key: RSAPrivateKey) -> Signer:
    """RSASSA-PKCS1-v1_5 with SHA-256."""
    return lambda data: key.sign(data, PKCS1v15(), SHA256())


def hs256(secret: bytes) -> Signer:
    """HMAC with SHA-256: what an attacker tries with a public key as the secret."""
    return lambda data: hmac.digest(secret, data, "sha256")


def unsigned(_data: bytes) -> bytes:
    """No signature at all."""
    return b""
