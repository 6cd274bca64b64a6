"""The canary's search can find what it looks for: each spelling is planted once, and found."""

import base64
from urllib.parse import quote

import pytest

from tests.attacks.spellings import code_spellings, found_in, number_spellings
from tests.journeys.visitor import INGRID

NUMBER, CODE = INGRID.national_id, "048151"
NUMBER_FORMS, CODE_FORMS = number_spellings(NUMBER), code_spellings(CODE)
HARMLESS = b"2026-11-24 16:12:33.048151+00 kobling/1 6 INFO linking: done 0192f7c1-aa10-7000"


@pytest.mark.parametrize(("name", "form"), NUMBER_FORMS, ids=[name for name, _ in NUMBER_FORMS])
def test_a_planted_number_is_found(name: str, form: bytes) -> None:
    """A-30."""
    assert name in found_in(HARMLESS + form + HARMLESS, NUMBER_FORMS)


@pytest.mark.parametrize(("name", "form"), CODE_FORMS, ids=[name for name, _ in CODE_FORMS])
def test_a_planted_code_is_found(name: str, form: bytes) -> None:
    """A-31."""
    assert name in found_in(HARMLESS + b"code=" + form + HARMLESS, CODE_FORMS)


@pytest.mark.parametrize("before", range(6))
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_it_is_found_wherever_in_base64_it_stands(before: int, encode: object) -> None:
    """A-30: as in the payload of a token, or the body of a queue's message."""
    text = b"\xfb" * before + NUMBER.encode() + b"\xff and more"
    assert found_in(encode(text), NUMBER_FORMS)  # type: ignore[operator]


@pytest.mark.parametrize(
    "text",
    [
        quote(f"x {NUMBER[:6]} {NUMBER[6:]}"),
        NUMBER.encode().hex().upper(),
        f"{NUMBER[:6]}–{NUMBER[6:]}",
        " ".join((NUMBER[:2], NUMBER[2:4], NUMBER[4:6], NUMBER[6:])),
    ],
)
def test_what_people_and_programs_make_of_it_is_found(text: str) -> None:
    """A-30."""
    assert found_in(text.encode(), NUMBER_FORMS)


def test_a_moment_is_no_code() -> None:
    """A-31: a timestamp may have the code's digits as its microseconds."""
    assert not found_in(HARMLESS, CODE_FORMS)
    assert not found_in(HARMLESS, NUMBER_FORMS)
