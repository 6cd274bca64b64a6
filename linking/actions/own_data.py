"""That an employee took all that the portal holds on them."""

from datetime import datetime, timedelta

from django.db import transaction

from accounts.models import Employee
from audit.events import Event
from audit.log import record
from audit.models import AuditEvent

MOST_DOWNLOADS = 10
WITHIN = timedelta(hours=1)


class TooManyDownloads(Exception):
    """As many in an hour as anybody needs: each reads all there is, and is a row in the log."""


@transaction.atomic
def note_download(employee: Employee, *, kind: str, by: str, now: datetime) -> None:
    """Write that the employee's data are taken, as a `file` or a `page`, before they are.

    Raises:
        TooManyDownloads: it is too often; nothing is written.
    """
    # One at a time: two at once would both count nine.
    Employee.objects.select_for_update().get(pk=employee.pk)
    lately = AuditEvent.objects.filter(
        employee_id=employee.pk, event=Event.PERSON_DOWNLOADED, at__gt=now - WITHIN
    )
    if lately.count() >= MOST_DOWNLOADS:
        raise TooManyDownloads
    record(
        Event.PERSON_DOWNLOADED,
        by=by,
        now=now,
        organisation=employee.organisation_id,
        employee=employee.pk,
        kind=kind,
    )
