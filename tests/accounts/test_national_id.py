import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.national_id import FingerprintKeys, NationalId, NotANationalId
from devtools.people import SAMPLE_PEOPLE, SamplePerson

KEYS = FingerprintKeys({"new": b"n" * 32, "old": b"o" * 32})
FROM_DIGDIR = ["21879498012", "47906701517", "28876895937", "28816196088", "05895894984"]
FROM_2032 = ["02013299997", "02013299903", "30108299939"]


@pytest.mark.parametrize("index", range(len(FROM_DIGDIR + FROM_2032)))
def test_published_sample_numbers_have_valid_check_digits(index: int) -> None:
    assert NationalId.parse((FROM_DIGDIR + FROM_2032)[index]).has_valid_check_digits


@pytest.mark.parametrize("index", range(len(FROM_DIGDIR)))
def test_another_last_digit_is_not_valid(index: int) -> None:
    number = FROM_DIGDIR[index]
    other = number[:-1] + str((int(number[-1]) + 1) % 10)
    assert not NationalId.parse(other).has_valid_check_digits


@pytest.mark.parametrize("person", SAMPLE_PEOPLE, ids=lambda person: person.employee_number)
def test_the_sample_people_are_synthetic_and_born_when_they_say(person: SamplePerson) -> None:
    number = NationalId.parse(person.national_id)
    assert number.is_synthetic
    assert number.has_valid_check_digits
    assert number.birth_date() == person.birth_date
    assert 80 < int(person.national_id[2:4]) <= 92


def test_a_d_number_tells_its_birth_date() -> None:
    number = NationalId.parse(FROM_DIGDIR[1])
    assert number.is_d_number
    assert str(number.birth_date()) == "1967-10-07"


@pytest.mark.parametrize(
    "text",
    ["", "1234567890", "123456789012", "2187949801x", "２１８７９４９８０１２", None, 21879498012],
)
def test_only_eleven_ascii_digits_are_a_number(text: object) -> None:
    with pytest.raises(NotANationalId) as refused:
        NationalId.parse(text)
    assert str(text) not in str(refused.value) or not text


@given(st.from_regex(r"\A[0-9]{11}\Z"))
def test_any_eleven_digits_can_be_asked_and_are_never_shown(digits: str) -> None:
    number = NationalId.parse(digits)
    number.birth_date()
    assert digits not in f"{number} {number!r} {number.fingerprint(KEYS)!r}"


def test_fingerprints_differ_by_key_and_the_current_comes_first() -> None:
    number = NationalId.parse(FROM_DIGDIR[0])
    new, old = number.fingerprints(KEYS)
    assert new == number.fingerprint(KEYS)
    assert (new.key_id, old.key_id) == ("new", "old")
    assert new.digest != old.digest


def test_keys_are_never_shown() -> None:
    assert "nnn" not in repr(KEYS)
