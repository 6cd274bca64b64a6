"""The Celery tasks: they read the clock, make one call, and may run twice."""

import logging
from collections.abc import Callable
from time import monotonic
from uuid import UUID

from celery import shared_task
from django.utils import timezone

from accounts.administrators.budgets import forget_ended
from accounts.imports import reviews, undoing
from accounts.imports.models import Import
from audit.turns import note_failed, noted
from linking import actions, delivery
from linking.fingerprint_keys import keys_in_use
from linking.models import OutgoingMail
from linking.wakeup import WORK_ON_IMPORT, wake

logger = logging.getLogger(__name__)

# Below the lease of a mail, see there.
hands_over = shared_task(soft_time_limit=delivery.SOFT_SECONDS, time_limit=delivery.HARD_SECONDS)
# A hundred thousand people take half a minute. Below `reviews.CLAIM`.
takes_long = shared_task(soft_time_limit=300, time_limit=330)
TURN_SECONDS = 30  # well below CELERY_TASK_SOFT_TIME_LIMIT


def until_nothing_is_left(batch: Callable[[], int]) -> int:
    """Do batches for half a minute at most; what is left is for the next turn. Gives how much."""
    done, stop = 0, monotonic() + TURN_SECONDS
    while some := batch():
        done += some
        if monotonic() >= stop:
            break
    return done


@hands_over
@noted
def send_code(request_id: str) -> None:
    """Decide one request to link and, if it is granted, mail the code at once.

    A crash in between leaves a queued mail, which the sweep finds.
    """
    request = UUID(request_id)
    actions.decide_request(request, now=timezone.now())
    mail = OutgoingMail.objects.filter(pending_code_id=request).values_list("pk", flat=True).first()
    if mail is not None:
        delivery.deliver(mail, now=timezone.now())


@hands_over
@noted
def deliver_mail(mail_id: str) -> None:
    delivery.deliver(UUID(mail_id), now=timezone.now())


@shared_task
@noted
def sweep_outbox() -> None:
    delivery.sweep(now=timezone.now())


@shared_task
@noted
def expire_codes() -> int:
    return actions.expire_codes(now=timezone.now())


@shared_task
@noted
def expire_stale_links() -> None:
    """Tend the links for half a minute; where more is left, another turn goes on at once."""
    stop = monotonic() + TURN_SECONDS
    if not actions.tend_links(now=timezone.now(), is_time_up=lambda: monotonic() >= stop):
        expire_stale_links.delay()


@shared_task
@noted
def tend_invitations() -> int:
    """Remind those who are not linked, and end what is too old."""
    now = timezone.now()
    return until_nothing_is_left(lambda: actions.tend_invitations(now=now))


@shared_task
@noted
def end_leavers() -> int:
    """End the access of those who have left."""
    now = timezone.now()
    return until_nothing_is_left(lambda: actions.end_leavers(now=now))


@shared_task
@noted
def follow_address_changes() -> int:
    """Tell old addresses, and stop what was mailed to them."""
    now = timezone.now()
    return until_nothing_is_left(lambda: actions.follow_address_changes(now=now))


@shared_task
@noted
def clear_sessions() -> int:
    """End what nobody uses any more, and forget tries that no longer count."""
    now = timezone.now()
    ended = until_nothing_is_left(lambda: actions.end_idle_sessions(now=now))
    return ended + forget_ended(now=now)


@shared_task
@noted
def clear_sign_ins() -> int:
    return actions.clear_sign_ins(now=timezone.now())


@takes_long
@noted
def work_on_import(import_id: str) -> None:
    """Do what an import waits for: the comparison, carrying it out, or undoing it."""
    key, now = UUID(import_id), timezone.now()
    state = Import.objects.filter(pk=key).values_list("state", flat=True).first()
    work = (
        {
            Import.State.COMPARING: reviews.compare,
            Import.State.APPROVED: reviews.carry_out,
            Import.State.UNDOING: undoing.undo,
        }.get(Import.State(state))
        if state
        else None
    )
    if work is None:
        return
    try:
        work(key, keys=keys_in_use(), now=now)
    except Exception as error:  # noqa: BLE001  # the database's own words may quote a person's row
        logger.error("Import %s broke off: %s", key, type(error).__name__)
        note_failed(work_on_import.__name__, error, now=timezone.now())
        reviews.give_up_or_free(key, now=timezone.now())


@shared_task
@noted
def sweep_imports() -> None:
    for key in reviews.unfinished(now=timezone.now()).values_list("pk", flat=True):
        wake(WORK_ON_IMPORT, key)


@shared_task
@noted
def forget_imports() -> int:
    return reviews.forget_old(now=timezone.now())


@shared_task
@noted
def count_figures() -> None:
    actions.count_figures(now=timezone.now())


@shared_task
def make_look_digests() -> None:
    actions.make_look_digests(now=timezone.now())
