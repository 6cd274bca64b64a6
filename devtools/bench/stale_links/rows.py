"""A registry where everybody is linked, made in the database itself."""

import hashlib
from datetime import datetime, timedelta

import psycopg

KEY_ID = "bench"
ORGANISATIONS = 20
UNUSED_DAYS = 365
# After the beginning. Until then all let in; who signs in has the whole time from there.
STALE_ONES_ARE_OVER = timedelta(hours=2)
ALL_ARE_OVER = timedelta(days=320)

_TABLES = (
    """
    INSERT INTO accounts_organisation (id, slug, name, host, support_email, support_phone,
        default_language, minimum_assurance, unused_days, active, name_mismatch, approve_links)
    SELECT md5('organisation' || o)::uuid, 'kommune-' || o, 'Kommune ' || o,
        'kommune-' || o || '.localhost', 'hjelp@kommune-' || o || '.example', '',
        'nb', 'substantial', %(days)s, true, 'approve', false
    FROM generate_series(0, %(organisations)s - 1) o
    """,
    """
    INSERT INTO accounts_employee (id, organisation_id, employee_number, first_name, last_name,
        email, national_id_key, department, language, active)
    SELECT md5('employee' || i)::uuid, md5('organisation' || i %% %(organisations)s)::uuid, i,
        'Solveig', 'Fagerliåsen', i || '@kommune.example', '', '', 'nb', true
    FROM generate_series(0, %(links)s - 1) i
    """,
    """
    INSERT INTO accounts_user (id, employee_id, password, is_superuser, email, is_staff, is_active,
        date_joined)
    SELECT md5('user' || i)::uuid, md5('employee' || i)::uuid, '!', false, '', false, true, %(now)s
    FROM generate_series(0, %(links)s - 1) i
    """,
    # The stale ones were used a year ago but for an hour, the others two to six months ago.
    """
    INSERT INTO linking_linkedidentity (id, employee_id, organisation_id, fingerprint,
        fingerprint_key, level, eid, state, linked_at, last_used_at, expires_at, approved_by,
        ended_by, end_reason)
    SELECT md5('link' || i)::uuid, md5('employee' || i)::uuid,
        md5('organisation' || i %% %(organisations)s)::uuid, sha256(i::text::bytea), %(key)s,
        'high', 'BankID', 'active', used, used, used + %(days)s * interval '24 hours', '', '', ''
    FROM generate_series(0, %(links)s - 1) i,
        LATERAL (SELECT CASE WHEN i < %(stale)s
            THEN %(now)s + interval '1 hour' - %(days)s * interval '24 hours' + i * interval '1 ms'
            ELSE %(now)s - (60 + i %% 120) * interval '24 hours' END AS used) times
    """,
)
_LOOKED_AT = ("accounts_organisation", "accounts_employee", "accounts_user")


def fill(url: str, *, links: int, stale: int, now: datetime) -> None:
    """Link everybody; the first `stale` expire an hour after `now`."""
    given = {
        "links": links,
        "stale": stale,
        "now": now,
        "key": KEY_ID,
        "days": UNUSED_DAYS,
        "organisations": ORGANISATIONS,
    }
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in _TABLES:
            connection.execute(statement, given)
        for table in (*_LOOKED_AT, "linking_linkedidentity"):
            connection.execute(f"VACUUM ANALYZE {table}")  # names from here, not from outside
        connection.execute("CHECKPOINT")


def fingerprint(number: int) -> bytes:
    return hashlib.sha256(str(number).encode()).digest()
