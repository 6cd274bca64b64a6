"""The bench of the log asks what the page understands."""

from urllib.parse import parse_qsl, urlsplit

from devtools.bench.audit_search.searches import Known, searches
from linking.logbook.query import Query, parsed, position

KEY = "0193e9c4-8f00-7000-8000-000000000000"
KNOWN = Known(
    person=KEY,
    busy=KEY,
    actor=KEY,
    reference="7F3K-2Q",
    network=7,
    common_network=8,
    organisation=KEY,
    event=9,
    older="older=1732586583123456-0",
    hour="since=2026-01-01T10:00:00&until=2026-01-01T11:00:00",
)


def test_each_search_is_understood_and_another_one() -> None:
    asked = []
    for page in searches(KNOWN):
        given = dict(parse_qsl(urlsplit(page.address).query))
        query, wrong = parsed(given)
        assert wrong == [], page.name
        asked.append((query, position(given), urlsplit(page.address).path))
        assert query != Query() or page.name in ("the newest", "a year ago", "one event")
    assert len(set(asked)) == len(asked) - 1  # here both people are one
