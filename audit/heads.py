"""The newest seal of the portal's chain, told outside: what nobody in here can take back.

Whoever holds the signing key could write the log anew. A head that somebody else keeps shows it;
and as the portal's seals name those of the organisations, one head stands for all chains.
"""

import json
import sys
from collections.abc import Iterable
from logging import INFO, LogRecord
from logging.handlers import SysLogHandler
from pathlib import Path
from urllib.parse import SplitResult, unquote

from django.core.mail import send_mail

from audit.models import Seal
from audit.verifier import PORTAL, Head, statement_hash, time_text

_SUBJECT = "Kobling: head of the audit log, seal %d"
_MAIL = """This line is the newest seal of the audit log. Keep the mail where nobody who runs the
portal can change it; verify_audit_log --head compares the log with what is kept.

%s
"""


class HeadNotTold(RuntimeError):
    """A place outside did not take the head; the others have it."""


def newest() -> Head | None:
    """Give the portal's head, or None before the first round."""
    seal = Seal.objects.filter(organisation_id=None).order_by("-number").first()
    if seal is None:
        return None
    told_at = time_text(seal.sealed_at)
    return Head(PORTAL, seal.number, statement_hash(seal.statement), told_at)


def tell(places: Iterable[SplitResult]) -> None:
    """Tell each place the newest head, as the line that the verifier reads.

    Raises:
        HeadNotTold: one place or more did not take it.
    """
    head = newest()
    if head is None:
        return
    line = json.dumps(head._asdict())
    failed = [place.geturl() for place in places if not _told(place, line, head.number)]
    if failed:
        raise HeadNotTold(f"The head of the audit log did not reach {', '.join(failed)}.")


def _told(place: SplitResult, line: str, number: int) -> bool:
    try:
        if place.scheme == "file":
            _append(Path(unquote(place.path)), line)
        elif place.scheme == "mailto":
            send_mail(_SUBJECT % number, _MAIL % line, None, [unquote(place.path)])
        else:
            _log(place.hostname or "", place.port or 514, line)
    except (OSError, ValueError):  # smtplib's errors are OSErrors; of a host's name, ValueErrors
        return False
    return True


def _append(path: Path, line: str) -> None:
    with path.open("a", encoding="utf-8") as heads:
        heads.write(f"{line}\n")


class _Syslog(SysLogHandler):
    def handleError(self, record: LogRecord) -> None:  # noqa: N802  # logging's name
        """Raise what went wrong; logging would print it, and count the line as sent."""
        if (error := sys.exception()) is not None:
            raise error


def _log(host: str, port: int, line: str) -> None:
    """Send a datagram of syslog, of which nobody says whether it came: a copy beside the others."""
    handler = _Syslog((host, port), SysLogHandler.LOG_AUTHPRIV)
    handler.ident = "kobling: "
    try:
        handler.emit(LogRecord("kobling", INFO, "", 0, line, None, None))
    finally:
        handler.close()
