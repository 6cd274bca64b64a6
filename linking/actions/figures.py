"""Counts how far the roll-out has come, so that the first page need not.

No event is written: nothing happens but that the portal looks at itself.
"""

from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone

from linking.actions.stale import NOTICE
from linking.models import DailyFigures, DepartmentFigures

KEPT = timedelta(days=400)
_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtext('count_figures'))"
# An employee has one active link (`link_one_per_employee`) and one open invitation at most
# (`invitation_open_once`), so nobody counts twice.
_BY_DEPARTMENT = """
    INSERT INTO linking_departmentfigures
        (organisation_id, department, employed, linked, invited, stale_soon)
    SELECT person.organisation_id, person.department, count(*), count(link.id),
        count(invitation.id) FILTER (WHERE link.id IS NULL),
        count(link.id) FILTER (WHERE link.expires_at <= %(soon)s)
    FROM accounts_employee person
    LEFT JOIN linking_linkedidentity link ON link.employee_id = person.id
        AND link.state = 'active' AND link.expires_at > %(now)s
    LEFT JOIN linking_invitation invitation ON invitation.employee_id = person.id
        AND invitation.ended_at IS NULL AND invitation.expires_at > %(now)s
    WHERE person.active AND (person.starts_on IS NULL OR person.starts_on <= %(today)s)
        AND (person.ends_on IS NULL OR person.ends_on >= %(today)s)
    GROUP BY person.organisation_id, person.department
"""
_BY_DAY = """
    INSERT INTO linking_dailyfigures
        (organisation_id, day, employed, linked, invited, stale_soon, counted_at)
    SELECT place.id, %(today)s, coalesce(sum(part.employed), 0), coalesce(sum(part.linked), 0),
        coalesce(sum(part.invited), 0), coalesce(sum(part.stale_soon), 0), %(now)s
    FROM accounts_organisation place
    LEFT JOIN linking_departmentfigures part ON part.organisation_id = place.id
    GROUP BY place.id
    ON CONFLICT (day, organisation_id) DO UPDATE SET employed = excluded.employed,
        linked = excluded.linked, invited = excluded.invited, stale_soon = excluded.stale_soon,
        counted_at = excluded.counted_at
"""


@transaction.atomic
def count_figures(*, now: datetime) -> None:
    """Count anew: each department as it is now, and each organisation's figures of today."""
    today = timezone.localdate(now)
    given = {"now": now, "today": today, "soon": now + NOTICE}
    with connection.cursor() as cursor:
        cursor.execute(_ONE_AT_A_TIME)
        DepartmentFigures.objects.all().delete()
        cursor.execute(_BY_DEPARTMENT, given)
        cursor.execute(_BY_DAY, given)
    DailyFigures.objects.filter(day__lt=today - KEPT).delete()
