"""The one HTTP client towards ID-porten: bounded in time and size, no redirects, no retries."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

import urllib3
from urllib3.exceptions import HTTPError

from linking.refusals import ProviderUnavailable

CONNECT_SECONDS = 3.0
TOTAL_SECONDS = 8.0
MAX_BYTES = 1024 * 1024

_HEADERS = {"Accept": "application/json", "User-Agent": "Kobling"}
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}

_pool = urllib3.PoolManager(maxsize=10, retries=False)


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
    deadline = time.monotonic() + TOTAL_SECONDS
    timeout = urllib3.Timeout(connect=CONNECT_SECONDS, total=TOTAL_SECONDS)
    try:
        response = _pool.request(
            method,
            url,
            body=form,
            headers=_HEADERS if form is None else _HEADERS | _FORM,
            redirect=False,  # a redirect would carry code and assertion to another host (H-38)
            timeout=timeout,
            preload_content=False,
        )
        body = _read(response, deadline)
    except HTTPError:
        # The cause may quote the address with its parameters.
        raise ProviderUnavailable from None
    return Answer(status=response.status, body=body)


def _read(response: urllib3.BaseHTTPResponse, deadline: float) -> bytes:
    body = bytearray()
    while chunk := response.read1(64 * 1024, decode_content=True):
        body += chunk
        if len(body) > MAX_BYTES or time.monotonic() > deadline:
            response.close()
            raise ProviderUnavailable
    response.release_conn()
    return bytes(body)
