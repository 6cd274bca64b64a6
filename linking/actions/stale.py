"""Links that nobody uses: they follow their organisation's rule, are warned about, and expire.

All goes in batches, each a transaction of its own. A row that somebody holds is passed over, so
that nobody's sign-in waits for more than one batch, and a batch never waits for a sign-in.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import (
    Case,
    DateTimeField,
    DurationField,
    ExpressionWrapper,
    F,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.functions import Greatest
from django.utils import timezone

from accounts.models import Employee, Organisation
from audit.events import Event
from audit.log import record, record_each
from linking.actions.cases import close_cases_about
from linking.actions.notices import warn_employees
from linking.models import LinkedIdentity

NOTICE = timedelta(days=14)
BATCH = 500  # links


def tend_links(*, now: datetime, is_time_up: Callable[[], bool], limit: int = BATCH) -> bool:
    """Do all that the clock does to links; False where time was up before everything was done.

    What was done is done: another call goes on with the rest.
    """
    for organisation in Organisation.objects.order_by("pk"):
        if not against_the_rule(organisation, now=now).exists():
            continue  # as nearly always; the batches below go through the whole table
        last: UUID | None = None
        while (last := follow_rules(organisation, after=last, now=now, limit=limit)) is not None:
            if is_time_up():
                return False
    for batch in (warn_of_expiry, expire_stale_links):
        while batch(now=now, limit=limit) == limit:
            if is_time_up():
                return False
    return True


def against_the_rule(organisation: Organisation, *, now: datetime) -> QuerySet[LinkedIdentity]:
    """Give the links in force that the organisation's number of days would have expire otherwise.

    Later ones than the rule's are left where they have two weeks or less: that is their notice.
    """
    given = ExpressionWrapper(F("expires_at") - F("last_used_at"), output_field=DurationField())
    allowed = timedelta(days=organisation.unused_days)
    links = LinkedIdentity.objects.in_force(now).filter(organisation=organisation)
    return links.alias(given=given).filter(
        Q(given__lt=allowed) | Q(given__gt=allowed, expires_at__gt=now + NOTICE)
    )


@transaction.atomic
def follow_rules(
    organisation: Organisation, *, after: UUID | None, now: datetime, limit: int = BATCH
) -> UUID | None:
    """Move links in force to where the organisation's number of days, if changed, has them expire.

    None is moved nearer than two weeks from now: nobody loses a link without notice. Gives the last
    link moved, to go on after; None where there are no more.
    """
    by_rule = ExpressionWrapper(
        F("last_used_at") + timedelta(days=organisation.unused_days), output_field=DateTimeField()
    )
    with_notice = Greatest(by_rule, Value(now + NOTICE, output_field=DateTimeField()))
    moved = against_the_rule(organisation, now=now)
    if after is not None:
        moved = moved.filter(pk__gt=after)
    pks = list(
        moved.order_by("pk")
        .select_for_update(skip_locked=True)
        .values_list("pk", flat=True)[:limit]
    )
    LinkedIdentity.objects.filter(pk__in=pks).update(
        expires_at=Case(When(expires_at__lt=by_rule, then=by_rule), default=with_notice),
        warned_at=None,
    )
    if pks:
        record(
            Event.LINKS_MOVED,
            by="system",
            now=now,
            organisation=organisation.pk,
            count=len(pks),
            unused_days=organisation.unused_days,
        )
    return pks[-1] if len(pks) == limit else None


@transaction.atomic
def warn_of_expiry(*, now: datetime, limit: int = BATCH) -> int:
    """Mail those whose link expires within two weeks, once, the most urgent first.

    Where the organisation's number of days is below four weeks, the mail goes when half of them are
    left. Gives how many; call again while it is `limit`.
    """
    left = ExpressionWrapper(F("expires_at") - Value(now), output_field=DurationField())
    unused = ExpressionWrapper(Value(now) - F("last_used_at"), output_field=DurationField())
    allowed = ExpressionWrapper(
        F("organisation__unused_days") * Value(timedelta(days=1)), output_field=DurationField()
    )
    given = ExpressionWrapper(F("expires_at") - F("last_used_at"), output_field=DurationField())
    due = (
        LinkedIdentity.objects.in_force(now)
        .filter(warned_at__isnull=True, expires_at__lte=now + NOTICE, organisation__active=True)
        .filter(employee__in=Employee.objects.employed(timezone.localdate(now)))
        .alias(left=left, unused=unused, allowed=allowed, given=given)
        # Or a changed rule gave just these two weeks: then they are the notice.
        .filter(Q(left__lte=F("unused")) | Q(given__gt=F("allowed")))
        .select_related("employee__organisation")
        .order_by("expires_at")
    )
    links = list(due.select_for_update(of=("self",), skip_locked=True)[:limit])
    LinkedIdentity.objects.filter(pk__in=[link.pk for link in links]).update(warned_at=now)
    warn_employees(links, now=now)
    pairs = [(link.organisation_id, link.employee_id) for link in links]
    return record_each(Event.LINK_WARNED, pairs, by="system", now=now)


@transaction.atomic
def expire_stale_links(*, now: datetime, limit: int = BATCH) -> int:
    """Expire links that nobody has used for the organisation's number of days, oldest first.

    Links that nobody has approved too. Gives how many; call again while it is `limit`.
    """
    stale = LinkedIdentity.objects.standing().filter(expires_at__lte=now).order_by("expires_at")
    return expire(stale, now, skip_locked=True, limit=limit)


def expire(stale: Any, now: datetime, *, skip_locked: bool = False, limit: int = BATCH) -> int:
    """Expire these links, in the caller's transaction; gives how many.

    They are locked first: whoever else would end one of them finds it ended, so each has one event.
    """
    locked = stale.select_for_update(skip_locked=skip_locked)[:limit]
    links = list(locked.values_list("pk", "organisation_id", "employee_id"))
    LinkedIdentity.objects.filter(pk__in=[pk for pk, *_whose in links]).update(
        state=LinkedIdentity.State.EXPIRED, ended_at=now, ended_by="system"
    )
    close_cases_about((pk for pk, *_whose in links), now=now)
    pairs = [(organisation, employee) for _pk, organisation, employee in links]
    return record_each(Event.LINK_EXPIRED, pairs, by="system", now=now)
