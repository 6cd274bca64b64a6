"""Each day once, for those who watch: by mail and in the administration, without whom."""

import re
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from accounts.models import Employee, Organisation, User
from accounts.roles import PERMISSIONS, Role
from audit.events import Event
from audit.log import record
from audit.models import AuditEvent
from linking.actions import make_look_digests
from linking.actions.look_digests import CATCHES_UP, KEPT_FOR, READS
from linking.digest.lines import ENOUGH, MANY, Line
from linking.digest.told import rule_in_words
from linking.emails import compose
from linking.models import LookDigest, OutgoingMail
from tests.accounts.worlds import World, browser_of, make_colleague, make_local
from tests.factories import make_employee, make_grant, make_look_digest
from tests.linking.own.events import look, note

pytestmark = pytest.mark.django_db
DAY = date(2026, 7, 2)
NOON = datetime(2026, 7, 2, 10, tzinfo=UTC)
NEXT_DAY = datetime(2026, 7, 3, 3, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _none_yet(eksempel: World, fjordvik: World) -> None:
    LookDigest.objects.all().delete()  # those of the worlds


@pytest.fixture
def siri(eksempel: World) -> User:
    return make_colleague(eksempel, "Siri", Role.SUPPORT)


@pytest.fixture
def kari(eksempel: World) -> Employee:
    return make_employee(organisation=eksempel.organisation, first_name="Karibjørg")


def digest_of(place: Organisation | None, day: date = DAY) -> LookDigest:
    return LookDigest.objects.get(organisation=place, day=day)


def lines(place: Organisation | None, day: date = DAY) -> list[dict[str, Any]]:
    return list(digest_of(place, day).lines)


def mails() -> list[OutgoingMail]:
    return list(OutgoingMail.objects.filter(kind="looks").order_by("recipient"))


def text_of(mail: OutgoingMail) -> tuple[str, str, str]:
    message = compose(mail, code_key=b"k" * 32)
    return str(message.subject), str(message.body), str(message.alternatives[0][0])


# --- When ----------------------------------------------------------------------------------------


def test_a_day_is_counted_once_when_it_is_over(eksempel: World, siri: User, kari: Employee) -> None:
    look(kari, siri, now=NOON)
    assert make_look_digests(now=NEXT_DAY) == 3  # both organisations and the portal
    assert make_look_digests(now=NEXT_DAY + timedelta(hours=5)) == 0
    assert lines(eksempel.organisation)[0]["people"] == 1
    LookDigest.objects.filter(organisation=None).delete()  # as where a turn ends before the last
    assert make_look_digests(now=NEXT_DAY + timedelta(hours=6)) == 1
    assert digest_of(eksempel.organisation).made_at == NEXT_DAY
    assert len(mails()) == 1
    assert AuditEvent.objects.filter(event=Event.AUDIT_DIGEST_SENT).count() == 1


def test_a_digest_broken_off_half_way_goes_on_where_it_was(
    eksempel: World, siri: User, kari: Employee, monkeypatch: pytest.MonkeyPatch
) -> None:
    look(kari, siri, now=NOON)

    def broken(*_args: Any, **_fields: Any) -> None:
        raise RuntimeError("no log")

    with monkeypatch.context() as patched:
        patched.setattr("linking.actions.look_digests.record", broken)
        with pytest.raises(RuntimeError):
            make_look_digests(now=NEXT_DAY)
    assert not mails()
    make_look_digests(now=NEXT_DAY)
    assert len(mails()) == 1


@pytest.mark.parametrize(
    ("at", "day"),
    [
        (datetime(2026, 7, 1, 21, 59, tzinfo=UTC), date(2026, 7, 1)),
        (datetime(2026, 7, 1, 22, 0, tzinfo=UTC), DAY),  # midnight in Norway
        (datetime(2026, 7, 2, 21, 59, tzinfo=UTC), DAY),
    ],
)
def test_days_are_norways(
    eksempel: World, siri: User, kari: Employee, at: datetime, day: date
) -> None:
    look(kari, siri, now=at)
    make_look_digests(now=datetime(2026, 7, 2, 3, tzinfo=UTC))
    make_look_digests(now=NEXT_DAY)
    found = LookDigest.objects.filter(organisation=eksempel.organisation, staff=1)
    assert [each.day for each in found] == [day]


def test_a_day_waits_an_hour_for_what_is_not_written_yet() -> None:
    make_look_digests(now=datetime(2026, 7, 2, 22, 59, tzinfo=UTC))  # 00:59
    assert {each.day for each in LookDigest.objects.all()} == {date(2026, 7, 1)}
    make_look_digests(now=datetime(2026, 7, 2, 23, 0, tzinfo=UTC))
    assert LookDigest.objects.filter(day=DAY).exists()


def test_days_that_were_missed_are_made_up_for_a_week(eksempel: World) -> None:
    make_look_digests(now=NEXT_DAY)
    make_look_digests(now=NEXT_DAY + timedelta(days=4))
    made = LookDigest.objects.filter(organisation=None).order_by("day")
    assert [each.day for each in made] == [DAY + timedelta(days=age) for age in range(5)]
    LookDigest.objects.filter(organisation=None, day=DAY + timedelta(days=2)).delete()
    make_look_digests(now=NEXT_DAY + timedelta(days=4))
    assert LookDigest.objects.filter(organisation=None).count() == 5
    make_look_digests(now=NEXT_DAY + timedelta(days=4) + CATCHES_UP)
    assert LookDigest.objects.filter(organisation=None).count() == 6


def test_days_are_made_up_in_their_order(
    eksempel: World, siri: User, kari: Employee, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is usual comes from the day before, which was missed too."""
    monkeypatch.setattr("linking.digest.lines.ENOUGH", 1)
    make_look_digests(now=NEXT_DAY)
    look(kari, siri, now=NOON + timedelta(days=1))
    make_look_digests(now=NEXT_DAY + timedelta(days=2))
    assert digest_of(eksempel.organisation, DAY + timedelta(days=2)).usual == 1


def test_old_ones_are_forgotten(eksempel: World) -> None:
    old = make_look_digest(organisation=eksempel.organisation, day=DAY - KEPT_FOR)
    kept = make_look_digest(
        organisation=eksempel.organisation, day=DAY - KEPT_FOR + timedelta(days=1)
    )
    make_look_digests(now=NEXT_DAY)
    assert not LookDigest.objects.filter(pk=old.pk).exists()
    assert LookDigest.objects.filter(pk=kept.pk).exists()


# --- What is counted -----------------------------------------------------------------------------


def test_each_organisation_has_its_own(
    eksempel: World, fjordvik: World, siri: User, kari: Employee
) -> None:
    there = fjordvik.rows["accounts_employee"]
    assert isinstance(there, Employee)
    look(kari, siri, now=NOON)
    look(there, siri, now=NOON)
    look(there, siri, now=NOON)
    make_look_digests(now=NEXT_DAY)
    assert [each["people"] for each in lines(eksempel.organisation)] == [1]
    assert [each["unexplained"] for each in lines(fjordvik.organisation)] == [2]
    assert lines(None) == []


def test_a_search_over_several_organisations_is_the_whole_portals(siri: User) -> None:
    with transaction.atomic():
        record(Event.PERSON_SEARCHED, by=siri.actor, now=NOON, kind="name", hits=3)
    make_look_digests(now=NEXT_DAY)
    assert [each["searches"] for each in lines(None)] == [1]


def test_searches_in_the_lists_and_in_the_log_and_exports_are_counted(siri: User) -> None:
    with transaction.atomic():
        for event in (Event.PERSON_SEARCHED, Event.AUDIT_SEARCHED, Event.AUDIT_EXPORTED):
            record(event, by=siri.actor, now=NOON)
    make_look_digests(now=NEXT_DAY)
    assert [(each["searches"], each["exports"]) for each in lines(None)] == [(2, 1)]


def test_a_look_at_ones_own_record_and_many_looks_are_flagged(eksempel: World, siri: User) -> None:
    arne = make_colleague(eksempel, "Arne", Role.AUDITOR)
    assert siri.employee is not None
    look(siri.employee, siri, now=NOON)
    for _number in range(MANY):
        look(make_employee(organisation=eksempel.organisation), arne, now=NOON)
    make_look_digests(now=NEXT_DAY)
    digest = digest_of(eksempel.organisation)
    assert (digest.staff, digest.flagged) == (2, 2)
    many, own = digest.lines
    assert (many["actor"], many["bulk"], many["own"]) == (arne.actor, True, 0)
    assert (own["actor"], own["bulk"], own["own"], own["people"]) == (siri.actor, False, 1, 0)


def test_what_is_usual_comes_from_the_four_weeks_before(
    eksempel: World, siri: User, fjordvik: World
) -> None:
    place = eksempel.organisation
    kept = [asdict(Line(actor="user:x", people=4))] * ENOUGH
    make_look_digest(organisation=place, day=DAY - timedelta(days=28), lines=kept)
    for place_or_day in (
        {"organisation": place, "day": DAY - timedelta(days=29)},
        {"organisation": place, "day": DAY + timedelta(days=1)},  # where this day was missed
        {"organisation": fjordvik.organisation, "day": DAY - timedelta(days=1)},
    ):
        much = [asdict(Line(actor="user:x", people=40))] * 40
        make_look_digest(lines=much, **place_or_day)
    for _number in range(13):
        look(make_employee(organisation=place), siri, now=NOON)
    LookDigest.objects.filter(organisation=None).delete()
    make_look_digests(now=NEXT_DAY)
    digest = digest_of(place)
    assert (digest.usual, digest.flagged) == (4, 1)
    with translation.override("en"):
        assert "more than 12: 3 times what is usual" in rule_in_words(digest)


def test_nothing_else_that_anybody_did_is_counted(eksempel: World, kari: Employee) -> None:
    """It must not serve to follow anybody's work: sign-ins, changes, decisions are not in it."""
    user = User.objects.create(employee=kari)
    for event in Event:
        if event in (Event.PERSON_VIEWED, Event.PERSON_SEARCHED):
            continue
        if event in (Event.AUDIT_SEARCHED, Event.AUDIT_EXPORTED):
            continue
        with transaction.atomic():
            record(
                event, by=user.actor, now=NOON, organisation=kari.organisation_id, employee=kari.pk
            )
    make_look_digests(now=NEXT_DAY)
    assert lines(eksempel.organisation) == []


def test_what_no_member_of_staff_did_is_nobodys_line(eksempel: World, kari: Employee) -> None:
    for actor in ("command:export_audit_log", "system", f"employee:{kari.pk}"):
        with transaction.atomic():
            record(Event.AUDIT_EXPORTED, by=actor, now=NOON, organisation=eksempel.organisation.pk)
    make_look_digests(now=NEXT_DAY)
    assert lines(eksempel.organisation) == []


def test_an_actor_that_is_no_key_takes_nobodys_digest_away(
    eksempel: World, siri: User, kari: Employee
) -> None:
    look(kari, siri, now=NOON)
    note(Event.PERSON_VIEWED, kari, by="user:x", now=NOON)  # as by SQL
    make_look_digests(now=NEXT_DAY)
    assert [each["actor"] for each in lines(eksempel.organisation)] == [siri.actor, "user:x"]


def test_a_digest_has_no_times_no_names_and_no_keys_of_those_looked_at(
    eksempel: World, siri: User, kari: Employee
) -> None:
    look(kari, siri, now=NOON, purpose="Karibjørg rang")
    make_look_digests(now=NEXT_DAY)
    kept = str(lines(eksempel.organisation))
    for telling in ("Karibjørg", str(kari.pk), "10:00", "12:00"):
        assert telling not in kept
    assert set(lines(eksempel.organisation)[0]) == set(asdict(Line(actor="")))


# --- To whom -------------------------------------------------------------------------------------


def test_it_goes_to_those_who_may_read_it_there(
    eksempel: World, fjordvik: World, siri: User, kari: Employee
) -> None:
    OutgoingMail.objects.all().delete()
    anne = make_colleague(eksempel, "Anne", Role.ADMINISTRATOR)
    make_colleague(eksempel, "Rune", Role.REGISTRAR)
    make_colleague(fjordvik, "Frode", Role.ADMINISTRATOR)
    left = make_colleague(eksempel, "Sluttet", Role.AUDITOR)
    Employee.objects.filter(user=left).update(active=False)
    make_local("pia", role=Role.AUDITOR)
    auditor = eksempel.rows["accounts_user"]
    assert isinstance(auditor, User)
    look(kari, siri, now=NOON)
    make_look_digests(now=NEXT_DAY)
    readers = [user.employee for user in (anne, auditor)]
    assert {mail.recipient for mail in mails()} == {one.email for one in readers if one}
    assert {mail.employee for mail in mails()} == set(readers)


def test_the_roles_that_read_the_digest_are_not_those_that_look() -> None:
    assert {role for role, given in PERMISSIONS.items() if READS in given} == {
        Role.AUDITOR,
        Role.ADMINISTRATOR,
    }


def test_where_nobody_reads_it_those_of_the_whole_portal_do(
    eksempel: World, fjordvik: World, siri: User, kari: Employee
) -> None:
    auditor = eksempel.rows["accounts_user"]
    assert isinstance(auditor, User)
    auditor.grants.all().delete()
    local = make_local("pia", role=Role.AUDITOR)
    User.objects.filter(pk=local.pk).update(email="pia@x.example")
    elsewhere = make_colleague(fjordvik, "Frida", None)
    make_grant(user=elsewhere, role=Role.ADMINISTRATOR)
    look(kari, siri, now=NOON)
    make_look_digests(now=NEXT_DAY)
    assert elsewhere.employee is not None
    found = {mail.recipient: (mail.organisation, mail.employee) for mail in mails()}
    here = (eksempel.organisation, None)
    assert found == {"pia@x.example": here, elsewhere.employee.email: here}


def test_whoever_looked_is_counted_though_the_organisation_has_been_set_inactive_since(
    eksempel: World, fjordvik: World, siri: User, kari: Employee
) -> None:
    """And its own readers do not get in any more: those of the whole portal do."""
    frida = make_colleague(fjordvik, "Frida", None)
    make_grant(user=frida, role=Role.AUDITOR)
    assert frida.employee is not None
    look(kari, siri, now=NOON)
    Organisation.objects.exclude(pk=frida.employee.organisation_id).update(active=False)
    make_look_digests(now=NEXT_DAY)
    assert lines(eksempel.organisation)[0]["people"] == 1
    [mail] = mails()
    assert (mail.organisation, mail.recipient) == (eksempel.organisation, frida.employee.email)
    make_look_digests(now=NEXT_DAY + timedelta(days=1))  # on a day without looks there is none
    assert not LookDigest.objects.filter(
        organisation=eksempel.organisation, day=DAY + timedelta(days=1)
    ).exists()


def test_the_portals_own_goes_to_those_who_have_an_employer_here(
    fjordvik: World, siri: User
) -> None:
    make_local("pia", role=Role.AUDITOR)
    frida = make_colleague(fjordvik, "Frida", None)
    make_grant(user=frida, role=Role.AUDITOR)
    with transaction.atomic():
        record(Event.PERSON_SEARCHED, by=siri.actor, now=NOON, kind="name", hits=3)
    make_look_digests(now=NEXT_DAY)
    [mail] = mails()
    assert (mail.organisation, mail.employee) == (fjordvik.organisation, frida.employee)
    assert "the whole portal" in text_of(_in(mail, "en"))[1]


def test_a_day_on_which_nobody_looked_is_no_mail(eksempel: World) -> None:
    make_look_digests(now=NEXT_DAY)
    assert lines(eksempel.organisation) == []
    assert mails() == []
    assert not AuditEvent.objects.filter(event=Event.AUDIT_DIGEST_SENT).exists()


# --- What it says --------------------------------------------------------------------------------


def _in(mail: OutgoingMail, language: str) -> OutgoingMail:
    mail.language = language
    return mail


@pytest.fixture
def mail(eksempel: World, siri: User, kari: Employee) -> OutgoingMail:
    assert siri.employee is not None
    look(kari, siri, now=NOON, purpose="Karibjørg rang")
    look(siri.employee, siri, now=NOON)
    with transaction.atomic():
        record(
            Event.PERSON_SEARCHED,
            by=siri.actor,
            now=NOON,
            organisation=eksempel.organisation.pk,
            kind="name",
            hits=3,
        )
    make_look_digests(now=NEXT_DAY)
    return mails()[0]


def test_the_mail_says_who_looked_at_how_many_and_what_to_look_into(mail: OutgoingMail) -> None:
    subject, *texts = text_of(_in(mail, "en"))
    assert subject == "Who looked people up, 2 July 2026 (Eksempel kommune)"
    for text in (" ".join(each.split()) for each in texts):
        assert "Siri Ås (Support)" in text
        assert "1 person looked at, 1 search, looks with a purpose: 1." in text
        assert "To be looked into: Looked at their own record, 1 time." in text
        assert f"Many are {MANY} people or more in a day." in text
        assert f"/admin/linking/lookdigest/{mail.look_digest_id}/change/" in text


def test_the_mail_says_how_many_looks_had_which_purpose(
    eksempel: World, siri: User, kari: Employee
) -> None:
    for purpose in ("sign-in", "case", "sign-in"):
        look(kari, siri, now=NOON, purpose=purpose)
    look(kari, siri, now=NOON, purpose="other", purpose_text="Karibjørg rang")
    make_look_digests(now=NEXT_DAY)
    counted = "2 × Help with signing in; 1 × Deciding a case; 1 × Another reason"
    for text in text_of(_in(mails()[0], "en"))[1:]:
        assert f"looks with a purpose: 4 ({counted})." in " ".join(text.split())
        assert "Karibjørg" not in text


def test_the_mail_says_what_the_others_were_without(siri: User, kari: Employee) -> None:
    """Where nobody told a purpose or quoted a reference the line stands alone."""
    look(kari, siri, now=NOON)
    make_look_digests(now=NEXT_DAY)
    for text in text_of(_in(mails()[0], "en"))[1:]:
        told = "1 person looked at, looks without a purpose or a reference: 1."
        assert told in " ".join(text.split())


def test_a_digest_has_its_day_as_the_reader_writes_it() -> None:
    digest = make_look_digest(day=DAY)
    with translation.override("nb"):
        assert str(digest) == "2. juli 2026"


def test_the_mail_names_nobody_who_was_looked_at(mail: OutgoingMail, kari: Employee) -> None:
    for text in text_of(mail):
        assert "Karibjørg" not in text
        assert str(kari.pk) not in text
        assert kari.email not in text
        assert re.search(r"\b\d\d[:.]\d\d\b", text) is None  # no time of day


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("nb", ("Hvem har slått opp personer", "1 person slått opp", "egen oppføring")),
        ("nn", ("Kven har slått opp personar", "1 person slått opp", "eiga oppføring")),
    ],
)
def test_the_mail_speaks_the_readers_language(
    mail: OutgoingMail, language: str, said: tuple[str, str, str]
) -> None:
    subject, text, html = text_of(_in(mail, language))
    assert said[0] in subject
    for each in said[1:]:
        assert each in text
        assert each in html
    for english in ("looked", "people", "purpose", "Many"):
        assert english not in text


# --- The page ------------------------------------------------------------------------------------


def test_the_page_says_the_same_and_leads_to_the_look_ups_in_the_log(
    eksempel: World, siri: User, kari: Employee, mail: OutgoingMail
) -> None:
    """To nothing else that she did that day: that would be to follow her work."""
    assert siri.employee is not None
    for own in (Event.SIGN_IN_DONE, Event.PERSON_DOWNLOADED):
        note(own, siri.employee, by=siri.actor, now=NOON)
    note(Event.EMPLOYEE_CHANGED, kari, by=siri.actor, now=NOON)
    note(Event.CASE_DECIDED, kari, by=siri.actor, now=NOON)
    browser = browser_of(make_colleague(eksempel, "Arne", Role.AUDITOR))
    html = page_of(eksempel.organisation, browser)
    assert "Siri Ås (Support)" in html
    assert "Looked at their own record, 1 time." in html
    assert "Karibjørg" not in html
    theirs = browser.get(log_in(html)).content.decode()
    assert set(re.findall(r"<h3><a[^>]*>([^<]*)", theirs)) == {
        "Somebody looked at an employee",
        "Somebody was searched for",
    }


def test_whoever_reads_all_logs_is_led_to_what_was_counted_there(
    eksempel: World, fjordvik: World, siri: User, kari: Employee
) -> None:
    elsewhere = make_employee(organisation=fjordvik.organisation)
    look(kari, siri, now=NOON)
    look(elsewhere, siri, now=NOON)
    look(elsewhere, siri, now=NOON)
    with transaction.atomic():
        record(Event.PERSON_SEARCHED, by=siri.actor, now=NOON, kind="name", hits=3)
    make_look_digests(now=NEXT_DAY)
    browser = browser_of(make_local("pia", role=Role.AUDITOR))
    for place, listed in ((eksempel.organisation, 1), (fjordvik.organisation, 2), (None, 1)):
        theirs = browser.get(log_in(page_of(place, browser))).content.decode()
        assert theirs.count('<article class="log-event') == listed


def page_of(place: Organisation | None, browser: Client) -> str:
    page = reverse("admin:linking_lookdigest_change", args=[digest_of(place).pk])
    return str(browser.get(page).content.decode())


def log_in(html: str) -> str:
    """The one address of the log that a page has."""
    [address] = re.findall(r'href="(/admin/audit/auditevent/[?][^"]*)"', html)
    return str(address).replace("&amp;", "&")


def test_the_list_finds_what_is_to_be_looked_into(eksempel: World, mail: OutgoingMail) -> None:
    quiet = make_look_digest(organisation=eksempel.organisation, day=DAY - timedelta(days=9))
    browser = browser_of(make_colleague(eksempel, "Arne", Role.AUDITOR))
    listing = reverse("admin:linking_lookdigest_changelist")
    everything = browser.get(listing).content.decode()
    flagged = browser.get(f"{listing}?flagged=yes").content.decode()
    assert str(quiet.pk) in everything
    assert str(quiet.pk) not in flagged
    assert str(mail.look_digest_id) in flagged


def test_whoever_is_watched_does_not_read_it(siri: User, mail: OutgoingMail) -> None:
    page = reverse("admin:linking_lookdigest_change", args=[mail.look_digest_id])
    assert browser_of(siri).get(page).status_code == 403


def test_it_costs_the_same_however_many_looked(eksempel: World, siri: User, kari: Employee) -> None:
    def cost(now: datetime) -> int:
        with CaptureQueriesContext(connection) as queries:
            make_look_digests(now=now)
        return len(queries)

    look(kari, siri, now=NOON)
    before = cost(NEXT_DAY)
    for number in range(5):
        other = make_colleague(eksempel, f"Siri{number}", Role.SUPPORT)
        look(kari, other, now=NOON + timedelta(days=1))
        look(make_employee(organisation=eksempel.organisation), other, now=NOON + timedelta(days=1))
    assert cost(NEXT_DAY + timedelta(days=1)) <= before
    assert timezone.is_aware(NOON)
