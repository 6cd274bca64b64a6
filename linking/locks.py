"""Who is counted is counted by one transaction at a time: advisory locks of PostgreSQL."""

from collections.abc import Iterable
from hashlib import blake2b
from uuid import UUID

from django.db import connection

from accounts.national_id import Fingerprint
from linking.models import PendingCode


def lock_person(person: Iterable[Fingerprint]) -> None:
    """Let nobody else act for this eID until the transaction ends."""
    _lock(_names(person))


def lock_budgets(
    request: PendingCode, person: Iterable[Fingerprint], employee_id: UUID | None
) -> None:
    """Let nobody else count for this eID, employee and organisation until the transaction ends.

    Taken before any row is locked. Where there is no employee a lock of the request's own stands
    in, so that the work is the same (A-02).
    """
    employee = b"employee:" + (employee_id or request.pk).bytes
    organisation = b"organisation:" + request.organisation_id.bytes
    _lock([*_names(person), employee, organisation])


def _names(person: Iterable[Fingerprint]) -> list[bytes]:
    """One for each live key: whoever knows one key more meets those who know one less."""
    return [b"eid:" + fingerprint.digest for fingerprint in person]


def _lock(names: list[bytes]) -> None:
    digests = (blake2b(name, digest_size=8).digest() for name in names)
    keys = sorted(int.from_bytes(digest, signed=True) for digest in digests)  # one order for all
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(key) FROM unnest(%s::bigint[]) AS key", [keys])
