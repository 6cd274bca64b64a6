"""Reading what the log tells of somebody, or of their doings: asked what for, and noted (A-26)."""

from collections.abc import Collection, Sequence
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone

from accounts.access import organisations
from accounts.actors import key_of
from accounts.admin.common import actor
from accounts.models import Employee, User
from accounts.purposes.asking import purposes_for
from audit.models import AuditEvent
from linking import actions
from linking.logbook.asking import SEE_LOG
from linking.logbook.query import Query


def people_in(query: Query) -> set[UUID]:
    """Give whom a search is about: who is asked for, and the employee whose doings are."""
    return {key for key in (query.person, _whose(query.actor)) if key is not None}


def _whose(actor: str) -> UUID | None:
    if (user := key_of(actor, "user")) is not None:
        return User.objects.filter(pk=user).values_list("employee", flat=True).first()
    return key_of(actor, "employee")


def note_looks(
    request: HttpRequest,
    people: Collection[UUID],
    events: Sequence[AuditEvent],
    *,
    reference: str = "",
) -> None:
    """Write that the user reads `events`, which are about these people or done by them.

    It is in the log of the organisation that employs them, where the user may read that one.
    Whoever was moved or deleted has left the events behind in another's; without any, nothing is
    read.

    Raises:
        PurposeNeeded: what for has not been told; nothing is written.
    """
    left = dict.fromkeys(people, events[0].organisation_id) if events else {}
    here = organisations(request.user, SEE_LOG)
    employed = Employee.objects.filter(pk__in=people, organisation__in=here).order_by()
    places = left | dict(employed.values_list("pk", "organisation"))
    whys = purposes_for(request, places)
    actions.note_views(
        {(place, person): whys[person] for person, place in sorted(places.items())},
        by=actor(request),
        now=timezone.now(),
        reference=reference,
    )
