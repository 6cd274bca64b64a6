"""A file that is not as the portal writes it: a finding, and never a crash."""

import base64
import json
import tracemalloc
from collections.abc import Callable

import pytest

from audit import verifier
from audit.verifier import PORTAL, Head, Kind
from tests.audit.logs import (
    KEY,
    ORGANISATIONS,
    Line,
    Log,
    as_bytes,
    finished,
    restated,
    statement,
    verify,
)
from tests.audit.verifier.attacks import OWNER, A, B, kinds, place, place_of_seal, the_one


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("format", "kobling-audit-2"),
        ("organisation", str(A)),
        ("organisation", "everyone"),
        ("from", 3),
        ("from", 0),
        ("exported_at", "2026-10-01T00:12:31.000005Z"),
        ("exported_at", "2026-09-30T00:00:00.000000Z"),
        ("exported_at", "yesterday"),
        ("more", 1),
    ],
)
def test_a_header_that_does_not_fit_is_found(log: Log, name: str, value: object) -> None:
    lines = log.export()
    lines[0][name] = value

    found = kinds(verify(lines))

    assert found
    assert len(found) <= 4


@pytest.mark.parametrize("changes", [{"seals": 8}, {"events": 12}, {"seals": True}, {"x": 1}])
def test_an_end_that_does_not_fit_is_found(log: Log, changes: dict[str, object]) -> None:
    lines = log.export()
    lines[-1] |= changes

    assert kinds(verify(lines)) == [Kind.HEADER]


def test_an_export_may_begin_with_a_round_and_says_so(log: Log) -> None:
    lines = log.export()
    at = place_of_seal(lines, A, 2)
    lines = finished([lines[0] | {"from": 2}, *lines[at:-1]])

    report = verify(lines, heads=log.heads)

    assert report.sound
    assert report.summary.heads_not_checked == 3
    assert "It begins with round 2" in verifier.as_text(report)


def test_an_organisation_that_is_gone_altogether_is_found(log: Log) -> None:
    lines = log.export()
    left = [
        line
        for line in lines[:-1]
        if line.get("organisation") != str(B)
        and not (line["type"] == "seal" and statement(line)["chain"] == str(B))
    ]

    finding = the_one(verify(finished(left), heads=log.heads))

    assert (finding.kind, finding.chain, finding.seal) == (Kind.CUT_TAIL, str(B), 1)
    assert "seals 1 to 2 are missing" in finding.sentence


@pytest.mark.parametrize(
    "junk",
    [
        b"{",
        b"[]",
        b"null",
        b'"x"',
        b"\xff\xfe",
        b'{"type":"event"}',
        b'{"type":"seal"}',
        b'{"type":"end"}',
        b'{"type":[]}',
        b'{"type":"event","id":1e3}',
        b'{"type":"event","id":NaN}',
        b'{"type":"event","id":1,"id":1}',
        b'{"type":"event","id":' + b"9" * 5000 + b"}",
        b"[" * 100_000,
        b'{"type":"seal","statement":"\\ud800","records":"","signature":""}',
        b'{"type":"seal","statement":"{}","records":"","signature":""}',
        b'{"type":"seal","statement":"{\\"v\\":2}","records":"","signature":""}',
        b'{"type":"seal","statement":{},"records":"=","signature":""}',
        b'{"type":"seal","statement":"{\\"v\\":\\"\\\\ud800\\"}","records":"","signature":""}',
    ],
)
def test_junk_between_the_lines_is_a_finding_and_never_a_crash(log: Log, junk: bytes) -> None:
    lines = as_bytes(log.export()).splitlines(keepends=True)

    for at in (0, 1, 3, len(lines) - 1, len(lines)):
        report = verify(b"".join([*lines[:at], junk + b"\n", *lines[at:]]))
        assert not report.sound
        assert len(report.findings) <= 20


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("id", True),
        ("id", 1.0),
        ("id", -1),
        ("id", 2**63),
        ("id", "1"),
        ("id", [1]),
        ("at", 0),
        ("at", {}),
        ("at", "2026-09-30T23:58:30.000005+00:00"),
        ("at", "2026-W40-3T23:58:30.000005Z"),
        ("at", "2026-13-30T23:58:30.000005Z"),
        ("organisation", str(A).upper()),
        ("actor", "\ud800"),
        ("actor", None),
        ("actor", "x" * 101),
        ("details", []),
        ("details", {"x": 0.5}),
        ("details", {"x": "\udfff"}),
        ("network", None),
        ("opening", ""),
        ("opening", "00"),
        ("opening", None),
        ("extra", 1),
    ],
)
def test_a_value_of_the_wrong_form_is_found_also_in_rows_of_a_database(
    log: Log, name: str, value: object
) -> None:
    lines = log.export()
    lines[place(lines, 1)][name] = value
    verification = verifier.Verification([KEY.public_key()])
    for line in lines:
        verification.feed(line)

    findings = verification.finish().findings

    assert findings[0].kind is Kind.EVENT_EDITED
    assert len(findings) == 1


def test_a_name_that_stands_twice_in_one_object_is_found(log: Log) -> None:
    """One reader would take the first value, another the last."""
    written = as_bytes(log.export()).replace(b'"actor":', b'"actor": "me", "actor":', 1)

    assert kinds(verify(written)) == [Kind.UNREADABLE]


def test_base64_with_bits_to_spare_is_found(log: Log) -> None:
    lines = log.export()
    at = place_of_seal(lines, A, 1)
    signature = lines[at]["signature"]
    spare = signature[:-3] + chr(ord(signature[-3]) + 1) + "=="
    assert base64.b64decode(spare) == base64.b64decode(signature)

    lines[at]["signature"] = spare

    finding = the_one(verify(lines))
    assert (finding.kind, finding.chain, finding.seal) == (Kind.SEAL_EDITED, str(A), 1)


def test_a_statement_in_another_form_is_found_though_it_is_signed(log: Log) -> None:
    lines = log.export()
    at = place_of_seal(lines, PORTAL, 4)
    text = lines[at]["statement"].replace(",", ", ")
    signature = KEY.sign(verifier.signed_bytes(text))
    lines[at] |= {"statement": text, "signature": base64.b64encode(signature).decode()}

    assert Kind.SEAL_EDITED in kinds(verify(lines))


def test_another_way_of_writing_a_time_is_found_where_no_seal_shows_it(log: Log) -> None:
    log.record()
    lines = log.export()
    lines[-2]["at"] = "2026-W40-4T00:02:30.000005Z"

    assert kinds(verify(lines)) == [Kind.EVENT_EDITED]


WITH_AN_OFFSET = ("2026-10-01T00:00:00.000000+00:00Z", "0001-01-01T00:00:00.000000+05:00Z")


@pytest.mark.parametrize("written", WITH_AN_OFFSET)
def test_a_time_with_an_offset_is_found_wherever_it_stands(log: Log, written: str) -> None:
    """Such a time cannot be compared with the others: all that was found would be lost."""
    log.record()
    for at in (0, -2, place(log.export(), 1)):
        lines = log.export()
        lines[at]["exported_at" if at == 0 else "at"] = written
        assert kinds(verify(lines)) == [Kind.HEADER if at == 0 else Kind.EVENT_EDITED]
    lines = log.export()
    seal = place_of_seal(lines, PORTAL, 3)
    lines[seal] = restated(lines[seal], signer=KEY, sealed_at=written)
    assert Kind.SEAL_EDITED in kinds(verify(lines))


def test_an_opening_is_not_padded(log: Log) -> None:
    """HMAC fills keys up with zeros, so these two open one commitment."""
    number = log.record("key:used")
    log.seal()
    lines = log.export()
    at = place(lines, number)
    assert verifier.commitment(b"", {}, "") == verifier.commitment(bytes(32), {}, "")

    lines[at]["opening"] = "00" * 32

    assert the_one(verify(lines)).events == (number,)


def test_what_an_attacker_wrote_does_not_steer_the_terminal(log: Log) -> None:
    lines = log.export()
    lines[place(lines, 1)]["event"] = "\x1b[2Jsound\u202e" + "x" * 500

    text = verifier.as_text(verify(lines))

    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "x" * 100 not in text


def test_no_more_than_a_thousand_findings_are_kept(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verifier, "MOST_FINDINGS", 3)
    lines = log.export()
    for line in lines:
        if line["type"] == "event":
            line["actor"] = "system"

    report = verify(lines)

    assert (len(report.findings), report.left_out) == (3, 8)
    assert "And 8 more findings." in verifier.as_text(report)


def test_a_line_that_is_too_long_is_found(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifier, "MOST_LINE_BYTES", 2000)
    lines = as_bytes(log.export()).splitlines(keepends=True)
    lines.insert(2, b'"' + b"x" * 7000 + b'"\n')

    report = verify(b"".join(lines))

    assert kinds(report) == [Kind.UNREADABLE]
    assert report.findings[0].sentence.startswith("Line 3 is longer than 2000 bytes")


def test_an_event_that_is_too_long_is_found_and_a_seal_may_be_longer(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verifier, "MOST_EVENT_BYTES", 500)
    lines = log.export()
    assert max(len(json.dumps(line)) for line in lines) > 500
    assert verify(lines).sound

    lines[place(lines, 3)]["details"] = {"x": "x" * 500}

    finding = the_one(verify(lines))
    assert finding.kind is Kind.UNREADABLE
    assert "is an event of more than 500 bytes" in finding.sentence


def test_what_is_held_for_the_findings_is_small(log: Log) -> None:
    lines = log.export()
    one = lines[place(lines, 3)]
    many = [one | {"id": 1000 + n, "details": {"x": "x" * 900_000}} for n in range(60)]
    source = as_bytes([*lines[:-1], *many])

    tracemalloc.start()
    report = verify(source)
    _now, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert Kind.CUT_TAIL in kinds(report)
    assert most < 20_000_000


def shuffled(lines: list[Line]) -> bytes:
    return b"".join(json.dumps(dict(reversed(x.items()))).encode() + b"\n" for x in lines)


def spaced(lines: list[Line]) -> bytes:
    return b"\r\n\n".join(json.dumps(x, indent=None).encode() + b" \t" for x in lines)


@pytest.mark.parametrize("written", [shuffled, spaced, as_bytes])
def test_another_way_of_writing_the_same_is_accepted(
    log: Log, written: Callable[[list[Line]], bytes]
) -> None:
    log.record(organisation=A, employee=OWNER, note="Bjørn «x» \u2028")
    log.seal()

    assert verify(written(log.export()), heads=log.heads).sound


def test_a_head_of_a_chain_that_never_was_is_found(log: Log) -> None:
    head = Head(str(ORGANISATIONS[2]), 1, "00" * 32, log.heads[0].sealed_at)

    assert kinds(verify(log.export(), heads=[head])) == [Kind.CUT_TAIL]
