"""What people may write as an address or a name, and who inherits an address."""

import email
import email.policy
import re
import unicodedata
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts import actions as registry
from accounts.models import Employee, Organisation, UserSession
from devtools.idporten.server import StandIn
from devtools.mailbox import Mailbox
from devtools.mailbox.mails import Mail
from linking.models import LinkedIdentity, PendingCode
from tests.attacks.conftest import administrator
from tests.factories import make_employee
from tests.journeys.visitor import INGRID, SOLVEIG, Visitor, newest_code, run_worker, text

HTML = "<script>alert(1)</script>"
HEADER = "Bcc: attacker@evil.example"


# --- A-11 ----------------------------------------------------------------------------------------


def test_a_new_employee_with_a_leavers_address_inherits_nothing(
    visitor: Visitor, ingrid: Employee, mailbox: Mailbox, idporten: StandIn
) -> None:
    """A-11: neither link nor session; the leaver is out with the next page, and stays out."""
    visitor.link(mailbox)
    Employee.objects.filter(pk=ingrid.pk).update(active=False, email="left.1@example.no")
    heir = make_employee(organisation=ingrid.organisation, email=INGRID.email)
    assert visitor.get("/me/").status_code == 302
    assert Visitor(idporten).sign_in(INGRID).status_code == 403
    new = Visitor(idporten)
    assert new.sign_in(SOLVEIG).headers["Location"] == "/link/"
    assert not LinkedIdentity.objects.filter(employee=heir).exists()
    new.ask_for_code(INGRID.email)
    assert new.post("/link/code/", code=newest_code(mailbox)).headers["Location"] == "/link/done/"
    assert heir.last_name in text(new.get("/me/"))
    assert LinkedIdentity.objects.get(employee=heir).linked_at > (
        LinkedIdentity.objects.get(employee=ingrid).linked_at
    )


def test_a_code_for_the_leaver_is_not_the_new_employees(
    visitor: Visitor, ingrid: Employee, mailbox: Mailbox
) -> None:
    """A-11: the code is bound to the employee, not to the address that both have had."""
    visitor.sign_in()
    visitor.ask_for_code(INGRID.email)
    Employee.objects.filter(pk=ingrid.pk).update(active=False, email="left.1@example.no")
    make_employee(organisation=ingrid.organisation, email=INGRID.email)
    assert visitor.post("/link/code/", code=newest_code(mailbox)).status_code == 403
    assert not LinkedIdentity.objects.exists()


def test_a_code_mailed_to_an_address_that_was_changed_since_is_of_no_use(
    visitor: Visitor, ingrid: Employee, mailbox: Mailbox
) -> None:
    """A-11: HR corrects an address because the mail went to somebody else."""
    visitor.sign_in()
    visitor.ask_for_code(INGRID.email)
    Employee.objects.filter(pk=ingrid.pk).update(email="ingrid.b@example.no")
    assert visitor.post("/link/code/", code=newest_code(mailbox)).status_code == 403
    assert PendingCode.objects.get().refusal == "address-changed"
    assert not LinkedIdentity.objects.exists()


def test_capitals_in_the_registered_address_are_no_other_address(
    visitor: Visitor, ingrid: Employee, mailbox: Mailbox
) -> None:
    visitor.sign_in()
    visitor.ask_for_code(INGRID.email)
    Employee.objects.filter(pk=ingrid.pk).update(email=INGRID.email.upper())
    assert visitor.post("/link/code/", code=newest_code(mailbox)).status_code == 302


# --- A-12 ----------------------------------------------------------------------------------------

STORED = "kiri.saks@example.no"
LOOK_ALIKES = {
    "Kelvin sign": "\u212airi.saks@example.no",
    "dotless i": "kır\u0131.saks@example.no",
    "I with dot": "K\u0130RI.SAKS@example.no",
    "long s": "kiri.\u017faks@example.no",
    "Cyrillic": "kіrі.ѕаkѕ@example.no",
    "Greek": "κiri.saks@example.no",
    "full width": "ｋｉｒｉ.saks@example.no",
    "full width domain": "kiri.saks@ｅxample.no",
    "mathematical": "\U0001d424iri.saks@example.no",
    "combining mark": "kiri\u0301.saks@example.no",
    "variation selector": "kiri\ufe0f.saks@example.no",
    "ligature": "kiri.sa\ufb00@example.no",
    "right to left mark": "kiri.saks\u200f@example.no",
    "right to left override": "\u202eon.elpmaxe@skas.irik",
    "zero width": "ki\u200bri.saks@example.no",
    "soft hyphen": "kiri\u00ad.saks@example.no",
    "ideographic full stop": "kiri.saks@example\u3002no",
    "plus": "kiri.saks+x@example.no",
    "comment": "kiri.saks(x)@example.no",
    "two": "kiri.saks@example.no,x@evil.example",
    "named": "Kiri <kiri.saks@example.no>",
    "quoted": '"kiri.saks"@example.no',
    "dot at the end": "kiri.saks@example.no.",
    "dot doubled": "kiri..saks@example.no",
    "percent": "kiri%2Esaks@example.no",
    "wildcard": "kiri%@example.no",
    "underscore": "kir_.saks@example.no",
}


@pytest.mark.parametrize("typed", LOOK_ALIKES.values(), ids=LOOK_ALIKES)
def test_an_address_that_looks_alike_matches_nobody(
    visitor: Visitor, organisation: Organisation, mailbox: Mailbox, typed: str
) -> None:
    """A-12: no mail at all, neither to the stored address nor to the typed one."""
    make_employee(organisation=organisation, email=STORED)
    visitor.sign_in()
    visitor.ask_for_code(typed)
    assert not mailbox.mails
    assert not PendingCode.objects.exclude(employee=None).exists()


@pytest.mark.parametrize("typed", ["KIRI.SAKS@EXAMPLE.NO", "  kiri.saks@example.no ", STORED])
def test_what_matches_is_mailed_to_the_stored_address(
    visitor: Visitor, organisation: Organisation, mailbox: Mailbox, typed: str
) -> None:
    """A-12: A to Z fold, and what was typed is never a recipient."""
    make_employee(organisation=organisation, email="Kiri.Saks@example.no")
    visitor.sign_in()
    visitor.ask_for_code(typed)
    assert [mail.to for mail in mailbox.mails] == ["Kiri.Saks@example.no"]


def test_a_registered_look_alike_is_another_employee(
    visitor: Visitor, organisation: Organisation, mailbox: Mailbox
) -> None:
    """A-12: of two who look alike the typed one alone is mailed."""
    latin = make_employee(organisation=organisation, email="i@example.no")
    make_employee(organisation=organisation, email="ı@example.no")
    visitor.sign_in()
    visitor.ask_for_code("i@example.no")
    assert PendingCode.objects.get().employee == latin
    assert [mail.to for mail in mailbox.mails] == ["i@example.no"]


def test_no_letter_but_a_to_z_folds_into_one_of_them(organisation: Organisation) -> None:
    """A-12: over every letter that Unicode folds into ASCII, in the database's own comparison."""
    others = [
        chr(point)
        for point in range(128, 0x2FFFF)
        if unicodedata.normalize("NFKC", chr(point)).casefold() in "abcdefghijklmnopqrstuvwxyz"
    ]
    assert len(others) > 100
    for letter in "abcdefghijklmnopqrstuvwxyz":
        make_employee(organisation=organisation, email=f"{letter}@x.no")
    for other in others:
        address = f"{other}@x.no"
        assert not Employee.objects.with_email(organisation, address).exists(), address


# --- A-14 ----------------------------------------------------------------------------------------

BREAKS = ["\r\n", "\n", "\r", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029"]


@pytest.mark.parametrize("line_break", BREAKS, ids=ascii)
def test_a_line_break_in_a_typed_address_is_refused(
    visitor: Visitor, mailbox: Mailbox, line_break: str
) -> None:
    """A-14: at the form, before anything is written."""
    visitor.sign_in()
    answer = visitor.ask_for_code(f"{INGRID.email}{line_break}{HEADER}")
    assert answer.status_code == 422
    assert not PendingCode.objects.exists()
    assert not mailbox.mails


@pytest.mark.parametrize("line_break", BREAKS, ids=ascii)
def test_a_line_break_in_a_stored_address_is_refused(
    organisation: Organisation, line_break: str
) -> None:
    """A-14: the registry takes none, nor for support."""
    employee = make_employee(organisation=organisation)
    employee.pk, employee.employee_number = None, "n"
    employee.email = f"a@example.no{line_break}{HEADER}"
    with pytest.raises(ValidationError) as refused:
        registry.register_employee(employee, by="test", now=timezone.now())
    assert "email" in refused.value.message_dict
    organisation.support_email = employee.email
    with pytest.raises(ValidationError):
        organisation.full_clean()


@pytest.mark.parametrize("line_break", BREAKS, ids=ascii)
def test_a_line_break_in_a_name_adds_no_header(
    visitor: Visitor,
    ingrid: Employee,
    mailbox: Mailbox,
    monkeypatch: pytest.MonkeyPatch,
    line_break: str,
) -> None:
    """A-14: in the names of the organisation, the employee and the eID; in the mail as it came."""
    raw: list[bytes] = []
    keep = mailbox._content.add

    def add(mail: bytes) -> Mail:
        raw.append(mail)
        return keep(mail)

    monkeypatch.setattr(mailbox._content, "add", add)
    evil = f"Evil{line_break}{HEADER}{line_break}{line_break}x"
    Organisation.objects.update(name=evil)
    Employee.objects.filter(pk=ingrid.pk).update(first_name=evil, last_name=evil)
    visitor.sign_in()
    visitor.ask_for_code(INGRID.email)
    visitor.post("/link/code/", code=newest_code(mailbox))
    run_worker()
    assert len(raw) == 2
    for mail in raw:
        head = mail.replace(b"\r\n", b"\n").split(b"\n\n")[0]
        names = {name.lower() for name in re.findall(rb"(?m)^([!-9;-~]+):", head)}
        assert names <= {
            *(b"content-type", b"mime-version", b"subject", b"from", b"to", b"date"),
            *(b"message-id", b"auto-submitted", b"content-language"),
        }
        parsed = email.message_from_bytes(mail, policy=email.policy.default)
        assert parsed["To"] == INGRID.email
        assert parsed["Bcc"] is None


# --- A-15 ----------------------------------------------------------------------------------------


def test_html_in_a_name_is_text_on_every_page_and_in_every_mail(
    visitor: Visitor, ingrid: Employee, mailbox: Mailbox, idporten: StandIn
) -> None:
    """A-15: from HR, from the organisation and from the eID; administration too."""
    Organisation.objects.update(name=f"O{HTML}", support_phone=f"1{HTML}"[:40])
    Employee.objects.filter(pk=ingrid.pk).update(
        first_name=f"F{HTML}", last_name=f"L{HTML}", department=f"D{HTML}"
    )
    named: Any = {"given_name": f"G{HTML}", "family_name": f"N{HTML}"}
    idporten.faults.id_token.claims.always(lambda claims: claims | named)
    pages = [visitor.get("/"), visitor.get("/help/"), visitor.get("/privacy/")]
    visitor.sign_in()
    pages += [visitor.get("/link/"), visitor.get("/me/")]
    pages += [visitor.post("/link/", email=f'"{HTML}"@x.no')]
    visitor.ask_for_code(INGRID.email)
    pages += [visitor.get("/link/code/"), visitor.post("/link/code/", code=HTML)]
    visitor.post("/link/code/", code=newest_code(mailbox))
    run_worker()
    pages += [visitor.get(path) for path in ("/link/done/", "/me/", "/me/unlink/")]
    admin = administrator()
    link = LinkedIdentity.objects.get()
    pages += [
        admin.get(f"/admin/{path}")
        for path in (
            "",
            "accounts/employee/",
            f"accounts/employee/{ingrid.pk}/change/",
            "accounts/organisation/",
            "linking/linkedidentity/",
            f"linking/linkedidentity/{link.pk}/change/",
            f"linking/linkedidentity/{link.pk}/revoke/",
            "linking/pendingcode/",
            "linking/outgoingmail/",
        )
    ]
    contents = [text(page) for page in pages] + [mail.html for mail in mailbox.mails]
    assert len(mailbox.mails) == 2
    assert sum("&lt;script&gt;" in content for content in contents) >= 12
    assert not [content for content in contents if HTML in content]
    assert not [content for content in contents if "G<script" in content or "<script>a" in content]


def test_a_leavers_sessions_are_of_no_use_at_any_page(
    visitor: Visitor, ingrid: Employee, mailbox: Mailbox
) -> None:
    """A-11: within 60 seconds is at the next request."""
    visitor.link(mailbox)
    Employee.objects.filter(pk=ingrid.pk).update(ends_on=timezone.localdate() - timedelta(days=1))
    for path in ("/me/", "/me/unlink/", "/link/done/"):
        assert visitor.get(path).status_code == 302
    visitor.post("/me/unlink/")
    assert LinkedIdentity.objects.get().state == "active"
    assert UserSession.objects.exclude(user=None).count() <= 1
