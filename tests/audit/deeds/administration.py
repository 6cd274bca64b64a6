"""Pages of the administration."""

from collections.abc import Iterator
from datetime import timedelta

from django.utils import timezone

from audit.events import Event as E  # noqa: N817  # a table
from tests.administrators import (
    PASSWORD,
)
from tests.audit.deeds.rows import SHOWS, Nothing, Row, deed, form, shown
from tests.audit.scene import Scene


def _remind(scene: Scene) -> Iterator[None]:
    scene.change(scene.row("linking_invitation"), invited_at=timezone.now() - timedelta(days=2))
    yield
    scene.post_page("admin:linking_campaign_remind")


def _revoke(scene: Scene) -> Iterator[None]:
    scene.session_of(scene.linked)
    yield
    scene.post_page("admin:linking_linkedidentity_revoke")


def _take_the_log(scene: Scene) -> None:
    days = {"first_day": "2026-01-01", "last_day": "2026-12-31"}
    scene.browser.post("/admin/audit/auditevent/export/", {"kind": "csv", **days})


def _change_administrator(scene: Scene) -> Iterator[None]:
    other = scene.administrator()
    fields = {"username": "ny", "email": "ny@x.example", "is_active": "", "is_superuser": ""}
    yield
    scene.post(f"/admin/accounts/user/{other.pk}/change/", **fields)


def _another_password(scene: Scene) -> Iterator[None]:
    password = {"password1": "a-long-and-new-one", "password2": "a-long-and-new-one"}
    other = scene.administrator()
    yield
    scene.post(f"/admin/accounts/user/{other.pk}/password/", usable_password="true", **password)


def _own_password(scene: Scene) -> Iterator[None]:
    scene.with_password()
    password = {"new_password1": "a-long-and-new-one", "new_password2": "a-long-and-new-one"}
    yield
    scene.post("/admin/password_change/", old_password=PASSWORD, **password)


def _erase_in_vain(scene: Scene) -> None:
    """Of somebody who works here."""
    scene.post(f"/admin/audit/auditevent/erase/{scene.linked.pk}/", reason="asked", understood="on")


_OTHERS: dict[str, Row] = {
    "admin:index": SHOWS,
    "admin:app_list accounts": SHOWS,
    "admin:app_list audit": SHOWS,
    "admin:app_list linking": SHOWS,
    "admin/(?P<url>.*)$": SHOWS,
    "purpose": Nothing("the session alone keeps it; each look tells of it"),
    "support": deed(lambda s: s.post("/admin/support/", q="Quokkaulf"), E.PERSON_SEARCHED),
    "admin:audit_auditevent_changelist": deed(
        lambda s: s.post("/admin/audit/auditevent/", q="Nobody's name"), E.PERSON_SEARCHED
    ),
    "admin:password_change": deed(_own_password, E.ADMINISTRATOR_CHANGED),
    "admin:auth_user_password_change": deed(_another_password, E.ADMINISTRATOR_CHANGED),
    "admin:accounts_user_change": deed(_change_administrator, E.ADMINISTRATOR_CHANGED),
    "admin:linking_campaign_remind": deed(_remind, E.CAMPAIGN_REMINDED, E.INVITATION_REMINDED),
    "admin:linking_linkedidentity_revoke": deed(_revoke, E.LINK_REVOKED, E.SESSION_ENDED),
}
ADMINISTRATION: dict[str, Row] = (
    _OTHERS
    | form("admin:accounts_organisation_add", E.ORGANISATION_CREATED)
    | form("admin:accounts_organisation_change", E.ORGANISATION_CHANGED)
    | form("admin:accounts_employee_add", E.EMPLOYEE_CREATED)
    | form("admin:accounts_employee_change", E.EMPLOYEE_CHANGED)
    | form("admin:accounts_employee_delete", E.EMPLOYEE_DELETED)
    | form("admin:accounts_employee_rehire", E.EMPLOYEE_REHIRED)
    | form("admin:accounts_employee_move", E.EMPLOYEE_MOVED_AWAY, E.EMPLOYEE_MOVED_HERE)
    | form("admin:accounts_rolegrant_add", E.ROLE_GRANTED)
    | form("admin:accounts_rolegrant_delete", E.ROLE_REVOKED)
    | form("admin:accounts_user_add", E.ADMINISTRATOR_CREATED)
    | form("admin:accounts_import_add", E.IMPORT_UPLOADED, E.IMPORT_CANCELLED)
    | form("admin:accounts_import_approve", E.IMPORT_APPROVED)
    | form("admin:accounts_import_look_again", E.IMPORT_LOOKED_AT_AGAIN)
    | form("admin:accounts_import_cancel", E.IMPORT_CANCELLED)
    | form("admin:accounts_import_undo", E.IMPORT_UNDO_ASKED)
    | form("admin:accounts_import_report", E.IMPORT_REPORT_TAKEN)
    | form("admin:linking_case_decide", E.CASE_DECIDED)
    | form("admin:linking_block_lift", E.BLOCK_LIFTED)
    | form("admin:linking_campaign_add", E.CAMPAIGN_STARTED, E.INVITATION_MADE)
    | form("admin:linking_campaign_stop", E.CAMPAIGN_STOPPED, E.INVITATION_ENDED)
    | shown("accounts_organisation", "add", "change")
    | shown("accounts_employee", "add", "change", "delete")
    | shown("accounts_rolegrant", "add", "delete")
    | shown("accounts_user", "add", "change")
    | shown("accounts_import", "add")
    | form("admin:audit_auditevent_saved", E.SEARCH_SAVED)
    | form("admin:audit_auditevent_erase", E.EMPLOYEE_ERASED)
    | {"admin:audit_auditevent_erase (refused)": deed(_erase_in_vain, E.ERASURE_REFUSED)}
    | {"audit_export": deed(_take_the_log, E.AUDIT_EXPORTED)}
    | shown("audit_auditevent", "changelist")
    | shown("linking_linkedidentity")
    | shown("linking_pendingcode")
    | shown("linking_outgoingmail")
    | shown("linking_lookdigest")
    | shown("linking_case")
    | shown("linking_block")
    | shown("linking_campaign", "add")
    | shown("linking_invitation")
    | shown("linking_fingerprintkey")
)
