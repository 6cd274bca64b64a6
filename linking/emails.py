"""The mails: text and HTML from templates, in the recipient's language."""

from typing import Any

from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation

from linking import codes
from linking.eids import eid_name
from linking.models import OutgoingMail


def compose(mail: OutgoingMail, *, code_key: bytes) -> EmailMultiAlternatives:
    """Make the message of an outbox row; the code is made again from its request's id."""
    with translation.override(mail.language):
        context = _context(mail, code_key=code_key)
        subject = render_to_string(f"mail/{mail.kind}.subject.txt", context)
        message = EmailMultiAlternatives(
            subject=" ".join(subject.split()),
            body=render_to_string(f"mail/{mail.kind}.txt", context),
            to=[mail.recipient],
            # The row's id as Message-ID: a copy sent after a crash is known as a copy.
            headers={
                "Message-ID": f"<{mail.pk}@{_domain(mail)}>",
                "Auto-Submitted": "auto-generated",
                "Content-Language": mail.language,
            },
        )
        message.attach_alternative(render_to_string(f"mail/{mail.kind}.html", context), "text/html")
    return message


def _context(mail: OutgoingMail, *, code_key: bytes) -> dict[str, Any]:
    organisation = mail.organisation
    context: dict[str, Any] = {
        "organisation": organisation,
        "employee": mail.employee,
        "portal_url": f"{organisation.base_url}/",
        "language": mail.language,
    }
    if mail.pending_code is not None:
        request = mail.pending_code
        context |= {
            "code": codes.make_code(request.pk, key=code_key),
            "valid_minutes": codes.VALID_MINUTES,
            "requested_at": request.requested_at,
            "requester": request.eid_name,
            "eid_name": eid_name(request.eid),
        }
    if mail.link is not None:
        context |= {"linked_at": mail.link.linked_at, "eid_name": mail.link.eid_name}
        context |= {"last_used_at": mail.link.last_used_at, "expires_at": mail.link.expires_at}
    return context


def _domain(mail: OutgoingMail) -> str:
    return mail.organisation.host.split(":", 1)[0]
