"""OpenTelemetry's protocol for logs: OTLP 1 over HTTP, in JSON. Values in, values out.

https://opentelemetry.io/docs/specs/otlp/. OTLP and not syslog (RFC 5424, 5425), because its
receiver answers: over syslog what a broken connection had in it is lost, and nobody knows what.

The exporter of OpenTelemetry's SDK was looked at and not taken: it queues in memory, drops what
does not fit or is refused, and tells nobody which records an answer was for. A cursor that loses
nothing needs just that answer; what is left of the protocol fits on this page.
"""

import gzip
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any, NoReturn
from uuid import UUID

HEADERS = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
LONGEST_WAIT = timedelta(hours=1)  # whatever Retry-After says
_SAID = 200
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# From the severities of RFC 5424: appendix B of OpenTelemetry's data model of logs.
_SEVERITY_NUMBERS = {0: 21, 1: 19, 2: 18, 3: 17, 4: 13, 5: 10, 6: 9, 7: 5}
_THROTTLES = {429, 502, 503, 504}  # the protocol's own list of what is tried again
_OF_THE_RECORDS = {400, 413, 422}  # perhaps of one of them alone


class Failure(StrEnum):
    """Why a batch counts as not delivered."""

    UNREACHABLE = "unreachable"
    THROTTLED = "throttled"
    NOT_ALLOWED = "not-allowed"
    STATUS = "status"
    UNCLEAR = "unclear"
    REFUSED = "refused"


class NotAcknowledged(Exception):
    """The receiver did not say that it has all of the batch.

    `said` is the receiver's own words, or its status. Where the failure is `REFUSED`, it may be
    about one of the records; a smaller batch tells.
    """

    def __init__(
        self, failure: Failure, said: str = "", *, retry_after: timedelta | None = None
    ) -> None:
        super().__init__(failure.value)
        self.failure = failure
        self.said = "".join(filter(str.isprintable, " ".join(said.split())))[:_SAID]
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Entry:
    """What is told of one event: what an auditor sees, and less.

    Names are not in it, nor are the event's details: they tell of a person from what to what
    something was changed, and no erasure (GDPR article 17) reaches what has left the portal.
    """

    id: int
    uid: str
    at: datetime
    event: str
    text: str
    severity: int  # RFC 5424
    severity_text: str
    kept: str
    organisation: UUID | None
    slug: str
    employee: UUID | None
    actor: str
    reason: str
    reference: str
    network: str


def request_body(entries: Iterable[Entry], *, now: datetime) -> bytes:
    """Give the gzip'ed request, `ExportLogsServiceRequest`."""
    records = [_record(entry, now) for entry in entries]
    scope = {"scope": {"name": "kobling.audit"}, "logRecords": records}
    resource = {"attributes": [_attribute("service.name", "kobling")]}
    request = {"resourceLogs": [{"resource": resource, "scopeLogs": [scope]}]}
    text = json.dumps(request, ensure_ascii=False, separators=(",", ":"))
    return gzip.compress(text.encode(), compresslevel=5, mtime=0)


def _record(entry: Entry, now: datetime) -> dict[str, Any]:
    attributes: dict[str, str | int] = {
        # By it receivers know doubles.
        "log.record.uid": entry.uid,
        "kobling.event.id": entry.id,
        "kobling.event": entry.event,  # for those that do not know eventName yet
        "kobling.kept": entry.kept,
        "kobling.organisation": entry.slug,
        "kobling.organisation.id": str(entry.organisation or ""),
        "kobling.employee.id": str(entry.employee or ""),
        "kobling.actor": entry.actor,
        "kobling.reason": entry.reason,
        "kobling.reference": entry.reference,
        "kobling.network": entry.network,
    }
    return {
        "timeUnixNano": _nanoseconds(entry.at),
        "observedTimeUnixNano": _nanoseconds(now),
        "severityNumber": _SEVERITY_NUMBERS[entry.severity],
        "severityText": entry.severity_text,
        "eventName": entry.event,
        "body": {"stringValue": entry.text},
        "attributes": [_attribute(name, value) for name, value in attributes.items() if value],
    }


def _attribute(name: str, value: str | int) -> dict[str, Any]:
    # 64-bit numbers are text in protobuf's JSON.
    said = {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value}
    return {"key": name, "value": said}


def _nanoseconds(at: datetime) -> str:
    """Give nanoseconds since 1970, exactly: a float would lose the last digits."""
    return str((at - _EPOCH) // timedelta(microseconds=1) * 1000)


def read_answer(status: int, body: bytes, *, retry_after: str | None = None, now: datetime) -> None:
    """See whether the receiver has all of it.

    Raises:
        NotAcknowledged: it does not say so. A 200 alone is not enough: a proxy's page of sign-in
            comes with 200, too.
    """
    if status == 200:
        _read_success(body)
    elif status != 204:  # Loki's way of saying {}
        _refuse(status, body, retry_after, now)


def _refuse(status: int, body: bytes, retry_after: str | None, now: datetime) -> NoReturn:
    if status in _THROTTLES:
        wait = _wait(retry_after, now)
        raise NotAcknowledged(Failure.THROTTLED, _words(status, body), retry_after=wait)
    if status in _OF_THE_RECORDS:
        raise NotAcknowledged(Failure.REFUSED, _words(status, body))
    failure = Failure.NOT_ALLOWED if status in (401, 403) else Failure.STATUS
    raise NotAcknowledged(failure, _words(status, body))


def _read_success(body: bytes) -> None:
    answer = _object(body)
    if answer is None:
        raise NotAcknowledged(Failure.UNCLEAR, "200")
    partial = answer.get("partialSuccess")
    if not partial:
        return
    rejected = partial.get("rejectedLogRecords", 0) if isinstance(partial, dict) else "?"
    # Fully accepted with a warning is accepted.
    if str(rejected) != "0":
        # The protocol says not to send the same request again, and so it is: a smaller one is
        # sent, until it is known which record is meant. An audit log does not let one go.
        said = partial.get("errorMessage", "") if isinstance(partial, dict) else ""
        raise NotAcknowledged(Failure.REFUSED, str(said))


def _words(status: int, body: bytes) -> str:
    message = (_object(body) or {}).get("message", "")
    return f"{status} {message}" if isinstance(message, str) else str(status)


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) else None


def _wait(retry_after: str | None, now: datetime) -> timedelta | None:
    """Read Retry-After, seconds or a date (RFC 9110, section 10.2.3)."""
    if not retry_after:
        return None
    if retry_after.isascii() and retry_after.isdecimal():
        return min(timedelta(seconds=int(retry_after[:6])), LONGEST_WAIT)
    try:
        until = parsedate_to_datetime(retry_after)
    except (ValueError, OverflowError):
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(timedelta(0), min(until - now, LONGEST_WAIT))
