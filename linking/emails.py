"""The mails: text and HTML from templates, in the recipient's language."""

from typing import Any

from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import fold_email
from linking import codes, guides
from linking.digest.told import rule_in_words, told
from linking.disowning import not_me_url
from linking.eids import eid_name
from linking.invitations import invitation_url
from linking.models import VALID_DAYS, Case, LookDigest, OutgoingMail


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
        if mail.kind == OutgoingMail.Kind.INVITATION:
            message.attach(_("guide.pdf"), guides.pdf(mail.language), "application/pdf")
    return message


def _context(mail: OutgoingMail, *, code_key: bytes) -> dict[str, Any]:
    organisation = mail.organisation
    context: dict[str, Any] = {
        "organisation": organisation,
        "employee": mail.employee,
        "portal_url": f"{organisation.base_url}/",
        "language": mail.language,
    }
    if mail.kind in OutgoingMail.DISOWNABLE:
        context["not_me_url"] = not_me_url(mail)
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
    if mail.invitation is not None:
        context |= {
            "invitation_url": invitation_url(mail.invitation),
            "guide_url": f"{organisation.base_url}/help/guide/",
            "guide_attached": mail.kind == OutgoingMail.Kind.INVITATION,
            "note": mail.invitation.campaign.note,
            "deadline": mail.invitation.campaign.deadline,
            "expires_at": mail.invitation.expires_at,
            "valid_days": VALID_DAYS,
        }
    if mail.kind == OutgoingMail.Kind.ADDRESS and mail.employee is not None:
        now_registered = fold_email(mail.employee.email)
        context |= {
            "noted_at": mail.created_at,
            "back": fold_email(mail.recipient) == now_registered,
        }
    if mail.case is not None:
        context |= _about(mail.case, mail)
    if mail.look_digest is not None:
        context |= _watched(mail.look_digest, mail)
    return context


def _watched(digest: LookDigest, mail: OutgoingMail) -> dict[str, Any]:
    """Give who looked at how many. Whom, stands in the log."""
    return {
        "digest": digest,
        "place": digest.organisation or _("the whole portal"),
        "lines": told(digest),
        "rule": rule_in_words(digest),
        "digest_url": (
            f"{mail.organisation.base_url}/admin/linking/lookdigest/{digest.pk}/change/"
        ),
    }


def _about(case: Case, mail: OutgoingMail) -> dict[str, Any]:
    """Give what a case's mail may tell: to one side nothing of the other's but what they need.

    The name from the eID is for whoever's account is wanted, and for support.
    """
    return {
        "case": case,
        "case_url": f"{mail.organisation.base_url}/admin/linking/case/{case.pk}/change/",
        "requested_at": case.request.requested_at if case.request else case.opened_at,
        "requester": case.requester,
        "eid_name": eid_name(case.eid),
        "wanted": mail.employee == case.employee,
        "own_link": case.link is not None and case.link.employee_id == mail.employee_id,
    }


def _domain(mail: OutgoingMail) -> str:
    return mail.organisation.host.split(":", 1)[0]
