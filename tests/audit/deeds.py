"""What is done on each page, by each action, task and command, and which events come of it.

Read it as a table: a name, the events, and how the deed is done. `Nothing` says why there is none.
"""

import csv
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from inspect import isgeneratorfunction
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

from allauth.mfa.utils import encrypt
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.administrators.enrolment import SETUP_KEY
from accounts.looks import note_view
from accounts.sessions import OIDC_SID
from audit import tasks as sealing
from audit.events import Event as E  # noqa: N817  # a table
from linking import tasks
from linking.actions.look_digests import SETTLED
from linking.disowning import not_me_url
from linking.invitations import hash_token, make_token
from linking.models import (
    AuthorizationRequest,
    FingerprintKey,
    Invitation,
    LookDigest,
    OutgoingMail,
    PendingCode,
)
from linking.views.common import INVITATION_KEY
from tests.administrators import (
    PASSWORD,
    code_of,
    enrol_app,
    passkey_options,
    type_code,
    type_password,
)
from tests.audit.scene import AGO, Scene, path_of
from tests.factories import (
    make_invitation,
    make_link,
    make_mail,
    make_pending_code,
)
from tests.passkeys import Passkey


@dataclass(frozen=True)
class Deed:
    """Something that is done, and all the events that come of it.

    Where `do` yields, what comes before is only got ready.
    """

    events: frozenset[E]
    do: Callable[[Scene], object]

    def ready(self, scene: Scene) -> Callable[[], object]:
        """Get everything ready; gives what does it."""
        if not isgeneratorfunction(self.do):
            return lambda: self.do(scene)
        steps = self.do(scene)
        next(steps)
        return lambda: next(steps, None)


@dataclass(frozen=True)
class Nothing:
    """No event comes of it, and why not."""

    why: str


type Row = Deed | Nothing


def deed(do: Callable[[Scene], object], *events: E) -> Deed:
    return Deed(frozenset(events), do)


def form(rule: str, *events: E) -> dict[str, Row]:
    """A page of the administration whose form the roles' matrix knows."""
    return {rule: deed(lambda scene: scene.post_page(rule), *events)}


# --- Pages of the administration -----------------------------------------------------------------

SHOWS = Nothing("only shows: what it takes by POST it shows again, or refuses")
ACTIONS_ONLY = Nothing("a list: its actions are rows of their own")
NOBODY_MAY = Nothing("nobody may: there is no such button, and a POST is refused")


def shown(model: str, *changing: str) -> dict[str, Row]:
    """The pages that Django makes for a model, without those on which something is done."""
    pages: dict[str, Row] = {
        "changelist": ACTIONS_ONLY,
        "history": SHOWS,
        "add": NOBODY_MAY,
        "change": NOBODY_MAY,
        "delete": NOBODY_MAY,
    }
    return {f"admin:{model}_{page}": row for page, row in pages.items() if page not in changing}


def _remind(scene: Scene) -> Iterator[None]:
    scene.change(scene.row("linking_invitation"), invited_at=timezone.now() - timedelta(days=2))
    yield
    scene.post_page("admin:linking_campaign_remind")


def _revoke(scene: Scene) -> Iterator[None]:
    scene.session_of(scene.linked)
    yield
    scene.post_page("admin:linking_linkedidentity_revoke")


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


_OTHERS: dict[str, Row] = {
    "admin:index": SHOWS,
    "admin:view_on_site": SHOWS,
    "admin:app_list accounts": SHOWS,
    "admin:app_list audit": SHOWS,
    "admin:app_list linking": SHOWS,
    "admin/(?P<url>.*)$": SHOWS,
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


# --- The administration's door -------------------------------------------------------------------


def _stranger() -> Client:
    return Client(headers={"host": "127.0.0.1"}, raise_request_exception=False)


def _at_the_factor(scene: Scene) -> tuple[Client, str]:
    secret, browser = enrol_app(scene.with_password()), _stranger()
    type_password(browser, "root")
    return browser, secret


def _show_factor(scene: Scene) -> Iterator[None]:
    browser, secret = _at_the_factor(scene)
    yield
    type_code(browser, code_of(secret))


def _enrol_app(scene: Scene) -> Iterator[None]:
    scene.with_password()
    browser, secret = _stranger(), "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    type_password(browser, "root")
    session = browser.session
    session[SETUP_KEY] = encrypt(secret)
    session.save()
    yield
    browser.post("/admin/sign-in/enrol/app/", {"code": code_of(secret)})


def _enrol_passkey(scene: Scene) -> Iterator[None]:
    scene.with_password()
    browser, page = _stranger(), "/admin/sign-in/enrol/passkey/"
    type_password(browser, "root")
    made = Passkey().register(passkey_options(browser, page))
    yield
    browser.post(page, {"name": "Key", "credential": json.dumps(made)})


def _renew_recovery_codes(scene: Scene) -> Iterator[None]:
    enrol_app(scene.root)
    yield
    scene.post("/admin/sign-in/factors/", renew="1")


def _type_a_wrong_password(scene: Scene) -> Iterator[None]:
    scene.with_password()
    yield
    type_password(_stranger(), "root", "wrong")


DOOR: dict[str, Row] = {
    "administrator_sign_in": deed(_type_a_wrong_password, E.ADMINISTRATOR_REFUSED),
    "administrator_second_factor": deed(_show_factor, E.ADMINISTRATOR_IN),
    "administrator_enrol": SHOWS,
    "administrator_enrol_app": deed(_enrol_app, E.SECOND_FACTOR_ADDED, E.ADMINISTRATOR_IN),
    "administrator_enrol_passkey": deed(_enrol_passkey, E.SECOND_FACTOR_ADDED, E.ADMINISTRATOR_IN),
    "administrator_recovery_codes": Nothing("says that the codes are kept, and changes nothing"),
    "administrator_factors": deed(_renew_recovery_codes, E.RECOVERY_CODES_RENEWED),
    "admin:login": Nothing("sends on to the portal's own door, whatever was posted"),
    "admin:logout": deed(lambda s: s.post("/admin/logout/"), E.ADMINISTRATOR_OUT),
}


# --- The portal's own pages ----------------------------------------------------------------------


def _sign_out(scene: Scene) -> Iterator[None]:
    browser = scene.signed_in(scene.linked)
    yield
    browser.post("/oidc/logout/")


def _give_up(scene: Scene) -> Iterator[None]:
    _person, browser = scene.seated()
    scene.asks_for_a_code(browser)
    session = browser.session
    session[OIDC_SID] = "sid"
    session.save()
    yield
    browser.post("/oidc/logout/")


def _unlink(scene: Scene) -> Iterator[None]:
    browser = scene.signed_in(scene.linked)
    yield
    browser.post("/me/unlink/")


def _take(what: str) -> Callable[[Scene], object]:
    def do(scene: Scene) -> Iterator[None]:
        browser = scene.signed_in(scene.linked)
        yield
        browser.post(f"/me/data/{what}/")

    return do


def _ask_for_a_code_twice(scene: Scene) -> None:
    _person, browser = scene.seated()
    browser.post("/link/", {"email": "nobody@x.example"})
    browser.post("/link/", {"email": scene.unlinked.email})


def _type_the_code(scene: Scene) -> Iterator[None]:
    _person, browser = scene.seated()
    code = scene.asks_for_a_code(browser)
    yield
    browser.post("/link/code/", {"code": code})


def _type_a_wrong_code(scene: Scene) -> Iterator[None]:
    _person, browser = scene.seated()
    code = scene.asks_for_a_code(browser)
    yield
    browser.post("/link/code/", {"code": "000000" if code != "000000" else "000001"})


def _type_the_code_too_late(scene: Scene) -> Iterator[None]:
    _person, browser = scene.seated()
    code = scene.asks_for_a_code(browser)
    PendingCode.objects.update(expires_at=timezone.now() - AGO)
    yield
    browser.post("/link/code/", {"code": code})


def _type_the_code_of_somebody_linked(scene: Scene) -> Iterator[None]:
    _person, browser = scene.seated()
    code = scene.asks_for_a_code(browser)
    make_link(employee=scene.unlinked)
    yield
    browser.post("/link/code/", {"code": code})


def _say_it_was_not_me(scene: Scene) -> Iterator[None]:
    request = make_pending_code(employee=scene.unlinked, reference="4X9W-7T")
    make_link(employee=scene.unlinked, request=request)
    browser = Client(headers={"host": scene.organisation.host}, raise_request_exception=False)
    yield
    browser.post(path_of(not_me_url(make_mail(pending_code=request))))


def _invited(scene: Scene) -> Invitation:
    invitation = make_invitation(employee=scene.unlinked)
    scene.change(scene.unlinked, birth_date="1990-01-01")
    changed = scene.change(invitation, token_hash=hash_token(make_token(invitation.pk)))
    assert isinstance(changed, Invitation)
    return changed


def _open_invitation(scene: Scene) -> Iterator[None]:
    browser = Client(headers={"host": scene.organisation.host}, raise_request_exception=False)
    token = make_token(_invited(scene).pk)
    yield
    browser.post(f"/invitation/{token}/")


def _use_invitation(scene: Scene) -> Iterator[None]:
    invitation = _invited(scene)
    _person, browser = scene.seated()
    session = browser.session
    session[INVITATION_KEY] = str(invitation.pk)
    session.save()
    yield
    browser.post("/link/invitation/")


def _send_a_false_token(scene: Scene) -> None:
    browser = Client(headers={"host": scene.organisation.host})
    browser.post("/oidc/backchannel-logout/", {"logout_token": "x"})


PORTAL: dict[str, Row] = {
    "oidc_logout": deed(_sign_out, E.SESSION_ENDED),
    "oidc_logout (without a link)": deed(_give_up, E.SESSION_ENDED, E.CODE_GIVEN_UP),
    "oidc_backchannel_logout": deed(_send_a_false_token, E.SIGN_OUT_REFUSED),
    "link_email": deed(_ask_for_a_code_twice, E.CODE_REQUESTED, E.CODE_REPLACED),
    "link_code": deed(_type_the_code, E.LINK_MADE),
    "link_code (wrong)": deed(_type_a_wrong_code, E.CODE_WRONG),
    "link_code (too late)": deed(_type_the_code_too_late, E.CODE_NOT_TAKEN),
    "link_code (refused)": deed(_type_the_code_of_somebody_linked, E.LINK_REFUSED, E.CASE_OPENED),
    "link_not_me": deed(_say_it_was_not_me, E.LINK_REVOKED, E.CODE_DISOWNED, E.CASE_OPENED),
    "invitation": deed(_open_invitation, E.INVITATION_OPENED),
    "link_invitation": deed(_use_invitation, E.LINK_MADE, E.INVITATION_USED),
    "me_data_file": deed(_take("file"), E.PERSON_DOWNLOADED),
    "me_data_page": deed(_take("page"), E.PERSON_DOWNLOADED),
    "me_unlink": deed(_unlink, E.LINK_REVOKED, E.SESSION_ENDED),
    "set_language": Nothing("sets a cookie"),
}

PAGES = ADMINISTRATION | DOOR | PORTAL


# --- Actions on lists ----------------------------------------------------------------------------


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


# --- Tasks ---------------------------------------------------------------------------------------


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


TASKS: dict[str, Row] = {
    "send_code": deed(_send_code, E.CODE_SENT),
    "deliver_mail": deed(_deliver, E.MAIL_SENT),
    "sweep_outbox": deed(_sweep, E.MAIL_FAILED),
    "expire_codes": deed(
        _over("linking_pendingcode", "expires_at", tasks.expire_codes), E.CODE_EXPIRED, E.TASK_DONE
    ),
    "expire_stale_links": deed(
        _over("linking_linkedidentity", "expires_at", tasks.expire_stale_links), E.LINK_EXPIRED
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
    "tell_audit_head": Nothing("sends out what the seals say; they are where it can be read"),
    "sweep_imports": Nothing("wakes a worker, who writes what comes of it"),
    "make_look_digests": deed(_look_the_day_before, E.AUDIT_DIGEST_SENT),
    "count_figures": Nothing("the portal looks at itself: numbers for the first page"),
}


# --- Commands ------------------------------------------------------------------------------------


def _command(*words: str) -> Callable[[Scene], object]:
    return lambda _scene: call_command(*words, stdout=StringIO(), stderr=StringIO())


def _import_employees(scene: Scene) -> None:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "people.csv"
        with file.open("w", newline="", encoding="utf-8") as writable:
            write = csv.writer(writable).writerow
            write(["employee_number", "first_name", "last_name", "email"])
            write(["9999", "Ny", "Nilsen", "ny@x.example"])
        _command(
            "import_employees",
            str(file),
            "--organisation",
            scene.organisation.slug,
            "--leave-limit",
            "100",
        )(scene)


def _give_up_key(scene: Scene) -> Iterator[None]:
    FingerprintKey.objects.create(
        key_id="lost", check_value=b"x" * 32, first_used_at=timezone.now()
    )
    scene.change(scene.row("linking_linkedidentity"), fingerprint_key="lost")
    yield
    _command("give_up_fingerprint_key", "lost", "--yes")(scene)


def _reset_by_command(scene: Scene) -> Iterator[None]:
    enrol_app(scene.root)
    yield
    _command("reset_second_factor", "root")(scene)


def _export(scene: Scene) -> None:
    _command("export_audit_log", "--organisation", str(scene.organisation.pk))(scene)


def _erase(scene: Scene) -> None:
    _command("erase_from_audit_log", str(scene.linked.pk), "--yes")(scene)


COMMANDS: dict[str, Row] = {
    "create_organisation": deed(
        _command(
            *("create_organisation", "ny", "--name", "Ny kommune", "--host", "ny.localhost"),
            *("--support-email", "hjelp@x.example"),
        ),
        E.ORGANISATION_CREATED,
    ),
    "create_administrator": deed(_command("create_administrator", "ny"), E.ADMINISTRATOR_CREATED),
    "reset_second_factor": deed(_reset_by_command, E.SECOND_FACTOR_RESET, E.SESSION_ENDED),
    "import_employees": deed(
        _import_employees, E.EMPLOYEE_CREATED, E.EMPLOYEE_CHANGED, E.IMPORT_APPLIED
    ),
    "give_up_fingerprint_key": deed(_give_up_key, E.LINK_REVOKED, E.KEY_GIVEN_UP),
    "export_audit_log": deed(_export, E.AUDIT_EXPORTED),
    "erase_from_audit_log": deed(_erase, E.EMPLOYEE_ERASED),
    "verify_audit_log": Nothing("reads the log, and says whether it is as it was sealed"),
    "fingerprint_keys": Nothing("shows how far a change of keys has come"),
}


def what(name: str) -> str:
    """Give what a row is about: one thing may have several ends, as `link_code (wrong)`."""
    return name.partition(" (")[0]


DEEDS = PAGES | ACTIONS | TASKS | COMMANDS
