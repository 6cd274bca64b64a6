# ruff: noqa: S608  the statements are put together from this file alone
"""Two years of a log, made in the database itself, and its indexes after that.

Everything is decided by an event's number, so that two runs have the same rows. As in real life
most are sign-ins, a few people do most, and most organisations are small.
"""

from datetime import datetime

import psycopg

from devtools.bench.administration.rows import PLACES, organisation_of

MONTHS = 24
NETWORKS = 60_000
# Of a thousand events; `by` is the actor, `who` whether it is about an employee.
_EVENTS = (
    ("sign-in:done", "security", 380),
    ("session:ended", "security", 230),
    ("sign-in:started", "security", 100),
    ("sign-in:refused", "security", 40),
    ("sign-in:unlinked", "security", 30),
    ("mail:sent", "security", 30),
    ("link:code:requested", "security", 25),
    ("link:code:sent", "security", 22),
    ("link:code:wrong", "security", 8),
    ("link:code:refused", "security", 7),
    ("person:viewed", "security", 12),
    ("person:searched", "security", 12),
    ("audit:searched", "security", 3),
    ("mail:failed", "security", 2),
    ("administrator:sign-in:done", "security", 2),
    ("employee:changed", "decision", 60),
    ("employee:created", "decision", 10),
    ("link:made", "decision", 15),
    ("link:expired", "decision", 5),
    ("invitation:created", "decision", 4),
    ("link:revoked", "decision", 1),
    ("case:opened", "decision", 1),
    ("role:granted", "decision", 1),
)
_ADMINISTRATORS = 400
# One of a million: what nobody meets by reading on.
_RARE = "link:disowned"

_FILL = f"""
    INSERT INTO audit_auditevent (at, event, kept, organisation_id, employee_id, actor, reference,
        reason, network, details)
    SELECT %(now)s - (%(events)s - i) * %(step)s * interval '1 microsecond',
        CASE WHEN rare THEN %(rare)s ELSE event END,
        CASE WHEN rare THEN 'decision' ELSE kept END,
        CASE WHEN nowhere THEN NULL ELSE {organisation_of("e")} END,
        CASE WHEN nowhere OR unknown THEN NULL ELSE md5('employee' || e)::uuid END,
        CASE WHEN unknown THEN 'eid'
            WHEN event IN ('link:code:sent', 'mail:sent', 'mail:failed', 'link:expired',
                'link:code:refused') THEN 'system'
            WHEN kept = 'decision' OR event LIKE 'person:%%' OR event LIKE 'a%%'
                THEN 'user:' || md5('user' || (e %% %(administrators)s))::uuid
            ELSE 'user:' || md5('user' || e)::uuid END,
        CASE WHEN event LIKE 'link:code:%%' OR event = 'sign-in:refused'
            THEN upper(substr(md5(i::text), 1, 4) || '-' || substr(md5(i::text), 5, 2))
            ELSE '' END,
        CASE event WHEN 'sign-in:refused' THEN 'state-unknown'
            WHEN 'link:code:refused' THEN 'address-unknown' ELSE '' END,
        CASE WHEN kept = 'security' AND event NOT LIKE 'mail:%%' THEN
            '10.' || n / 65536 || '.' || n / 256 %% 256 || '.' || n %% 256 ELSE '' END,
        CASE WHEN event LIKE 'sign-in:%%' THEN '{{"eid": "BankID", "level": "high"}}'
            WHEN event = 'employee:changed' THEN '{{"fields": ["department"]}}'
            ELSE '{{}}' END::jsonb
    FROM generate_series(%(first)s::bigint, %(last)s::bigint) i,
        LATERAL (SELECT hashint8(i)::bigint + 2147483648 AS chance,
            hashint8(i + 77)::bigint + 2147483648 AS other) c,
        LATERAL (SELECT floor(%(employees)s * power((other %% 1000003) / 1000003.0, 2))::int AS e,
            floor(%(networks)s * power((other / 7 %% 1000003) / 1000003.0, 3))::int AS n,
            i %% 1000000 = 17 AS rare) f,
        kinds,
        LATERAL (SELECT event LIKE 'administrator:%%' AS nowhere,
            event IN ('sign-in:refused', 'sign-in:unlinked', 'link:code:requested',
                'sign-in:started', 'person:searched', 'audit:searched') AS unknown) w
    WHERE number = chance %% 1000
"""
_CHUNK = 500_000
# Looked up by a join: to reach into a long array is slow.
_KINDS = """
    CREATE TEMPORARY TABLE kinds AS SELECT event, kept, number - 1 AS number
    FROM unnest(%(names)s::text[], %(classes)s::text[]) WITH ORDINALITY AS k (event, kept, number)
"""
# As migration made them, and made again when the rows stand.
_INDEXES = """
    SELECT indexname, indexdef FROM pg_indexes
    WHERE tablename = 'audit_auditevent' AND indexname LIKE 'audit_by_%%'
"""
_MONTHS = """
    SELECT count(audit_make_month(class, month::date)) FROM
        unnest(ARRAY['security', 'decision']) class,
        generate_series(date_trunc('month', %(now)s - interval '25 months'),
            date_trunc('month', %(now)s) + interval '1 month', interval '1 month') month
"""


def fill(url: str, *, events: int, employees: int, now: datetime) -> None:
    """Make so many events of so many employees, evenly over the months until `now`."""
    seconds = MONTHS * 30.4 * 24 * 3600
    given = {
        "events": events,
        "employees": employees,
        "now": now,
        "step": max(1, int(seconds * 1_000_000 / events)),
        "names": [name for name, _kept, share in _EVENTS for _ in range(share)],
        "classes": [kept for _name, kept, share in _EVENTS for _ in range(share)],
        **PLACES,
        "administrators": _ADMINISTRATORS,
        "networks": NETWORKS,
        "rare": _RARE,
    }
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_MONTHS.encode(), given)
        indexes = connection.execute(_INDEXES.replace("%%", "%").encode()).fetchall()
        for name, _definition in indexes:
            connection.execute(f"DROP INDEX {name}".encode())
        connection.execute(_KINDS.encode(), given)
        connection.execute("ANALYZE kinds")
        # Nothing is queued for sealing: that is not what is measured.
        connection.execute("SET session_replication_role = replica")
        for first in range(1, events + 1, _CHUNK):
            ends = {"first": first, "last": min(first + _CHUNK - 1, events)}
            connection.execute(_FILL.encode(), given | ends)
        connection.execute("SET maintenance_work_mem = '512MB'")
        for _name, definition in indexes:
            connection.execute(definition.replace(" ON ONLY ", " ON ").encode())
        connection.execute("VACUUM ANALYZE audit_auditevent")
        connection.execute("CHECKPOINT")
