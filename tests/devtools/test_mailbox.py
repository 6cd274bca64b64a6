"""The mailbox over real sockets."""

import json
import smtplib
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
import time_machine

from devtools.mailbox import Mailbox
from devtools.mailbox.authenticator import Authenticator


def send(mailbox: Mailbox, subject: str = "Hei", text: str = "Koden er 123 456.") -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@portal.example", "b@x.example", subject
    message.set_content(text)
    message.add_alternative("<p>Koden</p>", subtype="html")
    with smtplib.SMTP("127.0.0.1", mailbox.smtp_port) as server:
        server.send_message(message)


def page(mailbox: Mailbox, path: str, method: str = "GET", body: bytes | None = None) -> str:
    address = f"http://127.0.0.1:{mailbox.http_port}{path}"
    with urlopen(Request(address, data=body, method=method), timeout=5) as answer:
        return str(answer.read().decode())


@pytest.fixture
def box() -> Iterator[Mailbox]:
    mailbox = Mailbox()
    mailbox.start()
    yield mailbox
    mailbox.stop()


def test_a_mail_can_be_read_as_list_text_and_html(box: Mailbox) -> None:
    send(box, subject="Sikkerhetskode")
    assert "Sikkerhetskode" in page(box, "/")
    assert "123456" in page(box, "/")
    assert "123 456" in page(box, "/mails/000001")
    assert page(box, "/mails/000001/html").strip().endswith("<p>Koden</p>")


def test_the_newest_stands_first_and_one_can_wait_for_it(box: Mailbox) -> None:
    send(box, subject="first")
    send(box, subject="second")
    assert [mail.subject for mail in box.mails] == ["second", "first"]
    assert box.wait_for(lambda mail: mail.subject == "first").to == "b@x.example"
    with pytest.raises(TimeoutError):
        box.wait_for(lambda mail: mail.subject == "third", seconds=0.01)


def test_html_in_a_subject_is_text(box: Mailbox) -> None:
    send(box, subject="<script>alert(1)</script>")
    assert "<script>" not in page(box, "/")


def test_a_fault_is_answered_as_often_as_asked_and_then_no_more(box: Mailbox) -> None:
    fault = json.dumps({"answer": "451 try later", "count": 1}).encode()
    page(box, "/api/fault", "POST", fault)
    with pytest.raises(smtplib.SMTPDataError):
        send(box)
    box.answer_next("550 no such mailbox", stage="rcpt")
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        send(box)
    send(box)
    assert len(json.loads(page(box, "/api/mails"))) == 1


def test_a_restart_keeps_the_mails(tmp_path: Path) -> None:
    with Mailbox(folder=tmp_path) as first:
        send(first, subject="before")
    with Mailbox(folder=tmp_path) as second:
        send(second, subject="after")
        assert [mail.subject for mail in second.mails] == ["after", "before"]
        page(second, "/api/mails", "DELETE")
        assert not list(tmp_path.iterdir())


def test_a_busy_port_is_an_os_error_that_names_it(box: Mailbox) -> None:
    with pytest.raises(OSError, match="in use"):
        Mailbox(http_port=box.http_port)


@pytest.mark.parametrize(
    ("moment", "code"), [(59, "287082"), (1111111109, "081804"), (20000000000, "353130")]
)
def test_the_telephone_shows_what_the_standard_has(moment: int, code: str) -> None:
    """RFC 6238, appendix B, the last six digits; the key is «12345678901234567890»."""
    with time_machine.travel(moment, tick=False):
        assert Authenticator("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ").code() == code


def test_the_telephone_has_a_page_where_there_is_one(box: Mailbox) -> None:
    with Mailbox(authenticator=Authenticator("A" * 32)) as with_telephone:
        code = json.loads(page(with_telephone, "/api/code"))["code"]
        assert f"{code[:3]} {code[3:]}" in page(with_telephone, "/authenticator")
        assert "/authenticator" in page(with_telephone, "/")
    with pytest.raises(HTTPError, match="404"):
        page(box, "/authenticator")
