"""What the mails about cases tell, and to whom."""

from typing import Any

import pytest
from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from linking.emails import compose
from linking.models import OutgoingMail
from tests.factories import make_case, make_employee, make_link, make_mail

pytestmark = pytest.mark.django_db
Kind = OutgoingMail.Kind
TO_SUPPORT = (Kind.NOT_ME, Kind.ALARM)
WRITTEN = [kind for kind in Kind if kind not in (Kind.STALE, Kind.LOOKS)]  # others' tests


def conflict(**fields: Any) -> OutgoingMail:
    """An eID that is linked to another employee has asked for this one."""
    employee = make_employee(first_name="Tuva", department="Skole")
    other = make_employee(first_name="Aslak", organisation=employee.organisation)
    link = make_link(employee=other)
    case = make_case(kind="person-linked", employee=employee, other_employee=other, link=link)
    mail = make_mail(pending_code=case.request, kind=Kind.CONFLICT, case=case, language="en")
    for name, value in fields.items():
        setattr(mail, name, value)
    return mail


def written(mail: OutgoingMail) -> tuple[EmailMultiAlternatives, str, str]:
    mail.pending_code = mail.pending_code if mail.kind == Kind.CODE else None
    message = compose(mail, code_key=b"k" * 32)
    html = message.alternatives[0][0]
    return message, str(message.body), str(html)


@pytest.mark.parametrize("language", dict(settings.LANGUAGES))
@pytest.mark.parametrize("kind", WRITTEN)
def test_each_kind_is_written_in_each_language(kind: OutgoingMail.Kind, language: str) -> None:
    mail = conflict(kind=kind, language=language)
    assert mail.case is not None
    mail.link = mail.case.link if kind in OutgoingMail.ABOUT_A_LINK else None
    mail.case = mail.case if kind in OutgoingMail.ABOUT_A_CASE else None
    if kind in TO_SUPPORT:
        mail.employee = None
    message, body, html = written(mail)
    assert mail.organisation.name in str(message.subject)
    for text in (body, html):
        assert ("/link/not-me/" in text) == (kind in OutgoingMail.DISOWNABLE)
        assert ("/admin/linking/case/" in text) == (kind in TO_SUPPORT)
        assert "Hello" not in text or language == "en"


def test_whose_account_is_wanted_reads_who_asked_and_nothing_of_the_other() -> None:
    mail = conflict()
    assert mail.case is not None
    assert mail.case.other_employee is not None
    for text in written(mail)[1:]:
        assert "TUVA LYNGTOPPEN" in text
        assert "BankID" in text
        assert "is linked to another employee already" in text
        assert "Aslak" not in text
        assert mail.case.other_employee.email not in text


def test_whose_eid_was_used_reads_that_and_nothing_of_the_other() -> None:
    mail = conflict()
    assert mail.case is not None
    assert mail.case.employee is not None
    mail.employee = mail.case.other_employee
    for text in written(mail)[1:]:
        assert "Your electronic ID was used" in text
        assert "TUVA" not in text
        assert "Tuva" not in text
        assert mail.case.employee.email not in text


@pytest.mark.parametrize(
    ("decision", "own", "told"),
    [
        ("kept", True, "stays as it was. You need do nothing"),
        ("kept", False, "the existing link stays as it was"),
        ("ended", True, "You have been signed out"),
        ("ended", False, "You can ask for a new security code"),
    ],
)
def test_each_side_reads_what_the_decision_means_for_it(
    decision: str, own: bool, told: str
) -> None:
    mail = conflict(kind=Kind.DECIDED)
    assert mail.case is not None
    mail.case.decision = decision
    mail.employee = mail.case.other_employee if own else mail.case.employee
    for text in written(mail)[1:]:
        assert told in text


def test_support_reads_what_finds_the_case() -> None:
    mail = conflict(kind=Kind.NOT_ME, employee=None)
    case = mail.case
    assert case is not None
    assert case.employee is not None
    assert case.request is not None
    address = f"{mail.organisation.base_url}/admin/linking/case/{case.pk}/change/"
    for text in written(mail)[1:]:
        for fact in (case.reference, case.employee.email, case.request.reference, address):
            assert fact in text
