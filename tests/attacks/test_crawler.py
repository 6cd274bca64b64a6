"""Whoever follows every link changes nothing (A-20, A-21), and no page makes a link (A-27).

What a GET may write, and why. A session: its last use moves, and the way to ID-porten keeps its
secret there. `AuthorizationRequest`: a sign-in under way, which changes nobody's standing and is
gone after ten minutes. `GatewayDocument`: the copy of what ID-porten publishes. A refused callback
writes its event, and the crawler meets none. A look at a person is an event, and so is each
reading of the log (A-26); it waits for its seal then. Nothing else.
"""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.urls import reverse
from psycopg import sql

from accounts.models import Employee
from audit.events import Event
from devtools.idporten.server import StandIn
from devtools.mailbox import Mailbox
from linking.models import LinkedIdentity, PendingCode
from tests.attacks.canary import admin_pages
from tests.attacks.conftest import administrator
from tests.attacks.surfer import Form
from tests.factories import fingerprint_of, make_link
from tests.journeys.seats import seat, some_person
from tests.journeys.visitor import INGRID, Visitor, newest_code, run_worker

MAY_CHANGE = {
    *("accounts_usersession", "linking_authorizationrequest", "linking_gatewaydocument"),
    "audit_unsealed",
}
MAY_BE_TOLD = (
    *(Event.SIGN_IN_STARTED.value, Event.PERSON_VIEWED.value, Event.AUDIT_SEARCHED.value),
    *(Event.SIGN_IN_UNLINKED.value, Event.PERSON_SEARCHED.value),
)
MOST_PAGES = 250
ORGANISATION_PATHS = (
    *("/", "/help/", "/privacy/", "/accessibility/", "/link/", "/link/code/", "/link/done/"),
    *("/link/invitation/", "/invitation/x/", "/help/guide/"),
    *("/me/history/", "/me/looks/", "/me/data/", "/me/data/file/", "/me/data/page/"),
    *("/me/", "/me/unlink/", "/oidc/logout/", "/oidc/authenticate/", "/oidc/backchannel-logout/"),
    *("/oidc/frontchannel-logout/?iss=x&sid=y", "/language/?language=nn", "/healthz", "/readyz"),
    *("/admin/", "/admin/logout/", "/nothing/"),
)


def rows() -> dict[str, list[str]]:
    """All rows of all tables, but those that a GET may write."""
    with connection.cursor() as cursor:
        found = {}
        for table in set(connection.introspection.table_names(cursor)) - MAY_CHANGE:
            cursor.execute(sql.SQL("SELECT t::text FROM {} t").format(sql.Identifier(table)))
            found[table] = sorted(
                row for (row,) in cursor.fetchall() if not any(told in row for told in MAY_BE_TOLD)
            )
    return found


def crawl(client: Client, *starts: str) -> set[str]:
    """GET whatever links, redirects and form addresses lead to; gives the paths."""
    waiting, seen, shapes = list(starts), set[str](), set[str]()
    while waiting and len(seen) < MOST_PAGES:
        path = waiting.pop()
        if path in seen or (path not in starts and _shape(path) in shapes):
            continue
        seen.add(path)
        shapes.add(_shape(path))
        answer = client.get(path)
        assert answer.status_code < 500, path
        if path in starts:
            assert client.head(path).status_code < 500, path
        waiting += [found for found in _links(answer, path) if _shape(found) not in shapes]
    return seen


def _shape(address: str) -> str:
    """The path and the names in its query: of a list's filters each is followed once, and alone."""
    parts = urlsplit(address)
    names = [name for name, _value in parse_qsl(parts.query)]
    return f"{parts.path}?{names[0] if names else ''}"


def _links(answer: Any, path: str) -> list[str]:
    found = [answer.headers["Location"]] if "Location" in answer.headers else []
    if answer.headers.get("Content-Type", "").startswith("text/html"):
        page = Form(answer.content.decode())
        found += page.links + page.actions
    here = [urlsplit(urljoin(f"http://here{path}", link)) for link in found]
    return [
        each.path + (f"?{each.query}" if each.query else "")
        for each in here
        if each.netloc == "here" and not each.path.startswith("/static/")
    ]


def nobody(_visitor: Visitor, _mailbox: Mailbox) -> Client:
    return Client(headers={"host": "eksempel-kommune.localhost", "accept-language": "en"})


def unlinked(visitor: Visitor, _mailbox: Mailbox) -> Client:
    visitor.sign_in()
    visitor.ask_for_code(INGRID.email)
    return visitor.client


def linked(visitor: Visitor, mailbox: Mailbox) -> Client:
    visitor.link(mailbox)
    return visitor.client


def an_administrator(visitor: Visitor, mailbox: Mailbox) -> Client:
    visitor.link(mailbox)
    return administrator()


@pytest.mark.parametrize("role", [nobody, unlinked, linked, an_administrator])
def test_a_crawler_changes_no_row(
    visitor: Visitor,
    mailbox: Mailbox,
    role: Callable[[Visitor, Mailbox], Client],
) -> None:
    """A-20: GET and HEAD of all that can be found, and of all that is there."""
    client = role(visitor, mailbox)
    run_worker()
    more = list(admin_pages()) if role is an_administrator else []
    if more:
        link = LinkedIdentity.objects.get()
        more += [
            reverse("admin:linking_linkedidentity_revoke", args=[link.pk]),
            reverse("admin:accounts_employee_delete", args=[link.employee_id]),
            reverse("admin:accounts_employee_add"),
        ]
    before = rows()
    seen = crawl(client, *ORGANISATION_PATHS, *more)
    assert len(seen) >= len({*ORGANISATION_PATHS, *more})
    if role is an_administrator:
        assert_found_everywhere(seen)
    assert {table: rows for table, rows in rows().items() if rows != before[table]} == {}


def test_the_crawler_would_see_a_change(visitor: Visitor, ingrid: Employee) -> None:
    """A-20: the comparison tells a changed row, and a new one."""
    before = rows()
    Employee.objects.filter(pk=ingrid.pk).update(department="Another")
    assert [table for table, kept in rows().items() if kept != before[table]] == [
        "accounts_employee"
    ]
    assert not MAY_CHANGE & set(before)
    assert {"audit_auditevent", "linking_linkedidentity", "linking_pendingcode"} <= set(before)


def assert_found_everywhere(seen: set[str]) -> None:
    """Every list of the administration, and the person's page."""
    paths = {path.split("?")[0] for path in seen}
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
        assert reverse(name) in paths
    link = LinkedIdentity.objects.get()
    assert reverse("admin:accounts_employee_change", args=[link.employee_id]) in paths


def test_a_mail_scanner_spends_no_code(visitor: Visitor, mailbox: Mailbox) -> None:
    """A-21: opens every link of both mails, before and after, without any cookie."""
    visitor.sign_in()
    visitor.ask_for_code(INGRID.email)
    scanner = Client(headers={"host": "eksempel-kommune.localhost"})
    before = rows()
    scan(scanner, mailbox)
    assert rows() == before
    linked = visitor.post("/link/code/", code=newest_code(mailbox))
    assert linked.headers["Location"] == "/link/done/"
    run_worker()
    assert len(mailbox.mails) == 2
    before = rows()
    scan(scanner, mailbox)
    assert rows() == before
    assert visitor.get("/me/").status_code == 200


def scan(scanner: Client, mailbox: Mailbox) -> None:
    for mail in mailbox.mails:
        links = re.findall(r"https?://[^\s\"<>]+", f"{mail.text} {mail.html}")
        assert links
        for link in links:
            scanner.head(urlsplit(link).path)
            scanner.get(urlsplit(link).path)


@pytest.mark.parametrize("path", ["/oidc/logout/", "/me/unlink/", "/link/", "/link/code/"])
def test_what_asks_first_does_nothing_by_get(visitor: Visitor, mailbox: Mailbox, path: str) -> None:
    """A-20: with the fields of the form in the query."""
    visitor.link(mailbox)
    link = LinkedIdentity.objects.get()
    query = {"code": "123456", "email": INGRID.email, "reason": "x", "csrfmiddlewaretoken": "x"}
    visitor.get(path, **query)
    link.refresh_from_db()
    assert link.state == "active"
    assert visitor.get("/me/").status_code == 200
    assert PendingCode.objects.count() == 1


# --- A-27 ----------------------------------------------------------------------------------------


def test_no_page_of_the_administration_makes_or_moves_a_link(
    visitor: Visitor, ingrid: Employee, idporten: StandIn
) -> None:
    """A-27: an administrator of everything cannot add one, nor point one at another employee."""
    link = make_link(employee=ingrid, whose=fingerprint_of(INGRID.national_id))
    from tests.factories import make_employee

    colleague = make_employee(organisation=ingrid.organisation)
    admin_browser = administrator()
    fields = {
        "employee": str(colleague.pk),
        "organisation": str(colleague.organisation_id),
        "state": "active",
        "fingerprint": "00",
        "links-TOTAL_FORMS": "1",
        "links-INITIAL_FORMS": "0",
        "links-0-employee": str(colleague.pk),
        "links-0-state": "active",
    }
    for path in (
        reverse("admin:linking_linkedidentity_add"),
        reverse("admin:linking_linkedidentity_change", args=[link.pk]),
    ):
        assert admin_browser.post(path, fields).status_code == 403
    person = reverse("admin:accounts_employee_change", args=[colleague.pk])
    form = Form(admin_browser.get(person).content.decode()).fields
    assert admin_browser.post(person, form | fields).status_code == 302
    assert [(each.pk, each.employee) for each in LinkedIdentity.objects.all()] == [
        (link.pk, ingrid)
    ]


def test_an_administrators_session_is_nobodys_eid(visitor: Visitor, ingrid: Employee) -> None:
    """A-27: signed in to the administration, nobody comes to the pages that link."""
    admin_browser = administrator()
    for path in ("/link/", "/link/code/", "/link/done/", "/me/"):
        assert admin_browser.get(path).status_code == 302
    admin_browser.post("/link/", {"email": INGRID.email})
    assert not PendingCode.objects.exists()
    person = some_person()
    assert seat(person, ingrid.organisation).get("/admin/").status_code == 302
