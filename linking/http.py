"""The one HTTP client towards ID-porten: bounded in time and size, no redirects, no retries."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from urllib.parse import urlencode

import urllib3
from urllib3.exceptions import HTTPError

from audit.bounded_http import bounded_pools
from linking.refusals import ProviderUnavailable

CONNECT_SECONDS = 3.0
TOTAL_SECONDS = 8.0
MAX_BYTES = 1024 * 1024

_pool = bounded_pools(maxsize=10)
_deadline: ContextVar[float | None] = ContextVar("deadline", default=None)
_HEADERS = {"Accept": "application/json", "User-Agent": "Kobling"}
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@contextmanager
def time_limit() -> Iterator[None]:
    """Let all calls inside share one total of time: whoever waits, waits for all of them (H-37)."""
    before = _deadline.get()
    token = _deadline.set(before or time.monotonic() + TOTAL_SECONDS)
    try:
        yield
    finally:
        _deadline.reset(token)


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes


def get(url: str) -> Answer:
    """Fetch a document.

    Raises:
        ProviderUnavailable: no whole answer came in time, or it is over 1 MiB.
    """
    return _call("GET", url)


def post(url: str, fields: Mapping[str, str]) -> Answer:
    """Post a form, once: what it carries is good for one use (H-36).

    Raises:
        ProviderUnavailable: no whole answer came in time, or it is over 1 MiB.
    """
    return _call("POST", url, urlencode(fields))


def _call(method: str, url: str, form: str | None = None) -> Answer:
    try:
        response = _pool.request(
            method,
            url,
            body=form,
            headers=_HEADERS if form is None else _HEADERS | _FORM,
            redirect=False,  # a redirect would carry code and assertion to another host (H-38)
            timeout=urllib3.Timeout(connect=CONNECT_SECONDS, total=_seconds_left()),
            preload_content=False,
        )
        body = _read(response)
    except HTTPError:
        # The cause may quote the address with its parameters.
        raise ProviderUnavailable from None
    return Answer(status=response.status, body=body)


def _seconds_left() -> float:
    deadline = _deadline.get()
    left = TOTAL_SECONDS if deadline is None else deadline - time.monotonic()
    if left <= 0:
        raise ProviderUnavailable
    return left


def _read(response: urllib3.BaseHTTPResponse) -> bytes:
    body = bytearray()
    while chunk := response.read1(64 * 1024, decode_content=True):
        body += chunk
        if len(body) > MAX_BYTES:  # H-39; of a gzip bomb, too, no more is unpacked
            response.close()
            raise ProviderUnavailable
    response.release_conn()
    return bytes(body)
