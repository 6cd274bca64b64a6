"""Role × page × method, from the URLconf (A-44): a page without a rule here is a failed test.

Anne is administrator of Eksempel, Rune registrar, Siri support, Arne auditor; Eva works there and
has no role; Frode is administrator of Fjordvik. Pia has the whole portal, root is a superuser, and
nobody is signed out.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import Any

import pytest
from django.contrib import admin
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.access import ScopedAdmin
from accounts.models import Organisation, User
from accounts.roles import Role
from tests.accounts.worlds import World, browser_of, make_colleague, make_local
from tests.factories import make_administrator

pytestmark = pytest.mark.django_db

# a: administrator, r: registrar, s: support, u: auditor, p: administrator of the whole portal
STAFF = "arsup"
PEOPLE = {
    "Anne": "a",
    "Rune": "r",
    "Siri": "s",
    "Arne": "u",
    "Pia": "p",
    "root": "p",
    "Frode": "a",
    "Eva": "",
    "nobody": "",
}
ROLES = {"a": Role.ADMINISTRATOR, "r": Role.REGISTRAR, "s": Role.SUPPORT, "u": Role.AUDITOR}


@dataclass(frozen=True)
class Rule:
    """Who may open a page, who may send its form, and what others in the administration get."""

    get: str
    post: str = ""
    refused: int = 403
    only_get: bool = False


def pages(view: str, *, add: str = "", change: str = "", delete: str = "") -> dict[str, Rule]:
    """The five pages that Django makes for a model."""
    return {
        "changelist": Rule(view, view),
        "history": Rule(view, view, refused=302),  # to the first page: there is no such row
        "change": Rule(view, change),
        "add": Rule(add, add),
        "delete": Rule(delete, delete),
    }


MODELS = {
    "accounts_organisation": pages("arsup", add="p", change="ap"),
    "accounts_employee": pages("arsp", add="arp", change="arp", delete="arp")
    | {"rehire": Rule("arp", "arp"), "move": Rule("p", "p")},  # whoever has two organisations
    "accounts_rolegrant": pages("aup", add="ap", delete="ap"),
    "accounts_user": pages("p", add="p"),  # those of employees are only shown
    "accounts_import": pages("arp", add="arp")
    | {name: Rule("arp", "arp") for name in ("approve", "look_again", "cancel", "undo", "report")},
    "audit_auditevent": pages("asup") | {"saved": Rule("asup", "asup"), "erase": Rule("ap", "ap")},
    "linking_linkedidentity": pages("asp") | {"revoke": Rule("ap", "ap")},
    "linking_pendingcode": pages("asp"),
    "linking_outgoingmail": pages("asp"),
    "linking_case": pages("asp") | {"decide": Rule("ap", "ap")},
    "linking_block": pages("asp") | {"lift": Rule("ap", "ap")},
    "linking_campaign": pages("asp", add="ap")
    | {"stop": Rule("ap", "ap"), "remind": Rule("ap", "ap")},
    "linking_invitation": pages("asp"),
    "linking_lookdigest": pages("aup"),
    "linking_fingerprintkey": pages("p"),
}
ADMIN = {
    "admin:index": Rule(STAFF, STAFF),
    "admin:password_change": Rule(STAFF, STAFF),
    "admin:password_change_done": Rule(STAFF, only_get=True),
    "admin:jsi18n": Rule(STAFF, only_get=True),
    "admin:autocomplete": Rule("arsp", only_get=True),
    "admin:view_on_site": Rule("", "", refused=404),
    "admin:auth_user_password_change": Rule(""),  # an employee's user has no password
    "admin:app_list accounts": Rule("arsup", "arsup"),
    "admin:app_list audit": Rule("asup", "asup", refused=404),
    "admin:app_list linking": Rule("asup", "asup", refused=404),
    "admin/(?P<url>.*)$": Rule("", "", refused=404),
    "audit_export": Rule("aup", "aup"),
    "purpose": Rule(STAFF, STAFF),
    "support": Rule("arsp", "arsp"),
    "support_found": Rule("arsp", only_get=True),
    "support_reference": Rule("asp", only_get=True),
    "support_person": Rule("asp", only_get=True),
} | {f"admin:{model}_{page}": rule for model, five in MODELS.items() for page, rule in five.items()}
# The portal's own pages know employees, not roles; and what answers anybody.
ANYBODY = {
    "administrator_sign_in": {200, 302},
    "administrator_second_factor": {200, 302},
    "administrator_enrol": {200, 302},
    "administrator_enrol_app": {200, 302},
    "administrator_enrol_passkey": {200, 302},
    "administrator_recovery_codes": {200, 302},
    "administrator_factors": {200, 302},
    "admin:login": {200, 302},
    "admin:logout": {200, 302, 405},
    **{f"admin/{model.replace('_', '/')}/<path:object_id>/": {302} for model in MODELS},
    "sign_in": {200, 302, 405},
    "oidc_authentication_init": {302, 405, 503},
    "oidc_authentication_callback": {400, 403, 405},
    "oidc_logout": {200, 302, 503},
    "oidc_frontchannel_logout": {200, 400, 405},
    "oidc_backchannel_logout": {400, 405},
    "link_email": {302, 403},
    "link_code": {302, 403},
    "link_done": {200, 302, 405},
    "link_not_me": {400, 404, 410},
    "invitation": {404},
    "link_invitation": {302, 403},
    "choose": {302, 405},
    "me": {200, 302, 405},
    "me_unlink": {200, 302},
    **{name: {200, 302, 405} for name in ("me_history", "me_looks", "me_data")},
    **{name: {200, 302, 405} for name in ("me_data_file", "me_data_page")},
    **{name: {200, 405} for name in ("help", "guide", "privacy", "accessibility")},
    "set_language": {302},
    "healthz": {200, 405},
    "readyz": {200, 405, 503},
}
GONE = {302, 403, 404}
# Where the route alone does not tell a sensible address.
ADDRESSES = {
    "admin:view_on_site": "/admin/r/1/1/",
    "admin:autocomplete": (
        "/admin/autocomplete/?app_label=accounts&model_name=user&field_name=employee"
    ),
    "admin/(?P<url>.*)$": "/admin/nothing/",
} | {f"admin:app_list {app}": f"/admin/{app}/" for app in ("accounts", "audit", "linking")}


def valid(name: str, own: World) -> dict[str, Any]:
    """What a form needs to be taken."""
    organisation = str(own.organisation.pk)
    others = Organisation.objects.exclude(pk=own.organisation.pk)
    elsewhere = str(others.values_list("pk", flat=True).first())
    inlines = ("links", "cases", "blocks", "pending_codes", "mails")
    empty = {f"{each}-{count}_FORMS": "0" for each in inlines for count in ("TOTAL", "INITIAL")}
    person = {
        "organisation": organisation,
        "employee_number": "9999",
        "first_name": "Ny",
        "last_name": "Nilsen",
        "email": "ny@x.example",
        "active": "on",
    }
    employer = {
        "name": "Ny kommune",
        "slug": "ny",
        "host": "ny.localhost",
        "support_email": "x@x.example",
        "default_language": "nb",
        "minimum_assurance": "high",
        "unused_days": "365",
        "name_mismatch": "approve",
        "active": "on",
    }
    password = {"password1": "a-long-and-fine-one", "password2": "a-long-and-fine-one"}
    role = {"who": str(own.rows["accounts_employee"].email), "role": "support"}  # type: ignore[attr-defined]
    file = b"employee_number,first_name,last_name,email\r\n9999,Ny,Nilsen,ny@x.example\r\n"
    upload = {"file": SimpleUploadedFile("people.csv", file)}
    forms: dict[str, dict[str, Any]] = {
        "accounts_employee_add": person,
        "accounts_employee_change": person | empty,
        "accounts_employee_delete": {"reason": "Twice"},
        "accounts_employee_rehire": {"first_day": "2026-01-01"},
        "accounts_employee_move": person
        | {"organisation": elsewhere, "last_day": "2026-01-01", "first_day": "2026-01-02"},
        "accounts_organisation_add": employer,
        "accounts_organisation_change": employer,
        "accounts_rolegrant_add": role | {"organisation": organisation},
        "accounts_rolegrant_delete": {"post": "yes"},
        "accounts_user_add": {"username": "ny", "usable_password": "true"} | password,
        "purpose": {"purpose-kind": "case", "purpose-next": "/admin/support/"},
        "support": {"q": f"{own.word}ulf"},
        "accounts_import_add": upload | {"organisation": organisation},
        "accounts_import_approve": {"code": "abcdef123456"},
        "accounts_import_look_again": {"yes": "1"},
        "accounts_import_cancel": {"yes": "1"},
        "accounts_import_undo": {"yes": "1"},
        "audit_auditevent_changelist": {"q": "7F3K-2Q"},
        "audit_auditevent_saved": {"name": "Mail", "query": "group=mail"},
        "audit_auditevent_erase": {"reason": "asked", "understood": "on"},
        "linking_case_decide": {"decision": "closed", "reason": "Seen"},
        "linking_block_lift": {"reason": "Seen"},
        "linking_campaign_add": {"organisation": organisation, "confirm": "yes"},
        "linking_campaign_stop": {"post": "yes"},
        "linking_campaign_remind": {"post": "yes"},
        "linking_linkedidentity_revoke": {"reason": "Seen"},
    }
    return forms.get(name.removeprefix("admin:"), {})


@dataclass(frozen=True)
class Page:
    """One address of the URLconf; `about` says that it is about a row."""

    rule: str
    name: str
    route: str
    about: bool

    def address(self, world: World) -> str:
        if self.rule in ADDRESSES:
            return ADDRESSES[self.rule]
        if self.rule == "support_reference":
            return reverse(self.rule, args=[world.rows["linking_pendingcode"].reference])  # type: ignore[attr-defined]
        if self.rule == "support_person":
            return reverse(self.rule, args=[world.rows["accounts_employee"].pk])
        if self.rule == "admin:audit_auditevent_erase":
            return reverse(self.rule, args=[world.rows["accounts_employee_delete"].pk])
        _admin, app, model, *more = f"{self.route}///".split("/")
        key = world.key(f"{app}_{model}", more[1]) if self.about else ""
        route = self.route.replace("<path:object_id>", key).replace("<id>", key)
        return "/" + route.replace("<str:token>", "x")


def all_pages() -> Iterator[Page]:
    for name, route in _walk(get_resolver()):
        if name == "admin:app_list":
            apps = {model._meta.app_label for model in admin.site._registry}
            yield from (Page(f"{name} {app}", name, route, about=False) for app in apps)
        else:
            about = (
                route.startswith("admin/")
                and re.search(r"_id>|<id>|:reference>", route) is not None
            )
            rule = route if name.endswith("None") else name
            yield Page(rule, name, route, about and rule not in ADDRESSES)


def _walk(
    resolver: URLResolver, prefix: str = "", namespace: str = ""
) -> Iterator[tuple[str, str]]:
    for each in resolver.url_patterns:
        route = f"{prefix}{each.pattern}"
        if isinstance(each, URLPattern):
            yield f"{namespace}{each.name}", route
        else:
            space = f"{each.namespace}:" if each.namespace else ""
            yield from _walk(each, route, namespace + space)


def test_every_page_has_a_rule_and_every_rule_a_page() -> None:
    assert {page.rule for page in all_pages()} == {*ADMIN, *ANYBODY}


def test_every_page_of_the_administration_is_held_to_organisations() -> None:
    assert {
        page for page in admin.site._registry.values() if not isinstance(page, ScopedAdmin)
    } == set()


@pytest.fixture(params=PEOPLE)
def who(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def sign_in(who: str, own: World) -> User | None:
    if who == "nobody":
        return None
    if who == "root":
        return make_administrator(username="root")
    if who == "Pia":
        return make_local("pia", role=Role.ADMINISTRATOR)
    return make_colleague(own, who, ROLES.get(PEOPLE[who]))


def ask(client: Client, method: str, address: str, data: dict[str, Any]) -> HttpResponse:
    """One request that leaves no trace, also not in the browser."""
    cookies = SimpleCookie(client.cookies)
    with transaction.atomic():
        answer = client.get(address) if method == "get" else client.post(address, data)
        transaction.set_rollback(True)
    client.cookies = cookies
    assert isinstance(answer, HttpResponse)
    return answer


@pytest.mark.parametrize("method", ["get", "post"])
def test_each_role_opens_its_own_pages_and_no_others(
    eksempel: World, fjordvik: World, who: str, method: str
) -> None:
    own, other = (fjordvik, eksempel) if who == "Frode" else (eksempel, fjordvik)
    user = sign_in(who, own)
    wrong: list[object] = []
    for page in all_pages():
        inside = page.route.startswith("admin/")
        client = browser_of(user, "127.0.0.1" if inside else own.organisation.host)
        data = valid(page.name, own) if method == "post" else {}
        answer = ask(client, method, page.address(own), data)
        expected = expectation(page, who, method, sent=bool(data))
        if answer.status_code not in expected or lost(answer, page):
            wrong.append((page.rule, answer.status_code, expected, answer.headers.get("Location")))
        if PEOPLE[who] != "p" and leaks(answer, other):
            wrong.append((page.rule, "shows", leaks(answer, other)))
    assert not wrong, wrong


def expectation(page: Page, who: str, method: str, *, sent: bool) -> set[int]:
    if page.rule in ANYBODY:
        return ANYBODY[page.rule]
    if not PEOPLE[who]:
        return {302}
    rule = ADMIN[page.rule]
    if "linking_fingerprintkey" in page.name and page.about and PEOPLE[who] == "p":
        return GONE  # there is none, and none can be made by hand
    if method == "post" and rule.only_get:
        return {405}
    if PEOPLE[who] not in (rule.get if method == "get" else rule.post):
        return {rule.refused}
    return {302} if sent else {200}


def lost(answer: HttpResponse, page: Page) -> bool:
    """Whether a page that is there answers as Django does where a row is not."""
    home = answer.headers.get("Location") == reverse("admin:index")
    rows = page.rule in ADMIN and "fingerprintkey" not in page.rule
    return home and rows and ADMIN[page.rule].refused != 302


def leaks(answer: HttpResponse, other: World) -> list[str]:
    """What stands in an answer of another organisation, with what is around it."""
    text = " ".join(answer.content.decode().casefold().split())
    marks = "|".join(re.escape(mark.casefold()) for mark in other.marks)
    return re.findall(f".{{0,60}}(?:{marks}).{{0,60}}", text)


@pytest.mark.parametrize("method", ["get", "post"])
def test_nobody_reaches_a_row_of_another_organisation(
    eksempel: World, fjordvik: World, who: str, method: str
) -> None:
    if PEOPLE[who] == "p":
        return  # the whole portal's
    own, other = (fjordvik, eksempel) if who == "Frode" else (eksempel, fjordvik)
    user = sign_in(who, own)
    before = rows_of(other)
    wrong = []
    for page in all_pages():
        if not page.about or page.name.endswith("None"):
            continue
        if method == "post" and page.rule in ADMIN and ADMIN[page.rule].only_get:
            continue  # refused as such, whatever the row
        data = valid(page.name, other) if method == "post" else {}
        answer = ask_for_real(browser_of(user), method, page.address(other), data)
        if answer.status_code not in GONE or other.word.casefold() in text_of(answer):
            wrong.append((page.rule, answer.status_code))
    assert not wrong, wrong
    assert rows_of(other) == before


def ask_for_real(client: Client, method: str, address: str, data: dict[str, Any]) -> HttpResponse:
    answer = client.get(address) if method == "get" else client.post(address, data)
    assert isinstance(answer, HttpResponse)
    return answer


def text_of(answer: HttpResponse) -> str:
    return answer.content.decode().casefold()


def rows_of(world: World) -> list[Any]:
    return [
        list(type(row)._default_manager.filter(pk=row.pk).values()) for row in world.rows.values()
    ]
