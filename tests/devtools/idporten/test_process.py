"""The stand-in as the demo starts it: with the sample people, from the command line."""

import json
import socket
import sys
from pathlib import Path

import pytest
from joserfc.jwk import RSAKey

from devtools.idporten.__main__ import main
from devtools.idporten.keys import KeyRing
from devtools.idporten.server import StandIn
from devtools.idporten.synthetic_numbers import parse_synthetic_number
from devtools.people import SAMPLE_PEOPLE
from tests.devtools.idporten.relying_party import Clock, RelyingParty, registration


def test_every_sample_person_has_a_number_that_is_accepted() -> None:
    for person in SAMPLE_PEOPLE:
        assert parse_synthetic_number(person.national_id) == person.national_id


def test_a_sample_person_signs_in_under_their_own_name(
    client_key: RSAKey, standin_keys: KeyRing, clock: Clock
) -> None:
    person = SAMPLE_PEOPLE[-1]
    with StandIn([registration(client_key)], keys=standin_keys, now=clock) as standin:
        rp = RelyingParty(standin.issuer, clock, client_key)
        claims = rp.claims_after(standin.sign_in(rp.authorize_url(), person))
    assert claims["pid"] == person.national_id
    assert claims["family_name"] == person.family_name


def test_a_busy_port_is_a_sentence(
    client_key: RSAKey,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    jwk_file = tmp_path / "client.json"
    jwk_file.write_text(json.dumps(client_key.as_dict(private=True)))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        options = ["--port", port, "--client-id", "kobling", "--client-jwk-file", str(jwk_file)]
        monkeypatch.setattr(sys, "argv", ["idporten", *options, "--redirect-uri", "http://rp/"])
        assert main() == 2
    assert capsys.readouterr().err == (
        f"The stand-in cannot use port {port}: Address already in use.\n"
    )


def test_a_private_client_key_is_kept_in_its_public_part_only(client_key: RSAKey) -> None:
    client = registration(client_key, jwks=[client_key.as_dict(private=True)])
    assert not any(hasattr(key, "private_numbers") for key in client.keys.values())


def test_a_client_key_must_be_strong_enough() -> None:
    weak = {"kty": "RSA", "kid": "weak", "n": "AQAB", "e": "AQAB"}
    with pytest.raises(ValueError, match="2048 bits"):
        registration(RSAKey.generate_key(2048, {"kid": "unused"}), jwks=[weak])
