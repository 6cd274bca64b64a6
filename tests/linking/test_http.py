"""The client towards ID-porten, against servers that do what servers should not.

No clock decides here: a server that drips would come to a good end, if one waited long enough.
"""

import gzip
import re
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread

import pytest

from linking import http
from linking.refusals import ProviderUnavailable

type Behaviour = Callable[[socket.socket, Event], None]

GOOD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


class Server:
    """Takes connections one after the other, and counts them."""

    def __init__(self, behaviour: Behaviour) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}/"
        self.received: list[bytes] = []
        self._behaviour = behaviour
        self._stopping = Event()
        self._thread = Thread(target=self._serve, daemon=True)

    def _serve(self) -> None:
        while True:
            connection, _address = self._listening.accept()
            if self._stopping.is_set():
                return connection.close()
            with connection:
                self.received.append(whole_request(connection))
                with suppress(OSError):  # the client has gone, as it should
                    self._behaviour(connection, self._stopping)

    @contextmanager
    def running(self) -> Iterator["Server"]:
        self._thread.start()
        try:
            yield self
        finally:
            self._stopping.set()
            socket.create_connection(self._listening.getsockname()).close()
            self._thread.join()
            self._listening.close()


def whole_request(connection: socket.socket) -> bytes:
    with connection.makefile("rb") as stream:
        head = b"".join(iter(stream.readline, b"\r\n"))
        length = re.search(rb"(?i)content-length: (\d+)", head)
        return head + (stream.read(int(length[1])) if length else b"")


@pytest.fixture(autouse=True)
def _a_short_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "TOTAL_SECONDS", 0.5)


def drips(head: bytes, dripped: bytes) -> Behaviour:
    """Two seconds' worth of bytes, each in time for a timeout of its own."""

    def behave(connection: socket.socket, stopping: Event) -> None:
        connection.sendall(head)
        for byte in dripped:
            if stopping.wait(2 / len(dripped)):
                return
            connection.sendall(bytes([byte]))

    return behave


def says(answer: bytes) -> Behaviour:
    return lambda connection, _stopping: connection.sendall(answer)


def hangs(_connection: socket.socket, stopping: Event) -> None:
    stopping.wait(30)


def bomb(connection: socket.socket, _stopping: Event) -> None:
    packed = gzip.compress(b"\0" * 100_000_000)
    head = f"Content-Encoding: gzip\r\nContent-Length: {len(packed)}\r\n\r\n"
    connection.sendall(b"HTTP/1.1 200 OK\r\n" + head.encode() + packed)


def flood(connection: socket.socket, _stopping: Event) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
    for _ in range(100):
        connection.sendall(b"x" * 1_000_000)


BAD: dict[str, Behaviour] = {
    "hangs": hangs,
    "drips headers": drips(b"HTTP/1.1 200 OK\r\n", GOOD.split(b"\r\n", 1)[1]),
    "drips the body": drips(
        b"HTTP/1.1 200 OK\r\nContent-Length: 42\r\n\r\n", b"{" + b" " * 40 + b"}"
    ),
    "drips chunks": drips(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n{\r\n1\r\n}\r\n0\r\n\r\n"
    ),
    "sends a gzip bomb": bomb,
    "sends 100 MB": flood,
    "sends no HTTP": says(b"\x16\x03\x01\x00" * 10),
    "sends a status line without end": says(b"HTTP/1.1 200 " + b"a" * 100_000),
    "sends ten thousand headers": says(b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 10_000 + b"\r\n"),
    "sends less than promised": says(GOOD[:-1]),
    "sends broken gzip": says(
        GOOD.replace(b"Content-Length", b"Content-Encoding: gzip\r\nX-Length")
    ),
    "closes at once": says(b""),
}


@pytest.mark.parametrize("what", BAD)
def test_a_server_that_misbehaves_is_refused_after_one_attempt(what: str) -> None:
    with Server(BAD[what]).running() as server:
        with pytest.raises(ProviderUnavailable):
            http.post(server.url, {"code": "once"})
        assert len(server.received) == 1


def test_a_good_answer_is_given_whole() -> None:
    with Server(says(GOOD)).running() as server:
        assert http.post(server.url, {"code": "x y"}) == http.Answer(200, b"{}")
        assert b"code=x+y" in server.received[0]


def test_a_mebibyte_is_not_too_much() -> None:
    body = b"x" * http.MAX_BYTES
    answer = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
    with Server(says(answer)).running() as server:
        assert http.get(server.url).body == body


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_answer_and_nothing_goes_on(status: int) -> None:
    with Server(says(GOOD)).running() as elsewhere:
        redirect = f"HTTP/1.1 {status} Go\r\nLocation: {elsewhere.url}\r\nContent-Length: 0\r\n\r\n"
        with Server(says(redirect.encode())).running() as server:
            assert http.post(server.url, {"code": "once"}).status == status
        assert elsewhere.received == []


def test_nobody_there_is_a_refusal_that_quotes_no_address() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(ProviderUnavailable) as refused:
        http.get(f"http://127.0.0.1:{port}/?code=secret")
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__
    assert "secret" not in str(refused.value)
