"""The receiver of the forwarded log, called: bounded in time and size, never redirected."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import urllib3
from urllib3.exceptions import HTTPError

from audit.bounded_http import bounded_pools
from audit.otlp import HEADERS, Failure, NotAcknowledged, read_answer

CONNECT_SECONDS = 3.0
TOTAL_SECONDS = 10.0  # a transaction stands open meanwhile
_MOST_BYTES = 64 * 1024

_pool = bounded_pools(maxsize=1)


@dataclass(frozen=True, slots=True)
class Receiver:
    """Where the log goes, …/v1/logs, and by which headers one is let in there."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


def deliver(receiver: Receiver, body: bytes, *, now: datetime) -> None:
    """Send a request, once.

    Raises:
        NotAcknowledged: the receiver did not say that it has all of it.
    """
    try:
        response = _pool.request(
            "POST",
            receiver.url,
            body=body,
            headers={"User-Agent": "Kobling", **receiver.headers, **HEADERS},
            redirect=False,  # it would carry log and secret to another host
            timeout=urllib3.Timeout(connect=CONNECT_SECONDS, total=TOTAL_SECONDS),
            preload_content=False,
        )
        answer = _read(response)
    except HTTPError as error:
        # The cause may quote the address; its kind says enough.
        raise NotAcknowledged(Failure.UNREACHABLE, type(error).__name__) from None
    retry_after = response.headers.get("Retry-After")
    read_answer(response.status, answer, retry_after=retry_after, now=now)


def _read(response: urllib3.BaseHTTPResponse) -> bytes:
    body = bytearray()
    while chunk := response.read1(_MOST_BYTES, decode_content=True):
        body += chunk
        if len(body) > _MOST_BYTES:
            response.close()
            raise NotAcknowledged(Failure.UNCLEAR, str(response.status))
    response.release_conn()
    return bytes(body)
