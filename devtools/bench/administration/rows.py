# ruff: noqa: S608  the statements are put together from this file alone
"""A portal that has run for a year, made in the database itself, with two large organisations.

In the second large one whoever works there is linked. Everything is decided by a row's number, so
that two runs have the same rows.
"""

from datetime import datetime

import psycopg

from devtools.bench.administration.names import FIRST, LAST

KEY_ID = "bench"
SMALL_ORGANISATIONS = 200
IN_THE_LARGE_ONE = 60  # of a hundred employees
IN_THE_LINKED_ONE = 20
LINKED = 85  # of a hundred employees, elsewhere than there
INVITED = 10  # of a hundred employees
CAMPAIGNS = 5  # in each organisation

PLACES = {
    "small": SMALL_ORGANISATIONS,
    "large": IN_THE_LARGE_ONE,
    "all_linked": IN_THE_LINKED_ONE,
}
# Whose employee number i is: 0 is the large one, 1 the one where everybody is linked.
_PLACE = (
    "CASE WHEN {i} %% 100 < %(large)s THEN 0 WHEN {i} %% 100 < %(large)s + %(all_linked)s THEN 1"
    " ELSE 2 + {i} / 100 %% %(small)s END"
)
_ORGANISATION = "md5('organisation' || " + _PLACE + ")::uuid"

_HAS_LEFT = "(i %% 40 = 7 OR i %% 90 = 11)"

# By chance of its own, so that no other organisation has all or none.
_IS_LINKED = (
    "(CASE WHEN i %% 100 >= %(large)s AND i %% 100 < %(large)s + %(all_linked)s"
    f" THEN NOT {_HAS_LEFT} ELSE (hashint8(i + 7) & 1023) * 100 / 1024 < %(linked)s END)"
)


def organisation_of(number: str) -> str:
    """Give the SQL for the key of an employee's organisation; it takes the parameters `PLACES`."""
    return _ORGANISATION.format(i=number)


_FILL = (
    """
    INSERT INTO accounts_organisation (id, slug, name, host, support_email, support_phone,
        default_language, minimum_assurance, unused_days, active, name_mismatch, approve_links)
    SELECT md5('organisation' || o)::uuid, 'kommune-' || o, 'Kommune ' || o,
        'kommune-' || o || '.localhost', 'hjelp@kommune-' || o || '.example', '',
        'nb', 'substantial', 365, true, 'approve', false
    FROM generate_series(0, %(small)s + 1) o
    """,
    # Names are spread as names are: the first of the list have most.
    f"""
    INSERT INTO accounts_employee (id, organisation_id, employee_number, first_name, last_name,
        email, national_id_key, department, language, active, starts_on, ends_on)
    SELECT md5('employee' || i)::uuid, {organisation_of("i")}, 100000 + i, first,
        last, lower(first || '.' || last) || i || '@kommune.example', '',
        CASE WHEN i %% 50 = 0 THEN '' ELSE 'Avdeling ' || (i / 100) %% 400 END, '',
        i %% 40 <> 7, date '2015-01-01' + (i %% 3600)::int,
        CASE WHEN i %% 90 = 11 THEN date '2025-06-30' + (i %% 300)::int END
    FROM generate_series(0, %(people)s - 1) i,
        LATERAL (SELECT hashint8(i)::bigint + 2147483648 AS chance) c,
        LATERAL (SELECT (%(first)s::text[])[1 + chance %% 40] AS first,
            (%(last)s::text[])[1 + floor(100 * power((chance / 40 %% 10000) / 10000.0, 2))::int]
                AS last) names
    """,
    f"""
    INSERT INTO linking_linkedidentity (id, employee_id, organisation_id, fingerprint,
        fingerprint_key, level, eid, state, linked_at, last_used_at, expires_at, approved_by,
        ended_by, end_reason, ended_at)
    SELECT md5('link' || i)::uuid, md5('employee' || e)::uuid, {organisation_of("e")},
        sha256(i::text::bytea), %(key)s, CASE WHEN i %% 300 = 0 THEN 'substantial' ELSE 'high' END,
        'BankID', state, used, used, used + interval '365 days', '', '', '',
        CASE WHEN state = 'expired' THEN %(now)s END
    FROM generate_series(0, %(people)s - 1) i,
        LATERAL (SELECT CASE WHEN {_IS_LINKED} THEN i ELSE (i * 7) %% %(people)s END AS e,
            CASE WHEN NOT {_IS_LINKED} THEN 'expired'
                WHEN i %% 1000 = 3 THEN 'pending' ELSE 'active' END AS state,
            %(now)s - (hashint8(i) & 1048575) * interval '29 seconds' AS used) facts
    """,
    f"""
    INSERT INTO accounts_user (id, employee_id, password, is_superuser, email, is_staff, is_active,
        date_joined)
    SELECT md5('user' || i)::uuid, md5('employee' || i)::uuid, '!', false, '', false, true, %(now)s
    FROM generate_series(0, %(people)s - 1) i WHERE {_IS_LINKED}
    """,
    """
    INSERT INTO linking_pendingcode (id, reference, organisation_id, email, employee_id,
        fingerprint, fingerprint_key, number_fingerprints, eid, eid_given_name, eid_family_name,
        session_binding, language, tries, state, refusal, requested_at, expires_at, decided_at,
        ended_at)
    SELECT md5('code' || i)::uuid, upper(substr(md5(i::text), 1, 4) || '-' || substr(md5(i::text),
        5, 2)), e.organisation_id, e.email, e.id, sha256(i::text::bytea), %(key)s, '{}', 'BankID',
        '', '', '', 'nb', 0, state, CASE WHEN state = 'refused' THEN
            (ARRAY['address-unknown', 'employee-linked', 'birth-date-mismatch'])[1 + i %% 3]
            ELSE '' END,
        asked, asked + interval '10 minutes', asked,
        CASE WHEN i > 5 THEN asked + interval '9 minutes' END
    FROM generate_series(0, %(codes)s - 1) i
    JOIN accounts_employee e ON e.id = md5('employee' || (i * 3) %% %(people)s)::uuid,
        LATERAL (SELECT CASE WHEN i < 5 THEN 'queued' WHEN i %% 100 < 72 THEN 'confirmed'
                WHEN i %% 100 < 85 THEN 'expired' WHEN i %% 100 < 96 THEN 'refused'
                WHEN i %% 100 < 97 THEN 'failed' ELSE 'replaced' END AS state,
            %(now)s - i * interval '110 seconds' AS asked) facts
    """,
    """
    INSERT INTO linking_outgoingmail (id, kind, organisation_id, employee_id, recipient, language,
        pending_code_id, state, attempts, answer, created_at, next_attempt_at, give_up_at)
    SELECT md5('mail' || c.id)::uuid, 'code', c.organisation_id, c.employee_id, c.email, 'nb', c.id,
        CASE c.state WHEN 'failed' THEN 'failed' WHEN 'queued' THEN 'queued' ELSE 'sent' END, 1, '',
        c.requested_at, c.requested_at, c.expires_at
    FROM linking_pendingcode c
    """,
    f"""
    INSERT INTO linking_case (id, reference, organisation_id, kind, employee_id, eid, requester,
        fingerprint_key, opened_at, decided_at, decided_by, decision, reason)
    SELECT md5('case' || i)::uuid, upper(substr(md5(i::text), 1, 4) || '-' || substr(md5(i::text),
        5, 2)), {organisation_of("i")}, 'employee-linked', md5('employee' || i)::uuid, 'BankID',
        '', '', %(now)s - i * interval '1 hour',
        CASE WHEN i >= 300 THEN %(now)s END, '', CASE WHEN i >= 300 THEN 'kept' ELSE '' END, ''
    FROM generate_series(0, least(5000, %(people)s) - 1) i
    """,
    """
    INSERT INTO linking_campaign (id, organisation_id, note, reminders, invited, created_at,
        created_by, stopped_by)
    SELECT md5('campaign' || o || '-' || c)::uuid, md5('organisation' || o)::uuid, '', true, 0,
        %(now)s - c * interval '2 days' - o * interval '1 minute', 'system', ''
    FROM generate_series(0, %(small)s + 1) o, generate_series(0, %(campaigns)s - 1) c
    """,
    # Whoever is linked has used theirs; those of the others are open.
    f"""
    INSERT INTO linking_invitation (id, campaign_id, organisation_id, employee_id, recipient,
        language, token_hash, invited_at, expires_at, sent_at, failed_at, opened_at, signed_in_at,
        reminders, ended_at, "end")
    SELECT md5('invitation' || i)::uuid, campaign.id, campaign.organisation_id, person.id,
        person.email, 'nb', sha256(('token' || i)::bytea), campaign.created_at,
        campaign.created_at + interval '14 days',
        CASE WHEN NOT failed THEN campaign.created_at + i * interval '30 milliseconds' END,
        CASE WHEN failed THEN campaign.created_at + i * interval '30 milliseconds' END,
        CASE WHEN opened THEN %(now)s END, CASE WHEN {_IS_LINKED} THEN %(now)s END, 0,
        CASE WHEN {_IS_LINKED} THEN %(now)s END, CASE WHEN {_IS_LINKED} THEN 'used' ELSE '' END
    FROM generate_series(0, %(people)s - 1) i
    JOIN accounts_employee person ON person.id = md5('employee' || i)::uuid
    CROSS JOIN LATERAL (SELECT hashint8(i) & 3 < 2 OR {_IS_LINKED} AS opened,
            NOT {_IS_LINKED} AND hashint8(i) & 63 = 3 AS failed) facts
    JOIN linking_campaign campaign
        ON campaign.id = md5('campaign' || {_PLACE.format(i="i")}
            || '-' || i / 10 %% %(campaigns)s)::uuid
    WHERE i %% 100 %% (100 / %(invited)s) = 1
    """,
    """
    UPDATE linking_campaign SET invited = (
        SELECT count(*) FROM linking_invitation WHERE campaign_id = linking_campaign.id)
    """,
    """
    INSERT INTO linking_outgoingmail (id, kind, organisation_id, employee_id, recipient, language,
        invitation_id, state, attempts, answer, created_at, next_attempt_at, sent_at, give_up_at)
    SELECT md5('mail' || id)::uuid, 'invitation', organisation_id, employee_id, recipient, 'nb', id,
        CASE WHEN sent_at IS NULL THEN 'failed' ELSE 'sent' END, 1, '', invited_at, invited_at,
        sent_at, expires_at
    FROM linking_invitation
    """,
)
_LOOKED_AT = (
    *("accounts_organisation", "accounts_employee", "accounts_user", "linking_linkedidentity"),
    *("linking_pendingcode", "linking_outgoingmail", "linking_case"),
    *("linking_campaign", "linking_invitation"),
)


def fill(url: str, *, people: int, now: datetime) -> None:
    """Make so many employees and links, and three tenths as many codes and mails."""
    given = {
        "people": people,
        "codes": people * 3 // 10,
        "now": now,
        "key": KEY_ID,
        **PLACES,
        "linked": LINKED,
        "invited": INVITED,
        "campaigns": CAMPAIGNS,
        "first": FIRST,
        "last": LAST,
    }
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in _FILL:
            connection.execute(statement.encode(), given)
        for table in _LOOKED_AT:
            connection.execute(f"VACUUM ANALYZE {table}".encode())
        connection.execute("CHECKPOINT")
