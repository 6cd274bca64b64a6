"""`python -m devtools.mailbox`: the demo's mailbox as a process of its own."""

import argparse
import signal
import sys
from pathlib import Path
from threading import Event

from devtools.mailbox.authenticator import Authenticator
from devtools.mailbox.server import Mailbox


def main() -> int:
    parser = argparse.ArgumentParser(prog="devtools.mailbox", description=__doc__)
    parser.add_argument("--smtp-port", type=int, default=1025)
    parser.add_argument("--http-port", type=int, default=8025)
    parser.add_argument("--keep", type=Path, help="folder that keeps the mails over a restart")
    parser.add_argument(
        "--app-secret-file", type=Path, help="secret of the authenticator app that a page plays"
    )
    options = parser.parse_args()
    secret = options.app_secret_file
    authenticator = Authenticator(secret.read_text()) if secret else None
    ended = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    try:
        mailbox = Mailbox(
            smtp_port=options.smtp_port,
            http_port=options.http_port,
            folder=options.keep,
            authenticator=authenticator,
        )
        mailbox.start()
    except OSError as error:
        print(f"The mailbox cannot start: {error}", file=sys.stderr)
        return 2
    print(f"Inbox: http://127.0.0.1:{mailbox.http_port}/", flush=True)
    ended.wait()
    mailbox.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
