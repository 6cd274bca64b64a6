"""The national identity numbers that are accepted here: synthetic ones with month + 80 only.

A real person's number must never end up in a test system, so it is refused at the door.
"""

import re

_K1_WEIGHTS = (3, 7, 6, 1, 8, 9, 4, 5, 2, 1)
_K2_WEIGHTS = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)
_DAYS_IN_MONTH = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


class NumberRefused(ValueError):
    """`reason` names the text that tells the person why; the number is not in the message."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def parse_synthetic_number(typed: str) -> str:
    """The eleven digits of a typed synthetic number, spaces allowed; NumberRefused otherwise."""
    number = re.sub(r"[\s\u00a0]", "", typed)
    if not re.fullmatch(r"[0-9]{11}", number):
        raise NumberRefused("number_not_eleven_digits")
    day, month = int(number[:2]), int(number[2:4])
    if not 81 <= month <= 92:
        raise NumberRefused("number_not_synthetic")
    day -= 40 if day > 40 else 0  # a D-number
    if not 1 <= day <= _DAYS_IN_MONTH[month - 81]:
        raise NumberRefused("number_not_a_date")
    if not _check_digits_fit(number):
        raise NumberRefused("number_check_digits")
    return number


def _check_digits_fit(number: str) -> bool:
    # The first remainder may be 0 to 3 in numbers issued from 2032; the second stays strict.
    return _remainder(number, _K1_WEIGHTS) <= 3 and _remainder(number, _K2_WEIGHTS) == 0


def _remainder(number: str, weights: tuple[int, ...]) -> int:
    return sum(int(digit) * weight for digit, weight in zip(number, weights, strict=False)) % 11
