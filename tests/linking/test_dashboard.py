"""The first page: each figure is the length of the list it links to, and nobody's is another's."""

import re
from datetime import timedelta
from html import unescape

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Import
from accounts.roles import Role
from linking import actions, tasks
from linking.models import Case, DailyFigures, LinkedIdentity
from tests.accounts.worlds import World, browser_of, make_colleague, make_local
from tests.factories import (
    make_administrator,
    make_case,
    make_employee,
    make_import,
    make_invitation,
    make_link,
    make_mail,
    make_organisation,
    make_pending_code,
)

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
FIGURE = re.compile(r'<a href="([^"]+)">(?:More than )?([\d,]+)<')


def page(client: Client, query: str = "") -> str:
    answer = client.get(f"/admin/{query}")
    assert answer.status_code == 200
    return str(answer.content.decode())


def figures(html: str) -> dict[str, int]:
    """Give the figures of a page by the lists that they link to."""
    found = FIGURE.findall(html)
    return {unescape(address): int(number.replace(",", "")) for address, number in found}


@pytest.fixture
def busy(eksempel: World, fjordvik: World) -> tuple[World, World]:
    """Two organisations where something of everything has happened."""
    now = timezone.now()
    for world in (eksempel, fjordvik):
        place = world.organisation
        for name in ("Skole", "Skole", "Bad", ""):
            make_employee(organisation=place, department=name)
        make_employee(organisation=place, active=False)
        make_employee(organisation=place, starts_on=(now + 2 * DAY).date())
        soon = make_employee(organisation=place, department="Skole")
        make_link(employee=soon, expires_at=now + 3 * DAY)
        make_invitation(employee=soon)  # linked meanwhile
        make_invitation(employee=make_employee(organisation=place))
        make_invitation(employee=make_employee(organisation=place), expires_at=now)
        make_import(organisation=place, state="applied", source=f"{world.word}.csv")
        left = make_employee(organisation=place, ends_on=(now - 2 * DAY).date())
        make_link(employee=left, expires_at=now + 3 * DAY)
        make_link(employee=make_employee(organisation=place), expires_at=now - DAY)
        make_case(employee=make_employee(organisation=place), kind=Case.Kind.APPROVAL)
        for refusal, state in (
            ("not-employed", "refused"),
            ("disputed", "refused"),
            ("", "failed"),
        ):
            make_pending_code(employee=soon, refusal=refusal, state=state)
        make_pending_code(employee=soon, refusal="disputed", requested_at=now - 2 * DAY)
        for state, age in (("queued", 6), ("queued", 1), ("failed", 60), ("failed", 3000)):
            code = make_pending_code(employee=soon)
            make_mail(pending_code=code, state=state, created_at=now - timedelta(minutes=age))
    actions.count_figures(now=now)
    return eksempel, fjordvik


@pytest.mark.parametrize("role", [None, *Role])
def test_each_figure_is_the_length_of_the_list_it_links_to(
    busy: tuple[World, World], role: Role | None
) -> None:
    user = make_colleague(busy[0], "Anne", role) if role else make_administrator()
    actions.count_figures(now=timezone.now())
    client = browser_of(user)
    shown = figures(page(client))
    for address, number in shown.items():
        answer = client.get(address)
        assert answer.status_code == 200, address
        assert answer.context["cl"].result_count == number, address
    expected = {None: 18, Role.REGISTRAR: 10, Role.AUDITOR: 0}
    assert len(shown) >= expected.get(role, 18)


def test_nobodys_page_tells_of_another_organisation(busy: tuple[World, World]) -> None:
    own, other = busy
    for role in Role:
        shown = page(browser_of(make_colleague(own, "Anne", role)))
        assert not [mark for mark in other.marks if mark in shown], role


def test_each_role_sees_its_own_panels(busy: tuple[World, World]) -> None:
    seen = {
        role: re.findall(
            r'id="(\w+)-heading"', page(browser_of(make_colleague(busy[0], "A", role)))
        )
        for role in Role
    }
    everything = ["people", "imports", "cases", "codes", "mails"]
    assert seen[Role.REGISTRAR] == ["people", "imports"]
    assert seen[Role.AUDITOR] == ["log"]
    assert seen[Role.ADMINISTRATOR] == everything
    assert seen[Role.SUPPORT] == [each for each in everything if each != "imports"]


def test_stale_links_are_told_of_where_links_may_be_seen(busy: tuple[World, World]) -> None:
    user = make_local("kari", role=Role.SUPPORT, organisation=busy[0].organisation)
    make_colleague(busy[1], "Rune", Role.REGISTRAR)
    address = "/admin/linking/linkedidentity/?expiring=soon"
    assert figures(page(browser_of(user)))[address] == 1


def test_of_those_who_are_not_linked_the_invited_are_told(busy: tuple[World, World]) -> None:
    user = make_colleague(busy[0], "Rune", Role.REGISTRAR)
    actions.count_figures(now=timezone.now())
    shown = figures(page(browser_of(user)))
    invited = busy[0].rows["linking_invitation"].employee  # type: ignore[attr-defined]
    more = not LinkedIdentity.objects.filter(employee=invited).exists()
    assert shown["/admin/accounts/employee/?employed=now&linked=invited"] == 1 + more


def test_the_age_of_the_last_import_is_told_and_what_waits(eksempel: World) -> None:
    organisation, now = eksempel.organisation, timezone.now()
    Import.objects.all().delete()
    client = browser_of(make_colleague(eksempel, "Rune", Role.REGISTRAR))
    assert "Nothing has been imported yet." in page(client)
    old = {"state": "applied", "applied_at": now - 40 * DAY, "created_at": now - 40 * DAY}
    make_import(organisation=organisation, **old)
    assert "1 month, 1 week old" in unescape(page(client)).replace("\xa0", " ")
    assert "more than a month" in page(client)
    make_import(organisation=organisation, state="applied")
    assert "more than a month" not in page(client)
    waiting = make_import(organisation=organisation)
    assert f"/admin/accounts/import/{waiting.pk}/change/" in page(client)


def test_figures_follow_links_and_leavers() -> None:
    client = browser_of(make_administrator())
    employee = make_employee()

    def counted() -> list[int]:
        tasks.count_figures()
        lists = ("", "&linked=yes", "&linked=no")
        found = figures(page(client))
        return [found[f"/admin/accounts/employee/?employed=now{each}"] for each in lists]

    assert counted() == [1, 0, 1]
    link = make_link(employee=employee)
    assert counted() == [1, 1, 0]
    actions.revoke_link(link, by="system", reason="", now=timezone.now())
    assert counted() == [1, 0, 1]
    employee.active = False
    employee.save()
    assert counted() == [0, 0, 0]


def test_without_figures_the_page_says_why() -> None:
    client = browser_of(make_administrator())
    make_employee()
    assert "No figures yet" in page(client)


def test_old_figures_say_that_beat_or_the_worker_stands_still() -> None:
    client = browser_of(make_administrator())
    make_employee()
    now = timezone.now()
    actions.count_figures(now=now - timedelta(minutes=9))
    assert "is not running" not in page(client)
    DailyFigures.objects.update(counted_at=now - timedelta(minutes=11))
    assert "beat or the worker is not running" in page(client)


def test_the_plot_is_also_a_table_and_days_are_kept_for_a_year() -> None:
    client = browser_of(make_administrator())
    employee = make_employee()
    now = timezone.now()
    for days in (500, 2, 1):
        actions.count_figures(now=now - days * DAY)
    make_link(employee=employee)
    actions.count_figures(now=now)
    assert DailyFigures.objects.count() == 3
    html = page(client)
    assert html.count("<polyline") == 2
    assert "From 0 on" in html
    assert len(re.findall(r'<tr><th scope="row">', html)) == 3
    assert "style=" not in html.partition("<svg")[2].partition("</svg>")[0]


def test_many_organisations_are_shown_least_linked_first_and_found_by_name() -> None:
    places = [make_organisation(name=f"Sted {number:02}") for number in range(12)]
    for place in places[1:]:
        make_link(employee=make_employee(organisation=place))
    make_employee(organisation=places[7])
    tasks.count_figures()
    client = browser_of(make_administrator())

    def names(query: str = "") -> list[str]:
        return re.findall(r'<th scope="row">(Sted \d\d)</th>', page(client, query))

    assert names()[0] == "Sted 07"
    assert (len(names()), len(names("?all=1")), names("?place=sted+03")) == (10, 12, ["Sted 03"])
    assert "Show 2 more" in page(client)
    assert "Nothing has this in its name." in page(client, "?place=%3Cb%00")


@pytest.mark.usefixtures("eksempel", "fjordvik")
def test_the_page_costs_as_much_however_many_there_are() -> None:
    def cost() -> int:
        tasks.count_figures()
        client = browser_of(make_administrator())
        with CaptureQueriesContext(connection) as queries:
            page(client)
        return len(queries)

    before = cost()
    for _ in range(4):
        make_case(employee=make_link().employee, kind=Case.Kind.NOT_ME)
    assert cost() == before


def test_numbers_and_dates_are_written_as_in_the_language() -> None:
    client = browser_of(make_administrator())
    place = make_organisation()
    with time_machine.travel("2026-11-25T12:00:00+01:00", tick=False):
        actions.count_figures(now=timezone.now())
        DailyFigures.objects.filter(organisation=place).update(employed=1234, linked=1000)
        answer = client.get("/admin/", headers={"accept-language": "nb"}).content.decode()
    assert "1\xa0234" in answer
    assert "25.11.2026" in answer
    assert LinkedIdentity.objects.count() == 0
