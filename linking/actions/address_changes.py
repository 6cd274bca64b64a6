"""A registered address was changed: codes mailed to the old one end, and its reader is told."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Lower

from accounts.models import AddressChange, Employee, Organisation, fold_email
from linking.actions.notices import tell_old_addresses
from linking.actions.requests import stop_codes
from linking.models import OutgoingMail, PendingCode
from linking.names import PersonName, names_agree
from linking.policy import Refusal

BATCH = 500


@transaction.atomic
def follow_address_changes(*, now: datetime, limit: int = BATCH) -> int:
    """Stop codes mailed to addresses that are registered no more, and tell the old addresses.

    Gives how many changes were taken; call again until it is 0. Rows that somebody holds are left
    for next time.
    """
    waiting = AddressChange.objects.select_for_update(skip_locked=True).order_by("pk")
    changes = list(waiting[:limit])
    if not changes:
        return 0
    # Requests before employees, as whoever confirms a code: the mails' rows take the employees'.
    _stop_codes(changes, now=now)
    tell_old_addresses(_whom_to_tell(changes), now=now)
    AddressChange.objects.filter(pk__in=[change.pk for change in changes]).delete()
    return len(changes)


def _stop_codes(changes: list[AddressChange], *, now: datetime) -> None:
    """No code is right any more that went to an old address, also if it is registered again.

    The request stays open, as one that was disowned: its page tells nothing (A-02).
    """
    old = {(change.employee_id, fold_email(change.old_address)) for change in changes}
    mailed = OutgoingMail.objects.filter(
        employee__in={employee for employee, _address in old},
        pending_code__ended_at__isnull=True,
        pending_code__code_hash__isnull=False,
    ).values_list("pending_code", "employee", "recipient")
    dead = [
        request
        for request, employee, recipient in mailed
        if (employee, fold_email(recipient)) in old
    ]
    with_a_code = PendingCode.objects.filter(pk__in=dead, code_hash__isnull=False)
    stop_codes(with_a_code, Refusal.ADDRESS_CHANGED, by="system", now=now)


def _whom_to_tell(changes: list[AddressChange]) -> Iterator[tuple[Employee, str]]:
    """Give employees and the addresses to tell them at: of several changes the first one's.

    Not where somebody else has the address now: they would read what is not about them.
    """
    oldest: dict[UUID, str] = {}
    for change in changes:
        oldest.setdefault(change.employee_id, change.old_address)
    employees = Employee.objects.select_related("organisation").in_bulk(oldest)
    holders = _holders({fold_email(address) for address in oldest.values()})
    for pk, address in oldest.items():
        employee = employees.get(pk)
        if employee is None or not employee.organisation.active:
            continue
        if not any(_is_another(each, employee) for each in holders.get(fold_email(address), [])):
            yield employee, address


def _holders(addresses: set[str]) -> dict[str, list[Employee]]:
    """Give those who are registered with these addresses, in any organisation.

    The organisations are named so that the unique index answers.
    """
    everywhere = list(Organisation.objects.values_list("pk", flat=True))
    found: dict[str, list[Employee]] = {}
    registered = Employee.objects.annotate(folded=Lower("email"))
    for each in registered.filter(organisation__in=everywhere, folded__in=addresses):
        found.setdefault(fold_email(each.email), []).append(each)
    return found


def _is_another(holder: Employee, employee: Employee) -> bool:
    """Whether somebody else reads the holder's mail.

    The same name at another employer is one person with one mailbox for both.
    """
    if holder.pk == employee.pk:
        return False
    if holder.organisation_id == employee.organisation_id:
        return True
    return not names_agree(
        PersonName(given=holder.first_name, family=holder.last_name),
        PersonName(given=employee.first_name, family=employee.last_name),
    )
