"""The stand-in's keys: two that sign, and the secret behind pairwise subjects."""

import base64
import hashlib
import json
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

_RETIRED_KEPT = 4
_SUBJECT_BYTES = 71  # 95 characters of base64url, as long as the gateway's


@dataclass(frozen=True)
class SigningKey:
    """An RSA key pair with its key id."""

    kid: str
    private: RSAPrivateKey

    @classmethod
    def generate(cls) -> "SigningKey":
        return cls(secrets.token_urlsafe(12), rsa.generate_private_key(65537, 2048))

    def public_jwk(self) -> dict[str, Any]:
        jwk = jwt.algorithms.RSAAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        return {"kty": "RSA", "kid": self.kid, "use": "sig", "alg": "RS256"} | {
            name: jwk[name] for name in ("n", "e")
        }

    def private_jwk(self) -> dict[str, Any]:
        jwk = jwt.algorithms.RSAAlgorithm.to_jwk(self.private, as_dict=True)
        return jwk | {"kid": self.kid}


@dataclass
class KeyRing:
    """`current` signs, `upcoming` is published beforehand; `retired` still verify logout hints."""

    current: SigningKey
    upcoming: SigningKey
    subject_secret: bytes
    retired: list[SigningKey] = field(default_factory=list)
    path: Path | None = None
    _lock: Lock = field(default_factory=Lock, repr=False)

    @classmethod
    def open(cls, folder: Path | None = None) -> "KeyRing":
        """The keys kept in `folder`, made there at the first start; fresh ones without a folder."""
        path = folder / "keys.json" if folder else None
        if path and path.exists():
            return _load(path)
        ring = cls(SigningKey.generate(), SigningKey.generate(), secrets.token_bytes(32), path=path)
        ring._save()
        return ring

    def rotate(self, *, announced: bool = True) -> None:
        """Sign with another key from now on.

        Announced, it is the one already published; otherwise a key nobody has seen before.
        """
        with self._lock:
            self.retired = [self.current, *self.retired][:_RETIRED_KEPT]
            self.current = self.upcoming if announced else SigningKey.generate()
            self.upcoming = SigningKey.generate()
            self._save()

    def jwks(self) -> dict[str, Any]:
        """The published JWK set (RFC 7517)."""
        with self._lock:
            return {"keys": [self.current.public_jwk(), self.upcoming.public_jwk()]}

    def known(self) -> list[SigningKey]:
        """Every key that may have signed a token still in somebody's hands."""
        with self._lock:
            return [self.current, self.upcoming, *self.retired]

    def subject(self, client_id: str, person_key: str) -> str:
        """A pairwise subject: the same person is somebody else to another client."""
        material = json.dumps([client_id, person_key]).encode()
        digest = hashlib.shake_256(self.subject_secret + material).digest(_SUBJECT_BYTES)
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    def _save(self) -> None:
        if self.path is None:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        document = {
            "signing": [key.private_jwk() for key in (self.current, self.upcoming, *self.retired)],
            "subject_secret": self.subject_secret.hex(),
        }
        draft = self.path.with_suffix(".new")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(document, file)
        draft.replace(self.path)


def _load(path: Path) -> KeyRing:
    document = json.loads(path.read_text())
    signing = [SigningKey(jwk["kid"], _private_key(jwk)) for jwk in document["signing"]]
    secret = bytes.fromhex(document["subject_secret"])
    return KeyRing(signing[0], signing[1], secret, signing[2:], path)


def _private_key(jwk: dict[str, Any]) -> RSAPrivateKey:
    key = jwt.algorithms.RSAAlgorithm.from_jwk(jwk)
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("a signing key without its private part")
    return key
