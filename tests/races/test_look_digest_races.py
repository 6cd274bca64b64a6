"""Two beats, or a turn that comes twice: each day's digest is made and mailed once."""

from datetime import UTC, datetime
from functools import partial

import pytest

from accounts.roles import Role
from audit.events import Event
from audit.models import AuditEvent
from linking.actions import make_look_digests
from linking.models import LookDigest, OutgoingMail
from tests.accounts.worlds import make_colleague, make_world
from tests.factories import make_employee
from tests.linking.own.events import look
from tests.races.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)
NOON = datetime(2026, 7, 2, 10, tzinfo=UTC)
NEXT_DAY = datetime(2026, 7, 3, 3, tzinfo=UTC)


def test_turns_at_once_make_one_digest_and_mail_it_once() -> None:
    eksempel = make_world("eksempel-kommune", "Eksempel")
    LookDigest.objects.all().delete()
    siri = make_colleague(eksempel, "Siri", Role.SUPPORT)
    look(make_employee(organisation=eksempel.organisation), siri, now=NOON)
    made = at_once([partial(make_look_digests, now=NEXT_DAY)] * 4)
    assert sum(made) == LookDigest.objects.count() == 2  # the organisation's and the portal's
    assert OutgoingMail.objects.filter(kind="looks").count() == 1
    assert AuditEvent.objects.filter(event=Event.AUDIT_DIGEST_SENT).count() == 1
