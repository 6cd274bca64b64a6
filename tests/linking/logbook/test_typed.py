"""What is typed into the log's form, and what stands in the address of it."""

import re
from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import AddressChange, Employee, User
from accounts.roles import Role
from audit.events import Event
from audit.models import AuditEvent
from tests.accounts.worlds import World, browser_of, make_local
from tests.digits import stand_alone
from tests.factories import make_employee, make_grant
from tests.linking.logbook.pages import LOG, NUMBER, ask, note, sent_to, shown

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("typed", ["kari nord", "Nordby", "K-17", "KARI@x.example"])
def test_a_person_is_found_and_their_key_stands_in_the_address(
    siri: Client, kari: Employee, typed: str
) -> None:
    assert sent_to(siri, q=typed) == f"{LOG}?person={kari.pk}"


def test_a_former_address_leads_to_the_person(siri: Client, kari: Employee) -> None:
    AddressChange.objects.create(
        employee=kari, old_address="old@x.example", changed_at=timezone.now()
    )
    assert sent_to(siri, q="Old@X.example") == f"{LOG}?person={kari.pk}"


@pytest.mark.parametrize("typed", ["7F3K-2Q", "7f3k2q", " 7f3k – 2q "])
def test_a_reference_is_recognised_however_it_is_typed(siri: Client, typed: str) -> None:
    assert sent_to(siri, q=typed) == f"{LOG}?reference=7F3K-2Q"


def test_what_sounds_alike_is_looked_for_in_each_way(siri: Client, eksempel: World) -> None:
    note(eksempel, reference="7FDK-2Q")
    assert sent_to(siri, q="7FOK2Q") == f"{LOG}?reference=7FQK-2Q,7FDK-2Q"


def test_a_surname_of_six_letters_may_be_a_reference_too(
    siri: Client, eksempel: World, kari: Employee
) -> None:
    Employee.objects.filter(pk=kari.pk).update(last_name="Hansen")
    assert sent_to(siri, q="hansen") == f"{LOG}?person={kari.pk}"
    note(eksempel, reference="HANS-EN")
    html = ask(siri, q="hansen").content.decode()
    assert f'href="{LOG}?person={kari.pk}"' in html
    assert f'href="{LOG}?reference=HANS-EN"' in html


def test_an_address_becomes_an_event_from_there(siri: Client, eksempel: World) -> None:
    event = note(eksempel, network="192.0.2.7")
    assert sent_to(siri, q="192.0.2.7") == f"{LOG}?network={event.pk}"
    assert sent_to(siri, q="192.0.2.0/24") == f"{LOG}?network={event.pk}&bits=24"
    six = note(eksempel, network="2001:db8:0:1::/64")
    assert sent_to(siri, q="2001:db8:0:1::77") == f"{LOG}?network={six.pk}"
    for nothing in ("198.51.100.1", "10.0.0.0/8"):
        assert "Nothing was found" in ask(siri, q=nothing).content.decode()


def test_an_address_of_another_organisation_is_not_found(siri: Client, fjordvik: World) -> None:
    event = note(fjordvik, network="192.0.2.7")
    assert "Nothing was found" in ask(siri, q="192.0.2.7").content.decode()
    html = shown(siri, f"{LOG}?network={event.pk}")
    assert "not there any more" in html
    assert "192.0.2.7" not in html


def test_somebody_is_chosen_among_those_of_one_name(
    siri: Client, eksempel: World, fjordvik: World, kari: Employee
) -> None:
    other = make_employee(organisation=eksempel.organisation, first_name="Kari", last_name="Nordbø")
    elsewhere = make_employee(
        organisation=fjordvik.organisation, first_name="Kari", last_name="Nordal"
    )
    html = ask(siri, q="kari nord", severity="warning").content.decode()
    for person in (kari, other):
        assert f"?person={person.pk}&amp;severity=warning" in html
    assert str(elsewhere.pk) not in html
    assert AuditEvent.objects.latest("id").details == {"kind": "name", "hits": 2}


def test_whoever_did_it_is_found_by_name(siri: Client, eksempel: World, kari: Employee) -> None:
    assert sent_to(siri, by_name="nordby") == f"{LOG}?actor=employee:{kari.pk}"
    user = User.objects.create(employee=kari)
    assert sent_to(siri, by_name="nordby") == f"{LOG}?actor=user:{user.pk}"
    local = make_local("boss", role=Role.ADMINISTRATOR)
    note(eksempel, Event.LINK_REVOKED, actor=f"user:{local.pk}")
    assert sent_to(siri, by_name="BOSS") == f"{LOG}?actor=user:{local.pk}"
    assert "Nothing was found" in ask(siri, by_name="bos").content.decode()
    assert sent_to(siri, by="system") == f"{LOG}?actor=system"


def test_whoever_is_typed_is_meant_instead_of_whoever_was_before(
    siri: Client, kari: Employee
) -> None:
    for before in (f"person={uuid4()}", "reference=7F3K-2Q", "network=1&bits=24"):
        address = sent_to(siri, base=f"{before}&actor=user:{kari.pk}", q="nordby", days="7")
        assert address == f"{LOG}?person={kari.pk}&days=7&actor=user:{kari.pk}"


def test_what_was_chosen_stays_when_more_is_asked(siri: Client, kari: Employee) -> None:
    base = f"person={kari.pk}&actor=user:{uuid4()}"
    address = sent_to(siri, base=base, what="event=link:made", days="7")
    assert f"person={kari.pk}" in address
    assert "actor=user:" in address
    assert "event=link:made&days=7" in address
    fields = {"since": "2026-01-02T03:04", "until": "2026-01-02T03:05:06", "what": "group=mail"}
    address = sent_to(siri, base=base, days="7", **fields)
    assert "group=mail&since=2026-01-02T03:04:00&until=2026-01-02T03:05:06" in address
    assert "days" not in address


def test_what_the_form_does_not_offer_stays_too(siri: Client, eksempel: World) -> None:
    """An event leads to all by whoever did it, and a digest to one organisation's events."""
    importing = "actor=command:import_employees"
    assert sent_to(siri, base=importing, days="7") == f"{LOG}?days=7&{importing}"
    assert sent_to(siri, base=importing, by="system") == f"{LOG}?actor=system"
    assert sent_to(siri, base="actor=system", by="") == LOG
    here = f"organisation={eksempel.organisation.pk}"
    assert sent_to(siri, base=here, days="7") == f"{LOG}?days=7&{here}"


def test_an_organisation_that_may_be_chosen_may_be_chosen_away(eksempel: World) -> None:
    everybodys = browser_of(make_local("all", role=Role.SUPPORT))
    here = f"organisation={eksempel.organisation.pk}"
    assert sent_to(everybodys, base=here, organisation="", days="7") == f"{LOG}?days=7"


@pytest.mark.parametrize(
    "typed",
    [
        {"since": "2026-01-02T03:04", "until": "2026-01-02T03:03"},
        {"since": "0001-01-01T00:00"},
        {"until": "9999-12-31T23:59"},
        {"what": "event=nothing"},
        {"days": "2"},
        {"organisation": "x"},
        {"q": "x" * 300},
    ],
)
def test_what_cannot_be_is_answered_by_the_form(
    siri: Client, eksempel: World, typed: dict[str, str]
) -> None:
    make_grant(
        user=User.objects.get(employee__first_name="Siri"), role=Role.SUPPORT, organisation=None
    )
    html = ask(siri, **typed).content.decode()
    assert 'class="errorlist"' in html


def test_a_key_and_an_address_with_eleven_digits_are_no_identity_number(
    siri: Client, eksempel: World
) -> None:
    key = UUID("01a21691-9408-7131-93a5-488a54da347c")
    assert sent_to(siri, q=str(key).upper()) == f"{LOG}?person={key}"
    for address in ("193.213.112.104", "193.213.112.0/24", "2001:4600:4014:1015::/64"):
        event = note(eksempel, network=address.partition("/")[0] if "." in address else address)
        assert f"{LOG}?network={event.pk}" in sent_to(siri, q=address)


@pytest.mark.parametrize("field", ["q", "by_name"])
@pytest.mark.parametrize(
    "typed",
    [
        NUMBER,
        f"{NUMBER[:3]}.{NUMBER[3:6]}.{NUMBER[6:8]}.{NUMBER[8:]}",
        "169194 08131",
        f"kari {NUMBER}",
        f"01a2168a-4eb8-711e-93a5-488a54da347c {NUMBER}",
    ],
)
def test_an_identity_number_is_taken_nowhere(siri: Client, field: str, typed: str) -> None:
    html = ask(siri, **{field: typed}).content.decode()
    assert "looked like an identity number" in html
    for kept in (html, str(list(AuditEvent.objects.values()))):
        assert typed not in kept
        assert NUMBER not in kept
        assert not stand_alone("08131", kept)


@pytest.mark.parametrize(
    "field", ["q", "by_name", "since", "until", "what", "severity", "days", "by", "organisation"]
)
def test_an_identity_number_comes_back_from_no_field(eksempel: World, field: str) -> None:
    everybodys = browser_of(make_local("all", role=Role.SUPPORT))
    html = ask(everybodys, **{field: NUMBER}).content.decode()
    assert 'class="errorlist"' in html
    assert NUMBER not in html


def test_a_time_that_does_not_fit_comes_back(siri: Client) -> None:
    html = ask(siri, since="2026-01-02T03:04", until="2026-01-02T03:03").content.decode()
    assert 'value="2026-01-02T03:03"' in html


def test_what_is_typed_stands_in_no_address(siri: Client, eksempel: World, kari: Employee) -> None:
    note(eksempel, employee_id=kari.pk, actor=f"employee:{kari.pk}", network="192.0.2.7")
    html = shown(siri, sent_to(siri, q="kari@x.example"))
    addresses = " ".join(re.findall(r'(?:href|action)="([^"]*)"', html)).lower()
    for told_of in ("kari", "nordby", "k-17", "192.0.2"):
        assert told_of not in addresses
