"""What the bench of the audit log's export measures, in this process and with few events."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from audit.events import Event
from audit.models import AuditEvent
from devtools.bench.audit_export import side
from devtools.bench.audit_export.compare import OURS
from tests.factories import make_employee, make_event

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def old_events(db: None) -> None:
    employee, begun = make_employee(), timezone.now() - timedelta(days=40)
    for number in range(5):
        at = begun + timedelta(days=number)
        make_event(Event.SIGN_IN_DONE, employee_id=employee.pk, at=at)


@pytest.mark.parametrize("what", ["copy", *OURS.values()])
def test_each_side_has_all_of_the_log(what: str, tmp_path: Path) -> None:
    side._seal_everything()

    found = side._measured(what, tmp_path / "out")

    assert found["events"] >= AuditEvent.objects.count() == 6  # with that of the new key
    assert found["size"] > 0


def test_a_log_that_is_not_sound_is_no_figure(tmp_path: Path) -> None:
    side._seal_everything()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE audit_auditevent SET reason = 'another' WHERE kept = 'security'")

    with pytest.raises(RuntimeError, match="was edited since it was sealed"):
        side._measured("verify", tmp_path / "out")
