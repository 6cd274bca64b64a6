"""The role that operations.md grants: the portal works as it, and it can only add to the log."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import ProgrammingError, connection, transaction
from django.utils import timezone

from audit import retention
from audit.events import Event, Kept
from devtools.environment import BASE_DIR
from tests.audit.sealed import seal, verified
from tests.factories import make_event

pytestmark = pytest.mark.django_db


@pytest.fixture
def portals_role(db: None) -> Iterator[str]:
    """What the manual says, under a name that no other run has."""
    text = (BASE_DIR / "docs/operations.md").read_text(encoding="utf-8")
    found = re.search(r"### A database role that can only add.*?```sql\n(.*?)```", text, re.DOTALL)
    assert found
    name = f"{connection.settings_dict['NAME']}_portal"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {name}")
        cursor.execute(found[1].replace("kobling_portal", name))
        cursor.execute(f"SET LOCAL ROLE {name}")
        yield name
        cursor.execute("RESET ROLE")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_auditevent SET actor = 'x'",
        "DELETE FROM audit_auditevent",
        "TRUNCATE audit_auditevent",
        "UPDATE audit_seal SET round = 2",
        "DELETE FROM audit_seal",
        "ALTER TABLE audit_auditevent DISABLE TRIGGER ALL",
        "DROP TABLE audit_auditevent",
        "SET session_replication_role = replica",
        "SELECT audit_drop_month('decision', date_trunc('month', now())::date)",
    ],
)
def test_it_can_neither_change_the_log_nor_lift_what_protects_it(
    portals_role: str, statement: str
) -> None:
    make_event(Event.LINK_MADE)
    seal()
    with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    partition = f"audit_decision_{timezone.now():%Y_%m}"
    with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE {partition} SET actor = 'x'")  # noqa: S608


def test_the_portal_works_as_it(portals_role: str) -> None:
    make_event(Event.LINK_MADE)
    seal()
    assert verified().sound
    # Months that are not there yet: made by the owner's rights.
    retention.make_months(now=timezone.now() + timedelta(days=400))
    retention.tend(months={Kept.SECURITY: 13, Kept.DECISION: 60}, now=timezone.now())
