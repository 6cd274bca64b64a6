"""A relay in front of a server, which keeps every request and every answer that passes."""

from dataclasses import dataclass
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Self

_HOST = "127.0.0.1"
# Hop by hop; and without Accept-Encoding what passes can be read.
_NOT_PASSED_ON = ("connection", "transfer-encoding", "content-length", "accept-encoding")


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer: start line, headers and body, each in one piece."""

    method: str
    path: str
    request: bytes
    answer: bytes

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


class Tap:
    """Listens at once; passes on to `upstream`, which may be set later. A context manager."""

    def __init__(self, upstream: int = 0) -> None:
        self.upstream = upstream
        self.exchanges: list[Exchange] = []
        tap = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def relay(self) -> None:
                tap.relay(self)

            do_GET = do_POST = do_HEAD = relay  # noqa: N815  # http.server's names

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Say nothing: what passes is kept."""

        self._server = ThreadingHTTPServer((_HOST, 0), Handler)
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])
        self.url = f"http://{_HOST}:{self.port}"

    def relay(self, incoming: BaseHTTPRequestHandler) -> None:
        body = incoming.rfile.read(int(incoming.headers.get("Content-Length") or 0))
        headers = [(k, v) for k, v in incoming.headers.items() if k.lower() not in _NOT_PASSED_ON]
        outgoing = HTTPConnection(_HOST, self.upstream, timeout=30)
        outgoing.request(incoming.command, incoming.path, body or None, dict(headers))
        answer = outgoing.getresponse()
        content = answer.read()
        kept = [(k, v) for k, v in answer.getheaders() if k.lower() not in _NOT_PASSED_ON]
        self.exchanges.append(
            Exchange(
                incoming.command,
                incoming.path.split("?")[0],
                _written(incoming.requestline, headers, body),
                _written(f"{answer.status} {answer.reason}", kept, content),
            )
        )
        outgoing.close()
        incoming.send_response_only(answer.status, answer.reason)
        for name, value in [*kept, ("Content-Length", str(len(content)))]:
            incoming.send_header(name, value)
        incoming.end_headers()
        incoming.wfile.write(content)

    def __enter__(self) -> Self:
        Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def _written(start: str, headers: list[tuple[str, str]], body: bytes) -> bytes:
    lines = [start, *(f"{name}: {value}" for name, value in headers), "", ""]
    return "\r\n".join(lines).encode() + body
