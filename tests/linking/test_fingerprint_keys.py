"""A key that does not fit the data is told before anybody is recognised by it (A-33)."""

import pytest
from django.utils import timezone

from accounts.national_id import FingerprintKeys
from audit.models import AuditEvent
from linking import fingerprint_keys
from linking.fingerprint_keys import KeysDoNotFit, compare_keys
from linking.models import FingerprintKey
from linking.refusals import FingerprintKeysUnfit
from tests.factories import make_block, make_employee, make_link, some_fingerprint
from tests.keys import KEYS, keys

pytestmark = pytest.mark.django_db


def start(configured: FingerprintKeys) -> None:
    compare_keys(configured, now=timezone.now())


def refusal(configured: FingerprintKeys) -> str:
    """The sentence of a refused start, which has noted nothing."""
    before = set(FingerprintKey.objects.values_list())
    with pytest.raises(KeysDoNotFit) as refused:
        start(configured)
    assert set(FingerprintKey.objects.values_list()) == before
    return str(refused.value)


def test_the_first_use_of_a_key_is_noted_once() -> None:
    start(keys("old"))
    start(keys("old"))
    assert list(FingerprintKey.objects.values_list("key_id", flat=True)) == ["old"]
    event = AuditEvent.objects.get()
    assert (event.event, event.details) == ("fingerprint-key:first-used", {"key": "old"})


def test_another_key_under_a_known_id_is_refused() -> None:
    start(keys("old"))
    sentence = refusal(keys(old=b"x" * 32))
    assert "“old” is not the key that was first used" in sentence


def test_a_key_that_rows_need_is_missed_until_it_is_given_up() -> None:
    start(keys("old"))
    make_link(fingerprint_key="old")
    make_link(fingerprint_key="old", state="pending")
    make_link(fingerprint_key="old", state="revoked", ended_at=timezone.now())
    make_employee(national_id_fingerprint=b"f" * 32, national_id_key="old")
    make_block(fingerprint_key="old")
    make_block(fingerprint_key="old", lifted_at=timezone.now())
    sentence = refusal(keys("new"))
    assert "2 standing links, 1 registered identity numbers and 1 blocks in force" in sentence
    assert "give_up_fingerprint_key old" in sentence
    FingerprintKey.objects.update(given_up_at=timezone.now())
    start(keys("new"))


@pytest.mark.parametrize("row", ["link", "number", "block"])
def test_one_row_of_any_kind_is_enough_also_under_a_key_that_nobody_noted(row: str) -> None:
    if row == "link":
        make_link(fingerprint_key="old")
    elif row == "number":
        make_employee(national_id_fingerprint=b"f" * 32, national_id_key="old")
    else:
        make_block(fingerprint_key="old")
    assert "lacks the key “old”" in refusal(keys("new"))
    start(keys("old"))


def test_a_key_that_was_given_up_does_not_come_back() -> None:
    start(keys("old"))
    FingerprintKey.objects.update(given_up_at=timezone.now())
    assert "has been given up" in refusal(keys("new", "old"))


def test_a_new_key_that_stands_first_at_once_is_warned_of(
    caplog: pytest.LogCaptureFixture,
) -> None:
    start(keys("old"))
    start(keys("old", "new"))
    start(keys("new", "old"))
    assert not caplog.records
    start(keys("new", newest=b"n" * 32))
    start(keys(newest=b"n" * 32))
    start(FingerprintKeys({"last": b"l" * 32, "newest": b"n" * 32}))
    assert "“last” is new, and stands first" in caplog.text


def test_no_sentence_and_no_row_has_a_key_or_a_fingerprint() -> None:
    start(keys("old"))
    link = make_link(whose=some_fingerprint(), fingerprint_key="old")
    said = refusal(keys("new")) + refusal(keys(old=b"x" * 32)) + repr(keys("old"))
    for secret in (KEYS["old"], KEYS["new"], b"x" * 32, bytes(link.fingerprint)):
        assert secret.hex() not in said
        assert secret.decode("latin-1") not in said
    stored = bytes(FingerprintKey.objects.get().check_value)
    assert len(stored) == 32
    assert KEYS["old"] not in stored


def test_a_process_compares_once_and_again_only_for_other_keys(
    settings: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_num_queries: pytest.FixtureRequest,
) -> None:
    monkeypatch.setattr(fingerprint_keys._Compared, "keys", None)
    first = settings.FINGERPRINT_KEYS = keys("old")  # type: ignore[attr-defined]
    assert fingerprint_keys.keys_in_use() is first
    with django_assert_num_queries(0):  # type: ignore[operator]
        assert fingerprint_keys.keys_in_use() is first
    settings.FINGERPRINT_KEYS = keys(old=b"x" * 32)  # type: ignore[attr-defined]
    for _ in range(2):
        with pytest.raises(FingerprintKeysUnfit):
            fingerprint_keys.keys_in_use()
