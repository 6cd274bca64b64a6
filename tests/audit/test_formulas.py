"""The formulas of the log, each against the same written out here with hashlib and hmac alone."""

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit import verifier
from audit.sealing import EventToSeal, commit, make_seal
from tests.audit.logs import KEY, OTHER_KEY

AT = datetime(2026, 11, 26, 2, 2, 3, 123456, tzinfo=timezone(timedelta(hours=1)))
ORGANISATION, EMPLOYEE = UUID(int=0xA), UUID(int=0xE)
PERSON_KEY = bytes(range(32))


def sample(event_id: int = 7, organisation: UUID | None = ORGANISATION) -> EventToSeal:
    return EventToSeal(
        id=event_id,
        at=AT,
        event="link:made",
        kept="decision",
        organisation=organisation,
        employee=EMPLOYEE,
        actor="eid",
        reference="7F3K-2Q",
        reason="",
        commitment=bytes(32),
    )


def written_leaf(event_id: int) -> bytes:
    public = (
        '{"actor":"eid","at":"2026-11-26T01:02:03.123456Z","commitment":"' + "00" * 32 + '",'
        '"employee":"00000000-0000-0000-0000-00000000000e","event":"link:made",'
        f'"id":{event_id},"kept":"decision",'
        '"organisation":"00000000-0000-0000-0000-00000000000a","reason":"","reference":"7F3K-2Q"}'
    )
    return hashlib.sha256(b"kobling-audit-event-1\x00" + public.encode()).digest()


def test_canonical_json_is_sorted_tight_and_utf_8() -> None:
    value = {"b": [1, True, None], "a": "Bjørn «x»\n", "c": {"ø": -3, "z": ""}}

    assert verifier.canonical_json(value) == (
        '{"a":"Bjørn «x»\\n","b":[1,true,null],"c":{"z":"","ø":-3}}'.encode()
    )


@pytest.mark.parametrize("value", [1.0, float("nan"), "\ud800", {1: "x"}, b"x", {"x": {2}}, AT])
def test_what_has_no_canonical_json_is_refused(value: object) -> None:
    with pytest.raises(verifier.NotCanonical):
        verifier.canonical_json({"x": [value]})


def test_the_opening_is_keyed_by_the_person_and_tells_events_apart() -> None:
    written = hmac.new(PERSON_KEY, b"kobling-audit-opening\0\0\0\0\0\0\x01\x02", hashlib.sha256)

    assert verifier.opening_for(PERSON_KEY, 258) == written.digest()


def test_the_commitment_is_over_details_and_network() -> None:
    opening = bytes(range(32, 64))
    personal = b'{"details":{"eid":"BankID","n":1},"network":"192.0.2.0/24"}'

    found = verifier.commitment(opening, {"n": 1, "eid": "BankID"}, "192.0.2.0/24")

    assert found == hmac.new(opening, personal, hashlib.sha256).digest()


@pytest.mark.parametrize(
    ("key", "opening"),
    [
        (None, b""),
        (
            PERSON_KEY,
            hmac.digest(PERSON_KEY, b"kobling-audit-opening" + (9).to_bytes(8, "big"), "sha256"),
        ),
    ],
)
def test_an_event_without_a_subject_is_committed_to_without_a_key(
    key: bytes | None, opening: bytes
) -> None:
    found = commit(9, details={}, network="", person_key=key)

    assert found == hmac.digest(opening, b'{"details":{},"network":""}', "sha256")


def test_a_record_is_the_id_and_the_leaf() -> None:
    assert sample().record == b"\0\0\0\0\0\0\0\x07" + written_leaf(7)


def test_the_key_id_is_of_the_raw_public_key() -> None:
    raw = KEY.public_key().public_bytes_raw()

    assert verifier.key_id(KEY.public_key()) == hashlib.sha256(raw).hexdigest()[:16]


def test_a_seal_is_what_the_format_says() -> None:
    seal = make_seal(
        chain=str(ORGANISATION),
        after=None,
        round_number=5,
        events=[sample(9), sample(7)],
        key=KEY,
        now=AT,
    )

    records = b"".join(number.to_bytes(8, "big") + written_leaf(number) for number in (7, 9))
    assert seal.records == records
    assert json.loads(seal.statement) == {
        "v": 1,
        "chain": str(ORGANISATION),
        "number": 1,
        "round": 5,
        "previous": "0" * 64,
        "sealed_at": "2026-11-26T01:02:03.123456Z",
        "key": hashlib.sha256(KEY.public_key().public_bytes_raw()).hexdigest()[:16],
        "groups": [
            {
                "kept": "decision",
                "month": "2026-11",
                "count": 2,
                "digest": hashlib.sha256(records).hexdigest(),
            }
        ],
    }
    assert seal.statement == json.dumps(
        json.loads(seal.statement), sort_keys=True, separators=(",", ":")
    )
    KEY.public_key().verify(seal.signature, b"kobling-audit-seal-1\0" + seal.statement.encode())


def test_the_portals_seal_links_the_organisations_of_its_round() -> None:
    own = make_seal(
        chain=str(ORGANISATION), after=None, round_number=1, events=[sample()], key=KEY, now=AT
    )
    portal = make_seal(
        chain="portal", after=None, round_number=1, events=[], key=KEY, now=AT, links=[own]
    )

    digest = hashlib.sha256(own.statement.encode()).hexdigest()
    assert json.loads(portal.statement)["links"] == [[str(ORGANISATION), 1, digest]]
    assert json.loads(portal.statement)["groups"] == []
    assert "links" not in json.loads(own.statement)


def test_signatures_are_ed25519_and_of_the_key_that_is_named() -> None:
    seal = make_seal(
        chain="portal", after=None, round_number=1, events=[], key=OTHER_KEY, now=datetime.now(UTC)
    )

    again = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
    assert seal.signature == again.sign(b"kobling-audit-seal-1\0" + seal.statement.encode())
    assert seal.key == verifier.key_id(again.public_key())
