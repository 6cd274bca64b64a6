"""The verifier as a program: alone in a folder, as a security officer has it."""

import ast
import gzip
import importlib.util
import io
import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from audit import verifier
from tests.audit.logs import KEY, ORGANISATIONS, OTHER_KEY, Log, as_bytes

PROGRAM = Path(verifier.__file__)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    log = Log()
    for _round in range(2):
        log.record(organisation=ORGANISATIONS[0])
        log.seal()
    (tmp_path / "log.jsonl").write_bytes(as_bytes(log.export()))
    (tmp_path / "key.pem").write_bytes(pem(KEY.public_key()))
    (tmp_path / "other.pem").write_bytes(pem(OTHER_KEY.public_key()))
    (tmp_path / "heads.jsonl").write_text("\n".join(json.dumps(h._asdict()) for h in log.heads))
    return tmp_path


def pem(key: ed25519.Ed25519PublicKey | ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def run(folder: Path, *arguments: str, key: str = "key.pem") -> int:
    options = ["--public-key", str(folder / key)]
    return verifier.main([*(str(folder / x) if "." in x else x for x in arguments), *options])


def test_a_sound_log_ends_with_0_and_a_summary(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(folder, "log.jsonl", "--head", "heads.jsonl") == 0

    text = capsys.readouterr().out
    assert "The log is sound." in text
    assert "Seals: 4, from 2026-09-30T23:59:30.000005Z to 2026-10-01T00:00:30.000005Z." in text
    assert "Heads kept outside: 4 compared; 0" in text


def test_a_finding_ends_with_1_and_a_sentence(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = folder / "log.jsonl"
    log.write_bytes(log.read_bytes().replace(b'"actor": "eid"', b'"actor": "me"', 1))

    assert run(folder, "log.jsonl") == 1

    text = capsys.readouterr().out
    assert f"Organisation {ORGANISATIONS[0]}, seal 1 (sealed 2026-09-30T23:59:30" in text
    assert "event 1 (sign-in:done, 2026-09-30T23:58:30.000005Z) was edited" in text
    assert "NOT SOUND: 1 findings." in text


def test_the_report_is_json_too(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder, "log.jsonl", "--json", key="other.pem") == 1

    report = json.loads(capsys.readouterr().out)
    assert report["sound"] is False
    assert [each["kind"] for each in report["findings"]] == ["key"]
    assert report["summary"]["events"] == 2


def test_gzip_is_read(folder: Path) -> None:
    (folder / "log.gz").write_bytes(gzip.compress((folder / "log.jsonl").read_bytes()))

    assert run(folder, "log.gz") == 0


def test_a_broken_gzip_could_not_be_read(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    packed = gzip.compress((folder / "log.jsonl").read_bytes())
    for broken in (packed[:-30], packed[:300] + b"xxxx" + packed[304:], packed + b"x"):
        (folder / "log.gz").write_bytes(broken)
        assert run(folder, "log.gz") == 2
        assert "could not be read" in capsys.readouterr().err


@pytest.mark.parametrize("missing", ["log.jsonl", "key.pem", "heads.jsonl"])
def test_a_missing_file_could_not_be_read(
    folder: Path, capsys: pytest.CaptureFixture[str], missing: str
) -> None:
    (folder / missing).unlink()

    assert run(folder, "log.jsonl", "--head", "heads.jsonl") == 2
    assert missing in capsys.readouterr().err


@pytest.mark.parametrize(
    "content", [b"", b"junk", pem(ec.generate_private_key(ec.SECP256R1()).public_key())]
)
def test_what_is_no_key_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str], content: bytes
) -> None:
    (folder / "key.pem").write_bytes(content)

    assert run(folder, "log.jsonl") == 2
    assert capsys.readouterr().err.startswith("This is not a")


@pytest.mark.parametrize("line", ["{}", "x", '{"chain":"portal","number":1}', "[]"])
def test_what_is_no_head_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str], line: str
) -> None:
    (folder / "heads.jsonl").write_text("\n" + line)

    assert run(folder, "log.jsonl", "--head", "heads.jsonl") == 2
    assert capsys.readouterr().err.startswith("Line 2 of the heads")


@pytest.mark.parametrize("content", [b"", b"\n", b"\0" * 999, b"PK\x03\x04junk"])
def test_a_file_that_is_no_export_is_never_sound(folder: Path, content: bytes) -> None:
    (folder / "log.jsonl").write_bytes(content)

    assert run(folder, "log.jsonl") == 1


def test_the_tolerances_are_options(folder: Path) -> None:
    assert run(folder, "log.jsonl", "--stale-minutes", "0") == 1


@pytest.mark.parametrize(
    "option",
    [
        *("--stale-minutes=inf", "--early-minutes=nan", "--late-minutes=1e30"),
        *("--unsealed-minutes=-1", "--security-months=-1", "--decision-months=99999999999999"),
    ],
)
def test_an_option_that_is_senseless_is_refused_with_a_sentence(
    folder: Path, capsys: pytest.CaptureFixture[str], option: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        run(folder, "log.jsonl", option)
    assert ended.value.code == 2
    assert "is no number from 0" in capsys.readouterr().err


def test_a_narrow_terminal_shows_all_findings(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = folder / "log.jsonl"
    log.write_bytes(log.read_bytes().replace(b'"event": "sign-in:done"', '"event": "Ж"'.encode()))
    narrow = io.TextIOWrapper(io.BytesIO(), encoding="cp1252")
    monkeypatch.setattr("sys.stdout", narrow)

    assert run(folder, "log.jsonl") == 1

    narrow.flush()
    written = narrow.buffer.getvalue()
    assert b"event 1 (\\u0416, " in written
    assert b"NOT SOUND: 2 findings." in written


def test_months_that_went_too_soon_are_found_without_an_option(folder: Path) -> None:
    log = Log()
    log.record()
    log.seal()
    log.seal(after=timedelta(days=300))
    log.drop("security", "2026-09")
    log.seal()
    (folder / "log.jsonl").write_bytes(as_bytes(log.export()))

    assert run(folder, "log.jsonl") == 1
    assert run(folder, "log.jsonl", "--security-months", "9") == 0
    assert run(folder, "log.jsonl", "--security-months", "10") == 1


def test_it_imports_the_standard_library_and_cryptography_alone() -> None:
    tree = ast.parse(PROGRAM.read_text(), feature_version=(3, 10))
    names = {x.name for node in ast.walk(tree) if isinstance(node, ast.Import) for x in node.names}
    names |= {x.module or "." for x in ast.walk(tree) if isinstance(x, ast.ImportFrom)}

    assert {x.partition(".")[0] for x in names} - sys.stdlib_module_names == {"cryptography"}


def test_it_runs_where_there_is_cryptography_and_nothing_else(folder: Path) -> None:
    """As `python -I verifier.py`, with no packages but these, and the log on standard input."""
    (folder / "verifier.py").write_bytes(PROGRAM.read_bytes())
    only = folder / "only"
    only.mkdir()
    for name in ("cryptography", "cffi", "_cffi_backend"):
        link(name, only)
    start = (
        f"import runpy, sys; sys.path.append({str(only)!r}); sys.argv[0] = 'verifier.py'; "
        "runpy.run_path('verifier.py', run_name='__main__')"
    )

    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", start, "-", "--public-key", "key.pem"],
        cwd=folder,
        input=(folder / "log.jsonl").read_bytes(),
        capture_output=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, b"")
    assert b"The log is sound." in done.stdout


def link(name: str, only: Path) -> None:
    found = importlib.util.find_spec(name)
    if found is not None and found.origin:
        source = Path(found.origin)
        source = source.parent if source.name == "__init__.py" else source
        (only / source.name).symlink_to(source)
