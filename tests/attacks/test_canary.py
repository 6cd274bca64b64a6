"""The canary: a whole run with one number and one code, then every sink is searched (A-30, A-31).

Declared places. The number: in the ID token, which ID-porten sends the portal, and nowhere else.
The code: in the one mail that brings it, and in the form with which the browser brings it back.
"""

import os
from collections.abc import Iterator

import pytest
from django.core.management import call_command
from django.db import connection

from tests import environment
from tests.attacks import canary as canary_run
from tests.attacks import sinks
from tests.attacks.canary import Canary, secrets_of_the_installation
from tests.attacks.spellings import code_spellings, found_in, number_spellings
from tests.attacks.stolen_dump import digests_of, values_of
from tests.factories import fingerprint_of
from tests.journeys.visitor import INGRID

pytestmark = pytest.mark.django_db
NUMBER = INGRID.national_id


@pytest.fixture(scope="module")
def canary(
    tmp_path_factory: pytest.TempPathFactory, django_db_setup: None, django_db_blocker: object
) -> Iterator[Canary]:
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        call_command("flush", interactive=False, verbosity=0)
        try:
            yield canary_run.run(tmp_path_factory.mktemp("canary"))
        finally:
            call_command("flush", interactive=False, verbosity=0)


def places(canary: Canary, forms: list[tuple[str, bytes]]) -> dict[str, list[str]]:
    """Where it stands, and in which spellings."""
    found = ((place, found_in(content, forms)) for place, content in canary.left)
    return {place: names for place, names in found if names}


def test_the_number_is_nowhere_but_in_the_id_token_and_in_the_form_that_is_refused(
    canary: Canary,
) -> None:
    """A-30: database, broker, logs, mails, admin history, HTTP captures, error texts."""
    assert set(places(canary, number_spellings(NUMBER))) == {
        "from the gateway: POST /token",
        "browser to portal: POST /admin/purpose/",
    }


def test_the_code_is_nowhere_but_in_its_mail_and_in_the_form_that_brings_it(canary: Canary) -> None:
    """A-31: the same, and not in a subject."""
    assert set(places(canary, code_spellings(canary.code))) == {
        "mail: 000001.eml",
        "browser to portal: POST /link/code/",
    }
    assert not any(
        found_in(subject.encode(), code_spellings(canary.code)) for subject in canary.subjects
    )


def test_the_run_met_every_sink(canary: Canary) -> None:
    """A-30: a search is worth what it searched."""
    named = dict(canary.left)
    everything = "\n".join(named)
    for sink in (
        "database before the link: accounts_usersession.session_data",
        "database while a message waits: linking_pendingcode.fingerprint",
        "database at the end: audit_auditevent.details",
        "database at the end: django_admin_log.change_message",
        "a session, decoded",
        "mail: 000002.eml",
        "from the gateway: POST /par",
        "browser to portal: POST /oidc/backchannel-logout/",
    ):
        assert sink in everything, sink
    assert any(b"linking.tasks.send_code" in message for message in canary.messages)
    for log in ("log: web.log", "log: worker.log"):
        assert b"Traceback" in named[log]
        assert b"audit_auditevent" in named[log]
    assert named["log: web.log"].count(b"Traceback (most recent call last)") >= 2
    assert b"GET /oidc/callback/?" in named["log: web.log"]
    assert b"Task linking.tasks.send_code" in named["log: worker.log"]
    if environment.DATABASE_LOG in os.environ:
        assert b'"audit_auditevent" does not exist' in named["log: postgresql"]


def test_no_key_of_the_installation_is_in_any_sink(canary: Canary) -> None:
    """A-32: the database, a log and a mail know neither the fingerprint key nor SECRET_KEY."""
    forms = secrets_of_the_installation()
    assert not [place for place, content in canary.left for _n, key in forms if key in content]


def test_from_a_stolen_dump_the_number_cannot_be_tried_out(canary: Canary) -> None:
    """A-32: who knows or guesses the number finds no digest of it, under any secret in the dump."""
    stolen = [content for place, content in canary.left if place.startswith("database")]
    values = values_of(stolen)
    fingerprint = fingerprint_of(NUMBER).digest
    assert fingerprint in values
    assert not values & digests_of(NUMBER, secrets=values)


def test_with_the_key_in_the_dump_it_could_be(canary: Canary) -> None:
    """A-32: the trial above would find it."""
    stolen = [content for place, content in canary.left if place.startswith("database")]
    key = secrets_of_the_installation()[0][1]
    values = values_of([*stolen, key.hex().encode()])
    assert values & digests_of(NUMBER, secrets=values) == {fingerprint_of(NUMBER).digest}


@pytest.mark.parametrize("kind", ["bytea", "text", "jsonb"])
def test_a_number_in_any_kind_of_column_is_found(kind: str) -> None:
    """A-30: planted in a table that nobody knows of."""
    value: dict[str, str | bytes] = {
        "bytea": NUMBER.encode(),
        "text": f"a {NUMBER}",
        "jsonb": f'{{"a": ["{NUMBER}"]}}',
    }
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE planted (x {kind})")
        cursor.execute("INSERT INTO planted VALUES (%s)", [value[kind]])
    forms = number_spellings(NUMBER)
    assert {place for place, content in sinks.database() if found_in(content, forms)} == {
        "planted.x"
    }
