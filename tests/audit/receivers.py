"""A receiver of OTLP on this machine: a real server, that answers as a test tells it to."""

import gzip
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from audit.receiver import Receiver

type Record = dict[str, Any]
type Answer = tuple[int, bytes, dict[str, str]]

WELL: Answer = (200, b'{"partialSuccess":{}}', {})


def refusing(status: int, message: str = "", **headers: str) -> Answer:
    said = {name.replace("_", "-"): value for name, value in headers.items()}
    return status, json.dumps({"message": message}).encode(), said


def rejecting(number: int, message: str = "too old") -> Answer:
    partial = {"rejectedLogRecords": str(number), "errorMessage": message}
    return 200, json.dumps({"partialSuccess": partial}).encode(), {}


class Siem:
    """Keeps what it acknowledged. `answers` says how, from the records; `cut` breaks off there."""

    def __init__(self) -> None:
        self.requests: list[tuple[dict[str, str], list[Record]]] = []
        self.kept: list[Record] = []
        self.answers: Callable[[list[Record]], Answer] = lambda _records: WELL
        self.cut = False
        self.silent = False

    @property
    def ids(self) -> list[int]:
        return [int(attributes(record)["kobling.event.id"]) for record in self.kept]

    def take(self, headers: dict[str, str], body: bytes) -> Answer:
        said = json.loads(gzip.decompress(body))
        records = said["resourceLogs"][0]["scopeLogs"][0]["logRecords"]
        self.requests.append((headers, records))
        answer = self.answers(records)
        if answer == WELL:
            self.kept += records
        return answer


def attributes(record: Record) -> dict[str, str]:
    return {each["key"]: next(iter(each["value"].values())) for each in record["attributes"]}


@contextmanager
def running(siem: Siem) -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            headers = dict(self.headers) | {"path": self.path}
            status, body, more = siem.take(headers, self.rfile.read(length))
            if siem.silent:
                self.close_connection = True
                return
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **more}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body[: len(body) // 2] if siem.cut else body)
            self.close_connection = siem.cut or self.close_connection

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # its own name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield Receiver(f"http://127.0.0.1:{server.server_port}/v1/logs", {"X-Key": "secret"})
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
