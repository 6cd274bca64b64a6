"""Django's SMTP backend, which also remembers what the server answered to the last message."""

import smtplib
from typing import Any

from django.core.mail.backends import smtp


class _Answering:
    """Keeps the answer that `smtplib.sendmail` throws away on success."""

    answer: str = ""

    def data(self, message: Any) -> tuple[int, bytes]:
        code, text = super().data(message)  # type: ignore[misc]  # smtplib.SMTP stands behind
        self.answer = describe(code, text)
        return code, text


class _AnsweringSMTP(_Answering, smtplib.SMTP): ...


class _AnsweringSMTPS(_Answering, smtplib.SMTP_SSL): ...


def describe(code: int, text: bytes | str) -> str:
    """Give an SMTP answer as one line that fits its column."""
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return " ".join(f"{code} {words}".split())[:500]


class EmailBackend(smtp.EmailBackend):
    """The mailer named in MAILERS; `answer` tells the server's reply to the last message."""

    answer = ""

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return _AnsweringSMTPS if self.use_ssl else _AnsweringSMTP

    def _send(self, email_message: Any) -> bool:
        sent: bool = super()._send(email_message)  # type: ignore[misc]  # not in the stubs
        self.answer = getattr(self.connection, "answer", "")
        return sent
