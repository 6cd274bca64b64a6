"""The file that all sides import, and the same people as rows for COPY."""

import csv
import uuid
from pathlib import Path

import psycopg

ORGANISATION = uuid.UUID(int=1)
SLUG = "kommune"
HEADER = ("employee_number", "first_name", "last_name", "email", "department")
DEPARTMENTS = ("Skole", "Helse", "Barnehage", "Drift", "Kultur")
_COPY_HEADER = (
    "id",
    "organisation_id",
    *HEADER,
    "national_id_key",
    "language",
    "active",
)
COPY = f"COPY accounts_employee ({', '.join(_COPY_HEADER)}) FROM STDIN (FORMAT csv, NULL '-')"
_ORGANISATION = """
    INSERT INTO accounts_organisation (id, slug, name, host, support_email, support_phone,
        default_language, minimum_assurance, unused_days, active, name_mismatch, approve_links)
    VALUES (%s, %s, 'Kommune', 'kommune.localhost', 'hjelp@kommune.example', '', 'nb',
        'substantial', 365, true, 'approve', false)
"""


def write(folder: Path, people: int) -> None:
    """Write `people.csv` as HR would, and `rows.csv` with all that the table has no default for."""
    with (
        (folder / "people.csv").open("w", encoding="utf-8", newline="") as hr,
        (folder / "rows.csv").open("w", encoding="utf-8", newline="") as rows,
    ):
        as_hr, as_rows = csv.writer(hr), csv.writer(rows)
        as_hr.writerow(HEADER)
        for number in range(people):
            department = DEPARTMENTS[number % len(DEPARTMENTS)]
            person = (number, "Solveig", "Vik", f"{number}@k.example", department)
            as_hr.writerow(person)
            as_rows.writerow((uuid.UUID(int=number + 2), ORGANISATION, *person, "", "nb", True))


def prepare(url: str) -> None:
    """Leave one organisation, and nobody in it."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("TRUNCATE accounts_organisation CASCADE")
        connection.execute("SET session_replication_role = replica")  # the log refuses TRUNCATE
        connection.execute("TRUNCATE audit_auditevent, audit_unsealed")
        connection.execute("SET session_replication_role = DEFAULT")
        connection.execute(_ORGANISATION, [ORGANISATION, SLUG])
        connection.execute("VACUUM ANALYZE accounts_employee")
        connection.execute("CHECKPOINT")


def count(url: str) -> int:
    with psycopg.connect(url) as connection:
        found = connection.execute("SELECT count(*) FROM accounts_employee").fetchone()
    return int(found[0]) if found else 0
