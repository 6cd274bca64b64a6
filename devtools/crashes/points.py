"""Where a process may be killed on a mail's way, and how it is told to be.

A file names the point and the address; the process that comes there with that address takes the
file away and kills itself, once. The patches are put in where the services start, nowhere else.
"""

import os
import signal
from collections.abc import Callable
from enum import Enum, StrEnum
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import UUID

FOLDER_SETTING = "CRASHES_FOLDER"
ANYBODY = "anybody"  # beat knows no addresses


class Kill(StrEnum):
    """What dies: the process at work (the OOM killer), or its whole service (a power cut)."""

    PROCESS = "process"
    SERVICE = "service"


class Point(Enum):
    """The steps between which a process is killed, in the order a mail takes them."""

    def __init__(self, text: str, copies: int = 1) -> None:
        self.text = text
        self.copies = copies
        """How many of the mail may come."""

    WRITTEN = "web: inserted, not committed", 0
    COMMITTED = ("web: committed, no wake-up sent",)
    WOKEN = ("web: wake-up sent, page not answered",)
    DECIDED = ("worker: decided, not committed",)
    GRANTED = ("worker: decision committed, mail not claimed",)
    CLAIMED = ("worker: claimed, not handed to SMTP",)
    ACCEPTED = "worker: SMTP accepted, not marked", 2
    MARKED = "worker: marked, not committed", 2
    NOTED = ("worker: mark committed, message not acknowledged",)
    SWEPT = ("worker: sweep committed, no wake-up sent",)
    BEFORE_TICK = ("beat: before it wakes the sweep",)
    AFTER_TICK = ("beat: after it woke the sweep",)

    @property
    def loses_wake_up(self) -> bool:
        """Whether the web's own wake-up is lost first, so that only the sweep is left."""
        return self in (Point.SWEPT, Point.BEFORE_TICK, Point.AFTER_TICK)


def arm(folder: Path, point: Point, address: str, kill: Kill) -> Path:
    """Let who comes to `point` with `address` die; gives the file that is then gone."""
    order = folder / f"{point.name}:{address}"
    unfinished = folder / f"unfinished.{os.getpid()}"
    unfinished.write_text(kill)
    return unfinished.rename(order)


def comes_to(point: Point, address: Callable[[], str]) -> None:
    """Die here if that is ordered. The address is asked for only where somebody is to die."""
    folder = Path(os.environ[FOLDER_SETTING])
    if not any(folder.glob(f"{point.name}:*")):
        return
    order = folder / f"{point.name}:{address()}"
    taken = folder / f"taken.{os.getpid()}"
    try:
        order.rename(taken)  # one process wins
    except FileNotFoundError:
        return
    if taken.read_text() == Kill.SERVICE:
        os.killpg(os.getpgrp(), signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)


def put_in(service: str) -> None:
    """Patch this process, which is about to become the web, a worker or beat."""
    {"web": _into_web, "worker": _into_worker, "beat": _into_beat}[service.rstrip("12")]()


def _into_web() -> None:
    requests: Any = import_module("linking.actions.requests")
    wake = requests.wake

    def waking(task: str, row: UUID, **options: Any) -> None:
        wake(task, row, **options)
        comes_to(Point.WRITTEN, lambda: _typed(row))

    requests.wake = waking
    _around_sending(Point.COMMITTED, Point.WOKEN)


def _into_worker() -> None:
    from audit.events import Event

    requests: Any = import_module("linking.actions.requests")
    delivery: Any = import_module("linking.delivery")
    grant, deliver, compose = requests._grant, delivery.deliver, delivery.compose
    note_success, record = delivery._note_success, delivery._record

    def granting(request: Any, *arguments: Any, **options: Any) -> None:
        grant(request, *arguments, **options)
        comes_to(Point.DECIDED, lambda: str(request.email))

    def delivering(mail_id: UUID, **options: Any) -> None:
        comes_to(Point.GRANTED, lambda: _recipient(mail_id))
        deliver(mail_id, **options)

    def composing(mail: Any, **options: Any) -> Any:
        comes_to(Point.CLAIMED, lambda: str(mail.recipient))
        return compose(mail, **options)

    def noting(mail: Any, *arguments: Any, **options: Any) -> None:
        comes_to(Point.ACCEPTED, lambda: str(mail.recipient))
        note_success(mail, *arguments, **options)
        comes_to(Point.NOTED, lambda: str(mail.recipient))

    def recording(event: Any, mail: Any, **options: Any) -> None:
        if event == Event.CODE_SENT:
            comes_to(Point.MARKED, lambda: str(mail.recipient))
        record(event, mail, **options)

    requests._grant = granting
    delivery.deliver, delivery.compose = delivering, composing
    delivery._note_success, delivery._record = noting, recording
    _around_sending(Point.SWEPT, None)


def _around_sending(before: Point, after: Point | None) -> None:
    """Patch the publishing of wake-ups for rows: what a web or the sweep does after its commit."""
    from linking.wakeup import SEND_CODE
    from portal.celery import app

    send = app.send_task

    def sending(name: str, *, args: list[str], **options: Any) -> Any:
        def address() -> str:
            return _typed(UUID(args[0])) if name == SEND_CODE else _recipient(UUID(args[0]))

        comes_to(before, address)
        sent = send(name, args=args, **options)
        if after is not None:
            comes_to(after, address)
        return sent

    app.send_task = sending


def _into_beat() -> None:
    from celery.beat import Scheduler

    apply = Scheduler.apply_async

    def applying(self: Any, *arguments: Any, **options: Any) -> Any:
        comes_to(Point.BEFORE_TICK, lambda: ANYBODY)
        applied = apply(self, *arguments, **options)
        comes_to(Point.AFTER_TICK, lambda: ANYBODY)
        return applied

    Scheduler.apply_async = applying


def _typed(request_id: UUID) -> str:
    from linking.models import PendingCode

    return PendingCode.objects.get(pk=request_id).email


def _recipient(mail_id: UUID) -> str:
    from linking.models import OutgoingMail

    return OutgoingMail.objects.get(pk=mail_id).recipient
