"""The keys of what the log holds on a person: one each, made by chance, gone with the erasure."""

import secrets
from collections.abc import Collection
from uuid import UUID

from audit.models import SubjectKey

KEY_BYTES = 32


def known_keys_of(employees: Collection[UUID]) -> dict[UUID, bytes]:
    found = SubjectKey.objects.filter(pk__in=employees).values_list("employee_id", "key")
    return {employee: bytes(key) for employee, key in found}


def keys_of(employees: Collection[UUID]) -> dict[UUID, bytes]:
    """Give each one's key, and make those that are missing."""
    keys = known_keys_of(employees)
    missing = [employee for employee in employees if employee not in keys]
    if not missing:
        return keys
    SubjectKey.objects.bulk_create(
        (
            SubjectKey(employee_id=employee, key=secrets.token_bytes(KEY_BYTES))
            for employee in missing
        ),
        ignore_conflicts=True,  # whoever was first has made the key
    )
    return known_keys_of(employees)
