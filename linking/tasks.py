"""The Celery tasks: they read the clock, make one call, and may run twice."""

from time import monotonic
from uuid import UUID

from celery import shared_task
from django.utils import timezone

from accounts.administrators.budgets import forget_ended
from accounts.sessions import SessionStore
from linking import actions, delivery
from linking.models import OutgoingMail

# Below the lease of a mail, see there.
hands_over = shared_task(soft_time_limit=delivery.SOFT_SECONDS, time_limit=delivery.HARD_SECONDS)
TURN_SECONDS = 30  # well below CELERY_TASK_SOFT_TIME_LIMIT


@hands_over
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
def deliver_mail(mail_id: str) -> None:
    delivery.deliver(UUID(mail_id), now=timezone.now())


@shared_task
def sweep_outbox() -> None:
    delivery.sweep(now=timezone.now())


@shared_task
def expire_codes() -> None:
    actions.expire_codes(now=timezone.now())


@shared_task
def expire_stale_links() -> None:
    """Tend the links for half a minute; where more is left, another turn goes on at once."""
    stop = monotonic() + TURN_SECONDS
    if not actions.tend_links(now=timezone.now(), is_time_up=lambda: monotonic() >= stop):
        expire_stale_links.delay()


@shared_task
def end_leavers() -> None:
    """End the access of those who have left; what is left after half a minute, next time."""
    now, stop = timezone.now(), monotonic() + TURN_SECONDS
    while actions.end_leavers(now=now) and monotonic() < stop:
        pass


@shared_task
def clear_sessions() -> None:
    SessionStore.clear_expired()
    forget_ended(now=timezone.now())


@shared_task
def clear_sign_ins() -> None:
    actions.clear_sign_ins(now=timezone.now())


@shared_task
def count_figures() -> None:
    actions.count_figures(now=timezone.now())
