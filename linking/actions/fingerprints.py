"""A fingerprint key takes over from another: rows are renewed whenever their person comes."""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Model, Q, QuerySet

from accounts.models import Employee, Organisation
from accounts.national_id import Fingerprint
from audit.events import Event
from audit.log import record
from linking.models import Block, Case, CodeTry, LinkedIdentity, PendingCode, matches
from linking.persons import EidPerson


def renew_fingerprints(
    person: EidPerson,
    *,
    organisation: Organisation,
    link: LinkedIdentity | None = None,
    by: str,
    now: datetime,
) -> None:
    """Write a person's rows anew under the current key, in the caller's transaction.

    `link` is theirs in this organisation, if they have one. Costs nothing while there is one key.
    """
    current, *older = person.all_fingerprints
    if not older:
        return
    if link is None:  # it may wait for approval, or have gone unused for too long
        standing = LinkedIdentity.objects.standing().filter(organisation=organisation)
        link = standing.filter(matches(person.all_fingerprints)).first()
    # In the order in which a code is confirmed: request, employee, link.
    renewed: dict[str, Any] = {
        "requests": _renew_requests(person, current, older),
        "tries": CodeTry.objects.filter(matches(older), forgiven=False).update(**_columns(current)),
        "blocks": Block.objects.filter(matches(older)).update(**_columns(current)),
        "cases": _renew_one_by_one(Case.objects.filter(matches(older)), current),
        "registered_numbers": _renew_registered_number(link, current, older),
        "links": _renew_link(link, current),
    }
    if any(renewed.values()):
        record(
            Event.REFINGERPRINTED,
            by=by,
            now=now,
            organisation=organisation.pk,
            employee=link.employee_id if link else None,
            key=current.key_id,
            **{name: count for name, count in renewed.items() if count},
        )


def _columns(current: Fingerprint) -> dict[str, Any]:
    return {"fingerprint": current.digest, "fingerprint_key": current.key_id}


def _renew_requests(person: EidPerson, current: Fingerprint, older: list[Fingerprint]) -> int:
    """An open request knows the person under every key; one that is over has forgotten (A-30)."""
    requests = PendingCode.objects.filter(matches(older))
    renewed = requests.filter(ended_at__isnull=True).update(
        number_fingerprints=person.fingerprints, **_columns(current)
    )
    return renewed + requests.update(**_columns(current))


def _renew_registered_number(
    link: LinkedIdentity | None, current: Fingerprint, older: list[Fingerprint]
) -> int:
    if link is None:
        return 0
    registered = Q()
    for fingerprint in older:
        registered |= Q(
            national_id_fingerprint=fingerprint.digest, national_id_key=fingerprint.key_id
        )
    employee = Employee.objects.filter(registered, pk=link.employee_id)
    count: int = employee.update(
        national_id_fingerprint=current.digest, national_id_key=current.key_id
    )
    return count


def _renew_link(link: LinkedIdentity | None, current: Fingerprint) -> int:
    if link is None or link.fingerprint_key == current.key_id:
        return 0
    stored = LinkedIdentity.objects.standing().filter(
        pk=link.pk, fingerprint_key=link.fingerprint_key
    )
    return _renew_one_by_one(stored, current)


def _renew_one_by_one[Row: Model](rows: QuerySet[Row], current: Fingerprint) -> int:
    """Renew rows of which one may be there under the current key already: that one stays old.

    Two open cases of one person may be such. No sign-in fails for it.
    """
    renewed = 0
    for pk in rows.values_list("pk", flat=True):
        try:
            with transaction.atomic():
                renewed += rows.filter(pk=pk).update(**_columns(current))
        except IntegrityError:
            continue
    return renewed
