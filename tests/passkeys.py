"""A passkey without a browser: a key pair that answers WebAuthn's challenges."""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from fido2.cose import ES256
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import (
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
    CollectedClientData,
)

PRESENT, VERIFIED = AuthenticatorData.FLAG.UP, AuthenticatorData.FLAG.UV


@dataclass
class Passkey:
    """One key at one host (the relying party's id)."""

    host: str = "127.0.0.1"
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    id: bytes = field(default_factory=lambda: secrets.token_bytes(16))

    def register(self, options: dict[str, Any]) -> dict[str, Any]:
        """Answer the options of a new passkey, with no attestation."""
        public = ES256.from_cryptography_key(self.key.public_key())  # type: ignore[no-untyped-call]
        credential = AttestedCredentialData.create(b"\0" * 16, self.id, public)
        flags = PRESENT | VERIFIED | AuthenticatorData.FLAG.AT
        data = AuthenticatorData.create(self._host_hash(), flags, 0, credential)
        answer = {"attestationObject": AttestationObject.create("none", data, {})}
        return self._answer("create", options, answer) | {"clientExtensionResults": {}}

    def sign(self, options: dict[str, Any]) -> dict[str, Any]:
        """Answer the options of a sign-in."""
        data = AuthenticatorData.create(self._host_hash(), PRESENT | VERIFIED, 1)
        client_data = self._client_data("get", options)
        signature = self.key.sign(data + client_data.hash, ec.ECDSA(SHA256()))
        answer = {"authenticatorData": data, "signature": signature}
        return self._answer("get", options, answer)

    def _host_hash(self) -> bytes:
        return hashlib.sha256(self.host.encode()).digest()

    def _client_data(self, what: str, options: dict[str, Any]) -> CollectedClientData:
        challenge = websafe_decode(options["publicKey"]["challenge"])
        return CollectedClientData.create(f"webauthn.{what}", challenge, f"http://{self.host}")

    def _answer(
        self, what: str, options: dict[str, Any], answer: Mapping[str, bytes]
    ) -> dict[str, Any]:
        encoded = {name: websafe_encode(value) for name, value in answer.items()}
        encoded["clientDataJSON"] = websafe_encode(self._client_data(what, options))
        name = websafe_encode(self.id)
        return {"type": "public-key", "id": name, "rawId": name, "response": encoded}
