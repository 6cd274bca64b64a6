"""One thing done with the log, in a process of its own: what, and where to write what it took."""

import gzip
import io
import json
import sys
import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import django
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from devtools.bench.audit_verify.side import peak

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
_COPY = "COPY (SELECT * FROM audit_auditevent) TO STDOUT (FORMAT csv)"
_HOLD = "DELETE FROM audit_unsealed"
# Migration tells of itself today, and the rows are of two years: what is older is sealed first.
_QUEUE = """INSERT INTO audit_unsealed (id, kept, at)
    SELECT id, kept, at FROM audit_auditevent WHERE at >= %s AND at < %s
"""
_OLDEST = "SELECT min(at) FROM audit_auditevent"
_NEXT = "SELECT max(at) FROM (SELECT at FROM audit_unsealed ORDER BY id LIMIT %s) next"


def copy(out: Path) -> None:
    """Have PostgreSQL write the rows as they are."""
    with connection.cursor() as cursor, cursor.cursor.copy(_COPY) as pieces:
        _write(pieces, out)


def csv(out: Path) -> None:
    from accounts.log_export import files  # noqa: PLC0415  Django is set up by now

    _write(files.as_csv(_asked()), out)


def json_lines(out: Path) -> None:
    from accounts.log_export import files  # noqa: PLC0415

    _write(files.as_json_lines(_asked()), out)


def sealed(out: Path) -> None:
    from accounts.log_export import files  # noqa: PLC0415

    _write(files.sealed(None, now=timezone.now()), out)


def verify(out: Path) -> None:
    """Run the command as an administrator does."""
    key = out.with_name("seal.pub")
    key.write_bytes(KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    said = io.StringIO()
    try:
        call_command("verify_audit_log", "--public-key", str(key), "--json", stdout=said)
    except SystemExit:
        raise RuntimeError(json.loads(said.getvalue())["findings"][0]["sentence"]) from None
    out.write_text(said.getvalue())


def _asked() -> Any:
    """Give all of the log, as somebody who may see everything takes it out."""
    from accounts.log_export import files  # noqa: PLC0415
    from accounts.models import User  # noqa: PLC0415

    today = timezone.localdate()
    reader = User(username="all", is_superuser=True)
    return files.Asked(None, today - timedelta(days=4000), today, reader, timezone.now())


def _write(pieces: Iterable[bytes | memoryview], out: Path) -> None:
    with out.open("wb") as file:
        file.writelines(pieces)


def _seal_everything() -> list[float]:
    """Seal round by round, as if each had come when its events had; gives the seconds of each."""
    began = timezone.now() - timedelta(hours=1)
    with connection.cursor() as cursor:
        cursor.execute(_HOLD)
        cursor.execute(_OLDEST)
        oldest = cursor.fetchone()[0]
        _round(oldest - timedelta(minutes=1))  # tells that the key is new
        cursor.execute(_QUEUE, [oldest, began])
        cursor.execute("ANALYZE audit_unsealed")
    rounds = []
    while (newest := _next()) is not None:
        rounds.append(_round(newest + timedelta(seconds=1)))
    with connection.cursor() as cursor:
        cursor.execute(_QUEUE, [began, timezone.now()])
    _round(timezone.now())
    return rounds


def _next() -> datetime | None:
    from audit.rounds import MOST  # noqa: PLC0415

    with connection.cursor() as cursor:
        cursor.execute(_NEXT, [MOST])
        newest: datetime | None = cursor.fetchone()[0]
        return newest


def _round(now: datetime) -> float:
    from audit.rounds import seal_round  # noqa: PLC0415

    began = time.perf_counter()
    seal_round(key=KEY, now=now)
    return time.perf_counter() - began


SIDES: dict[str, Callable[[Path], None]] = {
    "copy": copy,
    "csv": csv,
    "json-lines": json_lines,
    "sealed": sealed,
    "verify": verify,
}


def _measured(what: str, out: Path) -> dict[str, float]:
    connection.ensure_connection()
    if what == "verify":  # the newest seal has to be of now, as where beat runs
        _round(timezone.now())
    before, began = peak(), time.perf_counter()
    SIDES[what](out)
    seconds, mebibytes = time.perf_counter() - began, peak() - before
    size = out.stat().st_size / 2**20
    return {"seconds": seconds, "mebibytes": mebibytes, "size": size, "events": _events(what, out)}


def _events(what: str, out: Path) -> int:
    """Count what was written, when the clock has stopped."""
    if what == "verify":
        found: int = json.loads(out.read_text())["summary"]["events"]
        return found
    with gzip.open(out) if what == "sealed" else out.open("rb") as lines:
        return sum(what in ("copy", "csv") or b'"type": "event"' in line for line in lines)


def main() -> None:
    what, answer = sys.argv[1], Path(sys.argv[2])
    django.setup()
    if what == "seal":
        found: dict[str, Any] = {"rounds": _seal_everything()}
    else:
        found = _measured(what, answer.with_name("out"))
    answer.write_text(json.dumps(found))


if __name__ == "__main__":
    main()
