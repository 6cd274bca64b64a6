"""The portal's tasks."""

from collections.abc import Callable, Iterator
from datetime import datetime, time, timedelta

from django.db import connection
from django.test import override_settings
from django.utils import timezone

from accounts.looks import note_view
from accounts.tasks import forward_audit_log
from audit import tasks as sealing
from audit.events import Event as E  # noqa: N817  # a table
from audit.receiver import Receiver
from linking import tasks
from linking.actions.look_digests import SETTLED
from linking.models import (
    AuthorizationRequest,
    LookDigest,
    OutgoingMail,
)
from tests.audit.deeds.rows import Nothing, Row, deed
from tests.audit.scene import AGO, Scene
from tests.factories import (
    make_link,
    make_mail,
    make_pending_code,
)


def _send_code(scene: Scene) -> Iterator[None]:
    request = make_pending_code(employee=scene.unlinked, reference="4X9W-7T")
    yield
    tasks.send_code(str(request.pk))


def _deliver(scene: Scene) -> Iterator[None]:
    link = scene.row("linking_linkedidentity")
    mail = make_mail(
        kind=OutgoingMail.Kind.LINKED,
        pending_code=make_pending_code(employee=link.employee, reference="4X9W-7T"),
        link=link,
    )
    scene.change(mail, pending_code=None)
    yield
    tasks.deliver_mail(str(mail.pk))


def _sweep(scene: Scene) -> Iterator[None]:
    long_ago = timezone.now() - AGO
    mail = scene.row("linking_outgoingmail")
    scene.change(mail, next_attempt_at=long_ago, give_up_at=long_ago)
    yield
    tasks.sweep_outbox()


def _over(name: str, field: str, task: Callable[[], None]) -> Callable[[Scene], object]:
    """Let a row's time be over, and the task find it."""

    def do(scene: Scene) -> Iterator[None]:
        scene.change(scene.row(name), **{field: timezone.now() - AGO})
        yield
        task()

    return do


def _look_the_day_before(scene: Scene) -> Iterator[None]:
    day = timezone.localdate(timezone.now() - SETTLED) - timedelta(days=1)
    LookDigest.objects.all().delete()  # the world's
    noon = timezone.make_aware(datetime.combine(day, time(12)))
    note_view(scene.linked, by=scene.root.actor, now=noon)
    yield
    tasks.make_look_digests()


def _leave(scene: Scene) -> Iterator[None]:
    make_link(employee=scene.unlinked)
    scene.session_of(scene.unlinked)
    scene.change(scene.unlinked, active=False)
    yield
    tasks.end_leavers()


def _change_address(scene: Scene) -> Iterator[None]:
    scene.change(scene.row("linking_pendingcode"), code_hash=b"x" * 32)
    scene.change(scene.linked, email="new@x.example")
    yield
    tasks.follow_address_changes()


def _idle(scene: Scene) -> Iterator[None]:
    scene.session_of(scene.linked, expire_date=timezone.now() - AGO)
    yield
    tasks.clear_sessions()


def _unfinished(scene: Scene) -> Iterator[None]:
    hashes = {"state_hash": b"s", "browser_hash": b"b", "request_uri_hash": b"r"}
    secrets = {"nonce": "n", "verifier": "v", "client_key": "", "level": "high", "next_url": ""}
    AuthorizationRequest.objects.create(
        organisation=scene.organisation,
        fresh=False,
        started_at=timezone.now() - AGO,
        **hashes,
        **secrets,
    )
    yield
    tasks.clear_sign_ins()


def _broken_import(scene: Scene) -> Iterator[None]:
    changeset = scene.change(scene.row("accounts_import"), state="approved")  # its file is gone
    yield
    tasks.work_on_import(str(changeset.pk))


def _tend_the_log(_scene: Scene) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT audit_make_month('security', '2020-01-01')")
    yield
    sealing.tend_audit_log()


def _forward(_scene: Scene) -> None:
    with override_settings(AUDIT_RECEIVER=Receiver("http://127.0.0.1:9/v1/logs")):
        forward_audit_log()


TASKS: dict[str, Row] = {
    "send_code": deed(_send_code, E.CODE_SENT),
    "deliver_mail": deed(_deliver, E.MAIL_SENT),
    "sweep_outbox": deed(_sweep, E.MAIL_FAILED),
    "expire_codes": deed(
        _over("linking_pendingcode", "expires_at", tasks.expire_codes),
        E.CODE_EXPIRED,
        E.TASK_DONE,
    ),
    "expire_stale_links": deed(
        _over("linking_linkedidentity", "expires_at", tasks.expire_stale_links),
        E.LINK_EXPIRED,
    ),
    "tend_invitations": deed(
        _over("linking_invitation", "expires_at", tasks.tend_invitations),
        *(E.INVITATION_ENDED, E.TASK_DONE),
    ),
    "end_leavers": deed(_leave, E.LINK_REVOKED, E.ROLE_REVOKED, E.SESSION_ENDED, E.TASK_DONE),
    "follow_address_changes": deed(_change_address, E.CODE_STOPPED, E.TASK_DONE),
    "clear_sessions": deed(_idle, E.SESSION_ENDED, E.TASK_DONE),
    "clear_sign_ins": deed(_unfinished, E.TASK_DONE),
    "work_on_import": deed(_broken_import, E.TASK_FAILED),
    "forget_imports": deed(
        _over("accounts_import_undo", "applied_at", tasks.forget_imports),
        *(E.IMPORT_FORGOTTEN, E.TASK_DONE),
    ),
    "seal_audit_log": deed(lambda _s: sealing.seal_audit_log(), E.SEAL_KEY_FIRST_USED),
    "tend_audit_log": deed(_tend_the_log, E.RETENTION_DROPPED, E.SEAL_KEY_FIRST_USED),
    "forward_audit_log": deed(_forward, E.FORWARDING_BEGUN),
    "tell_audit_head": Nothing("sends out what the seals say; they are where it can be read"),
    "sweep_imports": Nothing("wakes a worker, who writes what comes of it"),
    "make_look_digests": deed(_look_the_day_before, E.AUDIT_DIGEST_SENT),
    "count_figures": Nothing("the portal looks at itself: numbers for the first page"),
}
