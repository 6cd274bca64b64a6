"""The catalogue: each event says what it is called, how grave it is, how long kept, and in words.

What comes of every page, action, task and command: test_no_event_no_pass.py.
"""

import re

import pytest
from django.conf import settings
from django.utils import translation

from audit.events import Event, Kept, Severity
from audit.models import AuditEvent

FOREIGN = [code for code, _name in settings.LANGUAGES if code != "en"]
NAME = re.compile(r"[a-z]+(-[a-z]+)*(:[a-z]+(-[a-z]+)*)+")


@pytest.mark.parametrize("event", Event)
def test_an_event_has_a_name_that_the_table_takes(event: Event) -> None:
    assert NAME.fullmatch(event.value)
    assert len(event.value) <= (AuditEvent._meta.get_field("event").max_length or 0)


@pytest.mark.parametrize("event", Event)
def test_an_event_has_a_severity_and_a_class_of_retention(event: Event) -> None:
    assert isinstance(event.severity, Severity)
    assert isinstance(event.kept, Kept)


def test_severities_have_the_numbers_of_rfc_5424() -> None:
    assert {each.name: each.value for each in Severity} == {
        "ALERT": 1,
        "WARNING": 4,
        "NOTICE": 5,
        "INFO": 6,
    }


def words(language: str) -> dict[str, str]:
    """Give what events, severities and classes are called."""
    with translation.override(language):
        return {f"{type(each).__name__}.{each.name}": str(each.label) for each in _all()}


def _all() -> list[Event | Severity | Kept]:
    return [*Event, *Severity, *Kept]


@pytest.mark.parametrize("language", FOREIGN)
def test_everything_in_the_catalogue_has_words_in_each_language(language: str) -> None:
    english, foreign = words("en"), words(language)
    assert [name for name, text in foreign.items() if text == english[name]] == []


@pytest.mark.parametrize("language", ["en", *FOREIGN])
def test_no_two_events_are_said_alike(language: str) -> None:
    said = [text for name, text in words(language).items() if name.startswith("Event.")]
    assert sorted(set(said)) == sorted(said)
