"""Rows for tests: valid without arguments, each field open to be given."""

import itertools
import secrets
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from accounts.models import Employee, Import, Organisation, RoleGrant, User
from accounts.national_id import Fingerprint, NationalId
from audit.events import Event
from audit.models import AuditEvent
from linking.digest.lines import Line
from linking.models import (
    Block,
    Campaign,
    Case,
    Invitation,
    LinkedIdentity,
    LookDigest,
    OutgoingMail,
    PendingCode,
    stale_at,
)

# All of one length and one beginning: what a test types finds the same, whichever ran before it.
_numbers = itertools.count(100_001)


def make_organisation(**fields: Any) -> Organisation:
    number = next(_numbers)
    return Organisation.objects.create(
        **{
            "slug": f"kommune-{number}",
            "name": f"Kommune {number}",
            "host": f"kommune-{number}.localhost",
            "support_email": f"hjelp@kommune-{number}.example",
            "name_mismatch": "ignore",  # sample people have all sorts of names
        }
        | fields
    )


def make_employee(**fields: Any) -> Employee:
    number = next(_numbers)
    fields.setdefault("organisation", None)
    organisation = fields.pop("organisation") or make_organisation()
    employee: Employee = Employee.objects.create(
        **{
            "organisation": organisation,
            "employee_number": f"{number}",
            "first_name": "Solveig",
            "last_name": f"Fagerliåsen {number}",
            "email": f"solveig.{number}@{organisation.slug}.example",
        }
        | fields
    )
    return employee


def some_fingerprint() -> Fingerprint:
    return Fingerprint(settings.FINGERPRINT_KEYS.current_id, secrets.token_bytes(32))


def fingerprint_of(number: str) -> Fingerprint:
    return NationalId.parse(number).fingerprint(settings.FINGERPRINT_KEYS)


def make_link(**fields: Any) -> LinkedIdentity:
    """A link in force, with its user."""
    employee = fields.pop("employee", None) or make_employee()
    fingerprint = fields.pop("whose", None) or some_fingerprint()
    now = timezone.now()
    User.objects.get_or_create(employee=employee)
    link: LinkedIdentity = LinkedIdentity.objects.create(
        **{
            "employee": employee,
            "organisation": employee.organisation,
            "fingerprint": fingerprint.digest,
            "fingerprint_key": fingerprint.key_id,
            "level": "high",
            "eid": "BankID",
            "linked_at": now,
            "last_used_at": now,
            "expires_at": stale_at(employee.organisation, now),
        }
        | fields
    )
    return link


def make_pending_code(**fields: Any) -> PendingCode:
    employee = fields.pop("employee", None) or make_employee()
    fingerprint = some_fingerprint()
    now = timezone.now()
    return PendingCode.objects.create(
        **{
            "reference": "7F3K-2Q",
            "organisation": employee.organisation,
            "email": employee.email,
            "employee": employee,
            "fingerprint": fingerprint.digest,
            "fingerprint_key": fingerprint.key_id,
            "number_fingerprints": {fingerprint.key_id: fingerprint.digest.hex()},
            "session_binding": secrets.token_bytes(32),
            "language": "nb",
            "requested_at": now,
            "expires_at": now + timedelta(minutes=10),
        }
        | fields
    )


def make_mail(**fields: Any) -> OutgoingMail:
    request: Any = fields.pop("pending_code", None) or make_pending_code()
    now = timezone.now()
    return OutgoingMail.objects.create(
        **{
            "kind": OutgoingMail.Kind.CODE,
            "organisation": request.organisation,
            "employee": request.employee,
            "recipient": request.employee.email,
            "language": "nb",
            "pending_code": request,
            "created_at": now,
            "next_attempt_at": now,
            "give_up_at": request.expires_at,
        }
        | fields
    )


def make_case(**fields: Any) -> Case:
    """A case about a link that waits, unless told otherwise."""
    kind = fields.setdefault("kind", Case.Kind.APPROVAL)
    employee = fields.pop("employee", None) or make_employee()
    if "link" not in fields and kind in (Case.Kind.APPROVAL, Case.Kind.NAME_MISMATCH):
        fields["link"] = make_link(employee=employee, state=LinkedIdentity.State.PENDING)
    request = fields.pop("request", None) or make_pending_code(employee=employee)
    return Case.objects.create(
        **{
            "reference": "2M8D-4R",
            "organisation": employee.organisation,
            "employee": employee,
            "request": request,
            "fingerprint": request.fingerprint,
            "fingerprint_key": request.fingerprint_key,
            "eid": "BankID",
            "requester": "TUVA LYNGTOPPEN",
            "opened_at": timezone.now(),
        }
        | fields
    )


def make_block(**fields: Any) -> Block:
    """A block of an eID that no time ends."""
    request = fields.pop("request", None) or make_pending_code()
    fingerprint = fields.pop("whose", None) or Fingerprint(
        request.fingerprint_key, bytes(request.fingerprint)
    )
    return Block.objects.create(
        **{
            "budget": Block.Budget.PERSON,
            "organisation": request.organisation,
            "employee": request.employee,
            "fingerprint": fingerprint.digest,
            "fingerprint_key": fingerprint.key_id,
            "request": request,
            "blocked_at": timezone.now(),
        }
        | fields
    )


def make_import(**fields: Any) -> Import:
    """An import that waits for review, or was applied, of one new person."""
    now = timezone.now()
    if fields.get("state") == Import.State.APPLIED:
        fields = {"applied_at": now, "changed_people": True} | fields
    return Import.objects.create(
        **{
            "state": Import.State.REVIEW,
            "source": "people.csv",
            "created_at": now,
            "created_by": "command:import_employees",
            "day": timezone.localdate(now),
            "code": "abcdef123456",
            "new": 1,
        }
        | fields
    )


def make_campaign(**fields: Any) -> Campaign:
    return Campaign.objects.create(
        **{"invited": 1, "created_at": timezone.now(), "created_by": "system"} | fields
    )


def make_invitation(**fields: Any) -> Invitation:
    """An open one, which the mail server has taken."""
    employee = fields.pop("employee", None) or make_employee()
    if "campaign" not in fields:
        fields["campaign"] = make_campaign(organisation=employee.organisation)
    now = timezone.now()
    invitation: Invitation = Invitation.objects.create(
        **{
            "organisation": employee.organisation,
            "employee": employee,
            "recipient": employee.email,
            "language": "nb",
            "token_hash": secrets.token_bytes(32),
            "invited_at": now,
            "sent_at": now,
            "expires_at": now + timedelta(days=14),
        }
        | fields
    )
    return invitation


def make_look_digest(**fields: Any) -> LookDigest:
    """Of yesterday, when one member of staff looked at one person."""
    actor = fields.pop("actor", None) or make_employee()
    line = Line(actor=User.objects.get_or_create(employee=actor)[0].actor, people=1, unexplained=1)
    now = timezone.now()
    return LookDigest.objects.create(
        **{
            "day": timezone.localdate(now) - timedelta(days=1),
            "made_at": now,
            "lines": [asdict(line)],
            "staff": 1,
            "flagged": 0,
        }
        | fields
    )


def make_administrator(**fields: Any) -> User:
    username = fields.pop("username", f"admin-{next(_numbers)}")
    return User.objects.create_superuser(username, secrets.token_urlsafe(12), **fields)


def make_grant(**fields: Any) -> RoleGrant:
    """A role, of an employee or a user; on the whole portal unless told otherwise."""
    employee = fields.pop("employee", None)
    if employee is not None:
        fields["user"], _made = User.objects.get_or_create(employee=employee)
    grant = RoleGrant.objects.create(
        **{"granted_at": timezone.now(), "granted_by": "system", "role": "administrator"} | fields
    )
    User.objects.filter(pk=grant.user.pk).update(is_staff=True)
    return grant


def make_event(event: Event, **fields: Any) -> AuditEvent:
    given: dict[str, Any] = {"at": timezone.now(), "kept": event.kept, "actor": "system"}
    return AuditEvent.objects.create(event=event, **given | fields)
