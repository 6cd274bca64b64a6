"""Actions on the lists of the administration."""

from collections.abc import Iterator

from audit.events import Event as E  # noqa: N817  # a table
from tests.administrators import (
    enrol_app,
)
from tests.audit.deeds.rows import Row, deed
from tests.audit.scene import Scene
from tests.factories import (
    make_pending_code,
)


def _sign_out_employee(scene: Scene) -> Iterator[None]:
    scene.session_of(scene.linked)
    yield
    scene.act("accounts_employee", "sign_out", scene.linked)


def _sign_out_user(scene: Scene) -> Iterator[None]:
    scene.session_of(scene.linked)
    yield
    scene.act("accounts_user", "sign_out", scene.linked.user)


def _reset_factor(scene: Scene) -> Iterator[None]:
    other = scene.administrator()
    enrol_app(other)
    yield
    scene.act("accounts_user", "reset_second_factor", other)


def _delete(scene: Scene) -> None:
    gone = scene.row("accounts_employee_delete")
    scene.act("accounts_employee", "delete_for_good", gone, reason="Twice")


def _merge(scene: Scene) -> Iterator[None]:
    other = scene.row("linking_invitation").employee
    kept = {"kept": str(scene.linked.pk), "email": "", "employee_number": "", "reason": "Twice"}
    make_pending_code(employee=other, reference="4X9W-7T")
    yield
    scene.act("accounts_employee", "merge", scene.linked, other, **kept)


ACTIONS: dict[str, Row] = {
    "accounts_employee:sign_out": deed(_sign_out_employee, E.SESSION_ENDED),
    "accounts_employee:delete_for_good": deed(_delete, E.EMPLOYEE_DELETED),
    "accounts_employee:merge": deed(
        _merge, E.EMPLOYEE_MERGED, E.EMPLOYEE_MERGED_AWAY, E.CODE_STOPPED, E.INVITATION_ENDED
    ),
    "accounts_employee:invite": deed(
        lambda s: s.act("accounts_employee", "invite", s.unlinked, confirm="yes"),
        *(E.CAMPAIGN_STARTED, E.INVITATION_MADE),
    ),
    "accounts_user:sign_out": deed(_sign_out_user, E.SESSION_ENDED),
    "accounts_user:reset_second_factor": deed(_reset_factor, E.SECOND_FACTOR_RESET),
    "linking_linkedidentity:revoke": deed(
        lambda s: s.act(
            "linking_linkedidentity", "revoke", s.row("linking_linkedidentity"), reason="Seen"
        ),
        E.LINK_REVOKED,
    ),
}
