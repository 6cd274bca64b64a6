"""The mails received, newest first: bounded, in memory, and in a folder where one is given."""

import email
import email.policy
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from threading import Condition
from typing import Any

KEPT = 500


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail as its reader sees it."""

    id: str
    sender: str
    to: str
    subject: str
    text: str
    html: str
    headers: dict[str, str]
    received_at: str

    @classmethod
    def parse(cls, identifier: str, raw: bytes, received_at: datetime) -> "Mail":
        message = email.message_from_bytes(raw, policy=email.policy.default)
        return cls(
            id=identifier,
            sender=str(message.get("From", "")),
            to=str(message.get("To", "")),
            subject=str(message.get("Subject", "")),
            text=_body(message, "plain"),
            html=_body(message, "html"),
            headers={name: str(value) for name, value in message.items()},
            received_at=received_at.isoformat(timespec="seconds"),
        )

    @property
    def code(self) -> str:
        """The 6-digit code in the text, if there is one: what a reader looks for first."""
        found = re.search(r"\b(\d{3}) (\d{3})\b", self.text)
        return found[1] + found[2] if found else ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return str(part.get_content()) if part is not None else ""


class Mails:
    """The mailbox's content; threads may add and wait."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._changed = Condition()
        self._mails: list[Mail] = []
        self._count = 0
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            for path in sorted(folder.glob("*.eml"))[-KEPT:]:
                received_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
                self._mails.insert(0, Mail.parse(path.stem, path.read_bytes(), received_at))
                self._count = int(path.stem)

    def add(self, raw: bytes) -> Mail:
        """Keep a mail; the oldest goes where there are too many."""
        with self._changed:
            self._count += 1
            mail = Mail.parse(f"{self._count:06d}", raw, datetime.now(UTC))
            self._mails.insert(0, mail)
            if self._folder is not None:
                (self._folder / f"{mail.id}.eml").write_bytes(raw)
                for old in self._mails[KEPT:]:
                    (self._folder / f"{old.id}.eml").unlink(missing_ok=True)
            del self._mails[KEPT:]
            self._changed.notify_all()
            return mail

    def newest_first(self) -> list[Mail]:
        with self._changed:
            return list(self._mails)

    def find(self, identifier: str) -> Mail | None:
        return next((mail for mail in self.newest_first() if mail.id == identifier), None)

    def clear(self) -> None:
        with self._changed:
            for mail in self._mails:
                if self._folder is not None:
                    (self._folder / f"{mail.id}.eml").unlink(missing_ok=True)
            self._mails.clear()

    def wait_for(self, wanted: Callable[[Mail], bool], seconds: float) -> Mail:
        """Give the newest mail that is wanted, as soon as there is one.

        Raises:
            TimeoutError: none came.
        """

        def found() -> Mail | None:
            return next(filter(wanted, self._mails), None)

        with self._changed:
            mail = self._changed.wait_for(found, seconds)
        if mail is None:
            raise TimeoutError(f"no such mail in {seconds} s")
        return mail
