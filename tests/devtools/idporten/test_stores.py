"""Nothing in memory grows without end, and what is taken is gone."""

from devtools.idporten.stores import ExpiringStore
from tests.devtools.idporten.relying_party import Clock


def test_what_has_expired_is_gone_and_leaves_no_entry(clock: Clock) -> None:
    store = ExpiringStore[str](clock, lifetime=10)
    store.put("old", "value")
    clock.forward(10)
    assert store.get("old") is None
    assert store.take("old") is None
    store.put("new", "value")
    assert len(store) == 1


def test_the_oldest_goes_when_it_is_full(clock: Clock) -> None:
    store = ExpiringStore[int](clock, lifetime=10, capacity=3)
    for number in range(5):
        store.put(str(number), number)
    assert store.values() == [2, 3, 4]


def test_a_value_is_taken_once_and_added_once(clock: Clock) -> None:
    store = ExpiringStore[str](clock, lifetime=10)
    assert store.add("key", "first")
    assert not store.add("key", "second")
    assert store.take("key") == "first"
    assert store.take("key") is None


def test_replacing_does_not_prolong(clock: Clock) -> None:
    store = ExpiringStore[str](clock, lifetime=10)
    store.put("key", "first")
    clock.forward(9)
    store.replace("key", "second")
    assert store.get("key") == "second"
    clock.forward(1)
    assert store.get("key") is None
