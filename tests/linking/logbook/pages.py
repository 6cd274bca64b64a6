"""The log's pages as they are asked for, and what is read off them."""

import re
from typing import Any

from django.test import Client
from django.urls import reverse

from audit.events import Event
from audit.models import AuditEvent
from tests.accounts.worlds import World
from tests.factories import make_event

LOG = reverse("admin:audit_auditevent_changelist")
SAVED = reverse("admin:audit_auditevent_saved")
NUMBER = "16919408131"


def note(world: World, event: Event = Event.SIGN_IN_DONE, **fields: Any) -> AuditEvent:
    return make_event(event, **{"organisation_id": world.organisation.pk} | fields)


def ask(client: Client, **typed: str) -> Any:
    return client.post(LOG, typed)


def sent_to(client: Client, **typed: str) -> str:
    answer = ask(client, **typed)
    assert answer.status_code == 302
    return str(answer.headers["Location"])


def shown(client: Client, address: str = LOG) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return str(answer.content.decode())


def told(html: str) -> str:
    """The events of a page, in words."""
    events = html.partition('<ol class="log"')[2].partition("</ol>\n")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", events).split())


def looks(*names: Event) -> list[tuple[str, Any, dict[str, Any]]]:
    rows = AuditEvent.objects.filter(event__in=names).order_by("id")
    return [(row.event, row.employee_id, row.details) for row in rows]
