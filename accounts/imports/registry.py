"""The registry's side of an import: everybody of one organisation as values, and a plan written.

Rows go in by COPY and the changes by one statement each, whatever their number.
"""

from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.db.models import F, Func, Q, TextField
from django.db.models.functions import Cast

from accounts.access import has_more
from accounts.imports.people import Person
from accounts.imports.plan import Change
from accounts.models import Employee, Organisation, User
from accounts.national_id import Fingerprint

BATCH = 5000

# The order of a row of `imported`, and of the registry's own columns.
_COLUMNS = (
    "employee_number, first_name, last_name, email, birth_date, national_id_fingerprint,"
    " national_id_key, department, starts_on, ends_on, active"
)
_TABLE = """
    CREATE TEMPORARY TABLE imported (
        id uuid, employee_number text, first_name text, last_name text,
        email text COLLATE "C", birth_date date, national_id_fingerprint bytea,
        national_id_key text, department text, starts_on date, ends_on date, active boolean,
        version text
    ) ON COMMIT DROP
"""
_COPY = f"COPY imported (id, {_COLUMNS}, version) FROM STDIN"
# Locked from here on; a row that somebody else wrote meanwhile has another xmin.
_LOCK = """
    WITH locked AS (
        SELECT e.id FROM accounts_employee e JOIN imported i ON i.id = e.id
        WHERE e.xmin::text = i.version ORDER BY e.id FOR NO KEY UPDATE OF e
    ) SELECT count(*) FROM locked
"""
# Two who swap addresses would meet in the unique index, which looks at each row at once.
_PARK = """
    UPDATE accounts_employee e SET email = e.id || '@import.invalid'
    FROM imported i, imported own
    WHERE own.id = e.id AND lower(own.email) <> lower(e.email)
        AND e.organisation_id = %s AND lower(e.email) = lower(i.email) AND i.id <> e.id
"""
# Names from here, and nothing from outside: S608 cannot know.
_UPDATE = f"""
    UPDATE accounts_employee e SET ({_COLUMNS}) = ROW (i.{_COLUMNS.replace(", ", ", i.")})
    FROM imported i WHERE i.id = e.id AND i.version <> ''
"""  # noqa: S608
_INSERT = f"""
    INSERT INTO accounts_employee (id, {_COLUMNS}, organisation_id, language)
    SELECT id, {_COLUMNS}, %s, '' FROM imported WHERE version = ''
"""  # noqa: S608


class RegistryChanged(Exception):
    """The registry is no longer what the plan was made from. Nothing was changed."""


def everybody(organisation: Organisation) -> Iterator[Person]:
    """Give all that the registry has of an organisation, also those who have left."""
    xmin = Cast(Func(F("pk"), template='"accounts_employee"."xmin"'), TextField())
    rows = (
        Employee.objects.filter(organisation=organisation)
        .order_by()
        .values_list(
            "employee_number",
            "first_name",
            "last_name",
            "email",
            "birth_date",
            "national_id_fingerprint",
            "national_id_key",
            "department",
            "starts_on",
            "ends_on",
            "active",
            "id",
            xmin,
        )
    )
    for row in rows.iterator(chunk_size=BATCH):
        digest, key_id = row[5:7]
        number = Fingerprint(key_id, bytes(digest)) if digest is not None else None
        yield Person._make((*row[:5], number, *row[7:]))


def out_of_reach(organisation: Organisation, whose: User | AnonymousUser) -> frozenset[str]:
    """Give the numbers of those employees whose roles give more than `whose` do (A-27)."""
    users = (
        User.objects.filter(employee__organisation=organisation)
        .filter(Q(grants__isnull=False) | Q(is_superuser=True))
        .select_related("employee")
        .prefetch_related("grants")
        .distinct()
    )
    return frozenset(
        user.employee.employee_number for user in users if user.employee and has_more(user, whose)
    )


def lock_imports(organisation: Organisation) -> None:
    """Let no other import change this organisation until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
            [f"import:{organisation.pk}"],
        )


def write(organisation: Organisation, changes: Iterable[Change]) -> None:
    """Carry the changes out; new people have their ids already.

    Raises:
        RegistryChanged: somebody wrote to one of these employees since the plan was made.
        IntegrityError: somebody else took an employee number or an address.
    """
    with connection.cursor() as cursor:
        cursor.execute(_TABLE)
        known = 0
        with cursor.copy(_COPY) as copy:
            for change in changes:
                copy.write_row(_as_row(change))
                known += change.before is not None
        cursor.execute("ANALYZE imported")
        if known:
            cursor.execute(_LOCK)
            if cursor.fetchone() != (known,):
                raise RegistryChanged
            cursor.execute(_PARK, [organisation.pk])
            cursor.execute(_UPDATE)
        cursor.execute(_INSERT, [organisation.pk])
        cursor.execute("DROP TABLE imported")


def delete(organisation: Organisation, keys: Iterable[UUID]) -> None:
    """Take people out to whom no row refers; where one does after all, the commit fails."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM accounts_employee WHERE organisation_id = %s AND id = ANY (%s)",
            [organisation.pk, list(keys)],
        )


def _as_row(change: Change) -> tuple[Any, ...]:
    after = change.after
    number = after.national_id
    return (
        after.id,
        *after[:5],
        number.digest if number else None,
        number.key_id if number else "",
        *after[6:10],
        change.before.version if change.before else "",
    )


def pairs(organisation: Organisation, changes: Iterable[Change]) -> list[tuple[UUID, UUID]]:
    """Give whom the audit log is to name."""
    return [(organisation.pk, change.after.id) for change in changes if change.after.id]
