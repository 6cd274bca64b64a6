from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from linking import codes

KEY = b"k" * 32


@given(st.uuids())
def test_a_code_is_six_digits_and_the_same_each_time(request: UUID) -> None:
    code = codes.make_code(request, key=KEY)
    assert codes.is_code_shaped(code)
    assert codes.make_code(request, key=KEY) == code


@given(st.uuids(), st.uuids())
def test_a_hash_is_good_for_its_own_request_only(one: UUID, other: UUID) -> None:
    stored = codes.hash_code("123456", one, key=KEY)
    assert codes.is_right("123456", one, stored=stored, key=KEY)
    assert not codes.is_right("123457", one, stored=stored, key=KEY)
    assert codes.is_right("123456", other, stored=stored, key=KEY) == (one == other)


def test_a_code_under_another_key_is_wrong() -> None:
    request = UUID(int=1)
    stored = codes.hash_code("123456", request, key=KEY)
    assert not codes.is_right("123456", request, stored=stored, key=b"x" * 32)


def test_where_no_code_was_made_none_is_right() -> None:
    assert not any(
        codes.is_right(f"{number:06d}", UUID(int=1), stored=None, key=KEY) for number in range(500)
    )


def test_codes_are_spread_over_the_whole_million() -> None:
    tens = {int(codes.make_code(UUID(int=number), key=KEY)) // 100_000 for number in range(300)}
    assert tens == set(range(10))
