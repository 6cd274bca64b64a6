"""The portal's own pages."""

from collections.abc import Callable, Iterator

from django.test import Client
from django.utils import timezone

from accounts.sessions import OIDC_SID
from audit.events import Event as E  # noqa: N817  # a table
from linking.disowning import not_me_url
from linking.invitations import hash_token, make_token
from linking.models import (
    Invitation,
    PendingCode,
)
from linking.views.common import INVITATION_KEY
from tests.audit.deeds.rows import Nothing, Row, deed
from tests.audit.scene import AGO, Scene, path_of
from tests.factories import (
    make_invitation,
    make_link,
    make_mail,
    make_pending_code,
)


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
