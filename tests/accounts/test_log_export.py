"""The log as a file: whose, who may, what stands in it, and that it is told of."""

import csv
import gzip
import io
import json
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse, StreamingHttpResponse
from django.test import Client
from django.utils import timezone, translation
from hypothesis import given
from hypothesis import strategies as st

from accounts.log_export import files
from accounts.log_export.files import Asked, as_csv
from accounts.log_export.forms import Kind
from accounts.models import User
from accounts.roles import Role
from audit.events import Event
from audit.models import AuditEvent, AuditForwarding, Seal
from audit.verifier import Verification, verify_lines
from linking.logbook.words import Names, said
from tests.accounts.worlds import World, browser_of, make_colleague, make_local, make_world
from tests.administrators import sign_in
from tests.audit.sealed import KEY, seal
from tests.factories import make_administrator, make_employee, make_event

pytestmark = pytest.mark.django_db
PAGE = "/admin/audit/auditevent/export/"


@pytest.fixture
def eksempel() -> World:
    return make_world("eksempel", "Aurora")


@pytest.fixture
def fjordvik() -> World:
    return make_world("fjordvik", "Bergfrid")


def asked(kind: str = "csv", world: World | None = None, **more: str) -> dict[str, str]:
    today = timezone.localdate()
    days = {"first_day": f"{today - timedelta(days=2)}", "last_day": f"{today}"}
    place = {"organisation": str(world.organisation.pk)} if world else {}
    return {"kind": kind, **days, **place, **more}


def take(browser: Client, **form: str) -> bytes:
    answer = browser.post(PAGE, form)
    assert isinstance(answer, StreamingHttpResponse), answer.content.decode()
    assert "no-store" in answer.headers["Cache-Control"]
    return b"".join(_pieces(answer))


def _pieces(answer: StreamingHttpResponse) -> Iterator[bytes]:
    yield from answer.streaming_content  # type: ignore[misc]


def rows_of(file: bytes) -> list[dict[str, str]]:
    assert file.startswith("\ufeff".encode())
    return list(csv.DictReader(io.StringIO(file.decode("utf-8-sig"), newline=""), delimiter=";"))


def exports() -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(event=Event.AUDIT_EXPORTED).order_by("pk"))


def auditor_of(world: World) -> Client:
    return browser_of(make_colleague(world, "Arne", Role.AUDITOR))


# --- Who, and of what


def test_an_auditor_takes_the_own_organisations_log_and_it_is_told(
    eksempel: World, fjordvik: World
) -> None:
    browser = auditor_of(eksempel)
    rows = rows_of(take(browser, **asked(world=eksempel)))
    assert {row["organisation"] for row in rows[:-1]} == {"eksempel"}
    assert "Bergfrid" not in str(rows)
    [event] = exports()
    today = timezone.localdate()
    assert event.organisation_id == eksempel.organisation.pk
    assert event.actor == User.objects.get(employee__first_name="Arne").actor
    assert event.network
    assert event.details == {
        "form": "csv",
        "first_day": str(today - timedelta(days=2)),
        "last_day": str(today),
    }


@pytest.mark.parametrize("kind", ["csv", "json-lines", "sealed"])
def test_no_role_of_one_organisation_takes_anothers_or_the_portals(
    eksempel: World, fjordvik: World, kind: str
) -> None:
    browser = auditor_of(eksempel)
    for form in (asked(kind, fjordvik), asked(kind)):
        answer = browser.post(PAGE, form)
        assert isinstance(answer, HttpResponse)
        assert answer.status_code == 200
        assert b'class="errorlist"' in answer.content
    assert b"Bergfrid" not in browser.get(PAGE).content
    assert exports() == []


def test_the_whole_portal_is_for_those_who_have_it(eksempel: World, fjordvik: World) -> None:
    browser = browser_of(make_local("pia", role=Role.AUDITOR))
    rows = rows_of(take(browser, **asked()))
    assert {row["organisation"] for row in rows} >= {"eksempel", "fjordvik", ""}
    assert exports()[0].organisation_id is None


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.REGISTRAR])
def test_support_and_hr_take_no_file(eksempel: World, role: Role) -> None:
    browser = browser_of(make_colleague(eksempel, "Siri", role))
    assert browser.get(PAGE).status_code == 403
    assert browser.post(PAGE, asked(world=eksempel)).status_code == 403
    assert exports() == []


def test_a_fresh_sign_in_is_asked_for(eksempel: World) -> None:
    browser = Client(headers={"host": "127.0.0.1"})
    sign_in(browser, make_administrator(username="root"), ago=3600)
    for answer in (browser.get(PAGE), browser.post(PAGE, asked(world=eksempel))):
        assert answer.status_code == 302
        assert "second-factor" in answer.headers["Location"]
    assert exports() == []


def test_looking_at_the_page_takes_nothing(eksempel: World) -> None:
    browser = auditor_of(eksempel)
    before = AuditEvent.objects.count()
    answer = browser.get(PAGE, asked(world=eksempel))
    assert isinstance(answer, HttpResponse)
    assert AuditEvent.objects.count() == before


def test_nothing_is_given_where_it_cannot_be_told(
    eksempel: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_values: object, **_names: object) -> None:
        raise RuntimeError("no event")

    monkeypatch.setattr("accounts.log_export.views.record", refuse)
    with pytest.raises(RuntimeError):
        auditor_of(eksempel).post(PAGE, asked(world=eksempel))


@pytest.mark.parametrize(
    "wrong",
    [
        {"first_day": ""},
        {"last_day": ""},
        {"first_day": "2026-11-02", "last_day": "2026-11-01"},
        {"first_day": "0001-01-01"},
        {"last_day": "9999-12-31"},
        {"kind": "pdf"},
        {"organisation": "nonsense"},
    ],
    ids=str,
)
def test_a_senseless_form_is_shown_again(eksempel: World, wrong: dict[str, str]) -> None:
    answer = auditor_of(eksempel).post(PAGE, asked(world=eksempel) | wrong)
    assert isinstance(answer, HttpResponse)
    assert b'class="errorlist"' in answer.content
    assert exports() == []


def test_the_logs_page_leads_here_those_who_may(eksempel: World) -> None:
    support = browser_of(make_colleague(eksempel, "Siri", Role.SUPPORT))
    for browser, may in ((auditor_of(eksempel), True), (support, False)):
        page = browser.get("/admin/audit/auditevent/").content.decode()
        assert (f'href="{PAGE}"' in page) is may


# --- What stands in it


def test_an_auditor_reads_keys_and_an_administrator_names(eksempel: World) -> None:
    person: Any = eksempel.rows["accounts_employee"]
    by_auditor = rows_of(take(auditor_of(eksempel), **asked(world=eksempel)))
    administrator = browser_of(make_colleague(eksempel, "Anne", Role.ADMINISTRATOR))
    by_administrator = rows_of(take(administrator, **asked(world=eksempel)))
    details = '{"note": "Aurora"}'
    for rows, *seen in ((by_auditor, "", ""), (by_administrator, person.full_name, details)):
        row = next(row for row in rows if row["event"] == "link:code:sent")
        assert row["employee_id"] == str(person.pk)
        assert [row["employee"], row["details"]] == seen
    for rows, name in ((by_auditor, "Arne Ås"), (by_administrator, "Anne Ås")):
        assert (rows[-2]["event"], rows[-2]["by"]) == ("audit:exported", name)


def test_the_way_back_has_the_logs_name(eksempel: World) -> None:
    page = auditor_of(eksempel).get(PAGE).content.decode()
    assert '<a href="/admin/audit/auditevent/">Audit log</a>' in page


@pytest.mark.parametrize("kind", ["csv", "json-lines"])
def test_the_file_names_whom_the_page_names(eksempel: World, kind: str) -> None:
    """Those who administrate, and no employees."""
    kari = make_employee(organisation=eksempel.organisation, first_name="Kari", last_name="Vik")
    user = User.objects.create(employee=kari)
    anne = make_colleague(eksempel, "Anne", Role.ADMINISTRATOR)
    for actor in (anne.actor, f"user:{user.pk}", f"employee:{kari.pk}"):
        make_event(Event.LINK_REVOKED, organisation_id=eksempel.organisation.pk, actor=actor)
    arne = auditor_of(eksempel)
    page = arne.get("/admin/audit/auditevent/?event=link:revoked").content.decode()
    for seen in (take(arne, **asked(kind, eksempel)).decode(), page):
        assert "Anne Ås" in seen
        assert "Kari Vik" not in seen


@pytest.mark.parametrize("kind", ["csv", "json-lines"])
def test_an_auditor_takes_no_free_text_where_the_event_is_about_nobody(
    eksempel: World, kind: str
) -> None:
    """The block of an eID is nobody's, and lifted because somebody rang."""
    make_event(
        Event.BLOCK_LIFTED,
        organisation_id=eksempel.organisation.pk,
        details={"why": "Kari Nordby ringte", "budget": "person-day"},
    )
    administrator = browser_of(make_colleague(eksempel, "Anne", Role.ADMINISTRATOR))
    for browser, may in ((auditor_of(eksempel), False), (administrator, True)):
        file = take(browser, **asked(kind, eksempel)).decode()
        assert "person-day" in file
        assert ("Kari Nordby ringte" in file) is may


def test_the_days_are_whole_ones_of_norway(eksempel: World) -> None:
    day = date(2026, 7, 1)
    zone = timezone.get_current_timezone()
    first = datetime(2026, 7, 1, tzinfo=zone)
    second = timedelta(seconds=1)
    ids = [
        make_event(Event.MAIL_SENT, at=at, organisation_id=eksempel.organisation.pk).pk
        for at in (first - second, first, first + timedelta(days=1) - second)
    ]
    make_event(
        Event.MAIL_SENT,
        at=first + timedelta(days=1),
        organisation_id=eksempel.organisation.pk,
    )
    days = {"first_day": str(day), "last_day": str(day)}
    rows = rows_of(take(auditor_of(eksempel), **asked(world=eksempel) | days))
    assert [row["id"] for row in rows[:-1]] == [str(key) for key in ids[1:]]
    assert rows[0]["time"] == "2026-07-01 00:00:00"
    assert rows[0]["time_utc"] == "2026-06-30T22:00:00.000000Z"


def test_a_whole_file_says_that_it_ends_and_how_much_there_was(eksempel: World) -> None:
    browser = auditor_of(eksempel)
    rows = rows_of(take(browser, **asked(world=eksempel)))
    assert rows[-1]["what"] == f"End of the export: {len(rows) - 1} events"
    assert rows[-1]["id"] == ""
    lines = [
        json.loads(line)
        for line in take(browser, **asked("json-lines", eksempel)).split(b"\n")[:-1]
    ]
    assert lines[0]["type"] == "header"
    assert {line["type"] for line in lines[1:-1]} == {"event"}
    assert lines[-1] == {"type": "end", "events": len(lines) - 2}
    assert lines[1]["details"] == {}  # an auditor reads none about people


def test_the_sealed_file_has_every_detail_and_that_is_said(eksempel: World) -> None:
    seal()
    browser = auditor_of(eksempel)
    page = browser.get(PAGE)
    assert isinstance(page, HttpResponse)
    assert b"The file with the seals has every detail, whoever takes it" in page.content
    packed = take(browser, **asked("sealed", eksempel))
    assert '"details": {"note": "Aurora"}' in gzip.decompress(packed).decode()
    log = browser.get("/admin/audit/auditevent/")
    assert "Format: with seals and every detail, for the verifier." in log.content.decode()


@pytest.mark.parametrize("kind", Kind)
def test_the_log_tells_which_form_was_taken(kind: Kind) -> None:
    row = AuditEvent(event=Event.AUDIT_EXPORTED, actor="system", details={"form": kind.value})
    with translation.override("en"):
        [form] = said(row, Names()).more
    assert "something else" not in form


@pytest.mark.parametrize("whole", [True, False])
def test_the_sealed_file_is_what_the_verifier_finds_sound(eksempel: World, *, whole: bool) -> None:
    seal()
    browser = browser_of(make_administrator(username="root"))
    packed = take(browser, **asked("sealed", None if whole else eksempel))
    lines = io.BytesIO(gzip.decompress(packed))
    report = verify_lines(Verification([KEY.public_key()]), lines)
    assert report.sound, report.findings
    assert report.summary.events
    assert exports()[0].details == {"form": "sealed"}
    assert json.loads(gzip.decompress(packed).splitlines()[-1])["type"] == "end"


def test_the_sealed_file_of_an_organisation_has_no_event_of_another(
    eksempel: World, fjordvik: World
) -> None:
    seal()
    packed = take(auditor_of(eksempel), **asked("sealed", eksempel))
    lines = [json.loads(line) for line in gzip.decompress(packed).splitlines()]
    here = str(eksempel.organisation.pk)
    assert lines[0]["organisation"] == here
    assert {line["organisation"] for line in lines if line["type"] == "event"} == {here}


def test_the_first_piece_comes_before_the_rows_are_read(
    eksempel: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_AT_ONCE", 2)
    for _ in range(6):
        make_event(Event.MAIL_SENT, organisation_id=eksempel.organisation.pk)
    read: list[int] = []

    def names_in(some: Sequence[AuditEvent], _reader: object) -> dict[str, str]:
        read.append(len(some))
        return {}

    monkeypatch.setattr(files, "names_in", names_in)
    answer = auditor_of(eksempel).post(PAGE, asked(world=eksempel))
    assert isinstance(answer, StreamingHttpResponse)
    pieces = _pieces(answer)
    next(pieces)
    assert read == []
    next(pieces)
    assert read == [2]
    assert len(list(pieces)) >= 3


def open_cursors() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_cursors WHERE name LIKE '_django%'")
        return int(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["csv", "json-lines", "sealed"])
def test_whoever_breaks_off_was_told_of_and_ends_the_reading(
    eksempel: World, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(files, "_AT_ONCE", 2)
    for _ in range(6):
        make_event(Event.MAIL_SENT, organisation_id=eksempel.organisation.pk)
    answer = auditor_of(eksempel).post(PAGE, asked(kind, eksempel))
    assert isinstance(answer, StreamingHttpResponse)
    assert len(exports()) == 1
    pieces = _pieces(answer)
    next(pieces)
    next(pieces)
    assert (open_cursors(), connection.in_atomic_block) == (int(kind != "sealed"), True)
    answer.close()
    assert (open_cursors(), connection.in_atomic_block) == (0, False)


@given(text=st.text(max_size=20), start=st.sampled_from(["", "=", "+", "-", "@", "\t", "\r", " ="]))
def test_no_cell_is_a_formula(text: str, start: str) -> None:
    event = AuditEvent(
        id=1, at=timezone.now(), event=start + text, actor=start + text, reason=start + text,
        reference="", network=start, details={}, kept="security",
    )  # fmt: skip
    row = files._row(event, {event.actor: start + text}, {}, files._Words(), {})
    written = files._csv([files._cells(row)])
    [cells] = csv.reader(
        io.StringIO(written.decode(errors="surrogatepass"), newline=""), delimiter=";"
    )
    for cell in cells:
        assert not cell.lstrip(' "').startswith(("=", "+", "-", "@", "\t", "\r"))


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_the_file_goes_through_that_guard(eksempel: World, start: str) -> None:
    reason = f"{start}1+1"
    make_event(Event.MAIL_SENT, organisation_id=eksempel.organisation.pk, reason=reason)
    today = timezone.localdate()
    reader = make_administrator(username="root")
    file = b"".join(as_csv(Asked(eksempel.organisation, today, today, reader, timezone.now())))
    assert {row["reason"] for row in rows_of(file)} == {"", f"'{reason}"}


# --- The state of the forwarding


def test_the_page_tells_how_the_forwarding_stands_to_those_of_the_whole_portal(
    eksempel: World,
) -> None:
    seal()
    AuditForwarding.objects.create(
        receiver="https://siem.example/v1/logs",
        failing_since=timezone.now(),
        failure="not-allowed",
        said="401 <b>who?</b>",
        tries=4,
    )
    page = browser_of(make_local("pia", role=Role.AUDITOR)).get(PAGE).content.decode()
    assert "https://siem.example/v1/logs" in page
    assert "4 tries" in page
    assert "AUDIT_FORWARD_HEADERS" in page
    assert "&lt;b&gt;who?" in page
    waiting = sum(len(bytes(each)) // 40 for each in Seal.objects.values_list("records", flat=True))
    assert f"<dd>{waiting}," in page
    assert "siem.example" not in auditor_of(eksempel).get(PAGE).content.decode()
