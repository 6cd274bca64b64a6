"""The SMTP side: takes every mail, unless it was told to answer otherwise."""

from collections import deque
from dataclasses import dataclass

from aiosmtpd.smtp import SMTP, Envelope, Session

from devtools.mailbox.mails import Mails


@dataclass(frozen=True, slots=True)
class Fault:
    """An answer instead of 250, at `rcpt` or at `data`."""

    answer: str
    stage: str


class Handler:
    """aiosmtpd's hooks."""

    def __init__(self, mails: Mails) -> None:
        self.mails = mails
        self.faults: deque[Fault] = deque()

    async def handle_RCPT(  # noqa: N802  # aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: object
    ) -> str:
        if fault := self._fault("rcpt"):
            return fault.answer
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802  # aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        if fault := self._fault("data"):
            return fault.answer
        content = envelope.content or b""
        mail = self.mails.add(content if isinstance(content, bytes) else content.encode())
        return f"250 2.0.0 kept as {mail.id}"

    def _fault(self, stage: str) -> Fault | None:
        if self.faults and self.faults[0].stage == stage:
            return self.faults.popleft()
        return None
