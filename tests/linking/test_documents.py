"""Discovery and key set: how often ID-porten is asked, and what is shared between processes."""

from datetime import timedelta

import pytest
import time_machine
from django.core.cache import caches
from django.utils import timezone

from devtools.idporten.faults import Answer
from devtools.idporten.server import StandIn
from linking import documents
from linking.models import GatewayDocument
from linking.refusals import ProviderUnavailable

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def another_process() -> None:
    """It has nothing near, only what all share."""
    caches["near"].clear()


def asked(idporten: StandIn) -> tuple[int, int]:
    return idporten.requests.count("discovery"), idporten.requests.count("jwks")


def test_each_is_fetched_once_for_all_processes(idporten: StandIn) -> None:
    for _ in range(3):
        documents.provider(now=NOW)
        keys = documents.signing_keys(now=NOW)
        another_process()
    assert asked(idporten) == (1, 1)
    assert len(keys) == 2


def test_a_copy_near_at_hand_costs_no_query(
    idporten: StandIn, django_assert_num_queries: pytest.FixtureRequest
) -> None:
    documents.signing_keys(now=NOW)
    with django_assert_num_queries(0):  # type: ignore[operator]
        documents.signing_keys(now=NOW)
        documents.provider(now=NOW)


@pytest.mark.parametrize(
    ("later", "fetches"),
    [
        (timedelta(minutes=59), (1, 1)),
        (timedelta(minutes=61), (2, 1)),
        (timedelta(hours=23), (2, 1)),
        (timedelta(hours=25), (2, 2)),
    ],
    ids=str,
)
def test_discovery_lives_for_an_hour_and_keys_for_a_day(
    idporten: StandIn, later: timedelta, fetches: tuple[int, int]
) -> None:
    for now in (NOW, NOW + later):
        another_process()
        documents.provider(now=now)
        documents.signing_keys(now=now)
    assert asked(idporten) == fetches


def test_an_unknown_kid_is_asked_about_once_a_minute_by_all_processes(idporten: StandIn) -> None:
    documents.signing_keys(now=NOW)
    idporten.requests.clear()
    for seconds in (0, 1, 59):
        another_process()
        documents.newer_signing_keys(now=NOW + timedelta(seconds=seconds))
    assert asked(idporten) == (0, 1)
    documents.newer_signing_keys(now=NOW + timedelta(seconds=60))
    assert asked(idporten) == (0, 2)


def test_what_another_process_fetched_replaces_the_copy_near_at_hand(idporten: StandIn) -> None:
    old = set(documents.signing_keys(now=NOW))
    near = caches["near"].get(near_key())
    idporten.rotate_keys(announced=False)
    new = set(documents.newer_signing_keys(now=NOW))
    assert new != old
    caches["near"].set(near_key(), near)
    assert set(documents.signing_keys(now=NOW)) == old
    assert set(documents.newer_signing_keys(now=NOW)) == new
    assert asked(idporten)[1] == 2


def near_key() -> str:
    row = GatewayDocument.objects.get(kind="jwks")
    return f"idporten:{row.kind}:{row.issuer}"


def test_a_copy_near_at_hand_is_for_a_minute(idporten: StandIn) -> None:
    documents.signing_keys(now=NOW)
    GatewayDocument.objects.update(body=b"{}")
    documents.signing_keys(now=NOW)
    later = time_machine.travel(timezone.now() + timedelta(seconds=61))
    with later, pytest.raises(ProviderUnavailable):
        documents.signing_keys(now=NOW)


def test_a_bad_copy_is_not_kept(idporten: StandIn) -> None:
    idporten.faults.jwks.once(lambda _: Answer.json({"keys": []}))
    with pytest.raises(ProviderUnavailable):
        documents.signing_keys(now=NOW)
    assert not GatewayDocument.objects.filter(kind="jwks").exists()
    assert documents.signing_keys(now=NOW)


@pytest.mark.parametrize(
    ("hours", "good"), [(25, True), (47, True), (49, False)], ids=["a day", "two", "more"]
)
def test_an_old_copy_is_good_for_another_day_while_no_new_one_can_be_had(
    idporten: StandIn, hours: int, good: bool
) -> None:
    documents.signing_keys(now=NOW)
    idporten.faults.jwks.always(lambda _: Answer.json({}, 500))
    another_process()
    later = NOW + timedelta(hours=hours)
    if good:
        assert documents.signing_keys(now=later)
        asked_so_far = asked(idporten)
        assert documents.signing_keys(now=later)
        assert asked(idporten) == asked_so_far  # not asked again at once
    else:
        with pytest.raises(ProviderUnavailable):
            documents.signing_keys(now=later)


def test_an_hour_without_discovery_stops_no_sign_in(idporten: StandIn) -> None:
    documents.provider(now=NOW)
    idporten.faults.discovery.always(lambda _: Answer.json({}, 500))
    another_process()
    assert documents.provider(now=NOW + timedelta(hours=2))


def test_another_issuers_copy_is_not_ours(
    idporten: StandIn, settings: pytest.FixtureRequest
) -> None:
    documents.provider(now=NOW)
    settings.IDPORTEN_ISSUER = "http://127.0.0.1:9"  # type: ignore[attr-defined]
    with pytest.raises(ProviderUnavailable):
        documents.provider(now=NOW)
