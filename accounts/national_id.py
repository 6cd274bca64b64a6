"""The national identity number as a value: read, asked, and kept only as a keyed fingerprint.

Plain Python: no Django, no database. About 23 million numbers are valid, so a plain or salted hash
of one *is* the number; only a keyed MAC hides it (threats.md A-32).
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

_SYNTHETIC_MONTHS = (80, 65, 40)
_K1_WEIGHTS = (3, 7, 6, 1, 8, 9, 4, 5, 2)
_K2_WEIGHTS = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)


# Eleven digits, however they are parted: it may be somebody's identity number, or hold one.
_ELEVEN = re.compile(r"\d(?:[\W_]*\d){10}")


class NotANationalId(ValueError):
    """The text is not eleven ASCII digits. Its message never quotes the text."""


def may_hold_number(text: str) -> bool:
    """Whether what was typed may be an identity number, or hold one: rather too often than not."""
    return _ELEVEN.search(text) is not None


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """HMAC-SHA256 of a number, and the id of the key that made it."""

    key_id: str
    digest: bytes


@dataclass(frozen=True, slots=True, repr=False)
class FingerprintKeys:
    """The keys that fingerprint numbers: the first is current, the others live in a rotation."""

    keys: Mapping[str, bytes]

    @property
    def current_id(self) -> str:
        return next(iter(self.keys))

    def __repr__(self) -> str:
        return f"FingerprintKeys({', '.join(self.keys)})"


@dataclass(frozen=True, slots=True, repr=False)
class NationalId:
    """A fødselsnummer or D-number. Printing one shows nothing."""

    _digits: str

    @classmethod
    def parse(cls, text: object) -> "NationalId":
        """Read eleven ASCII digits; check digits are not asked: a signed number is never refused.

        Raises:
            NotANationalId: anything else, other digits of Unicode too.
        """
        if not isinstance(text, str) or not re.fullmatch(r"[0-9]{11}", text):
            raise NotANationalId("not eleven digits")
        return cls(text)

    def __repr__(self) -> str:
        return "NationalId(***********)"

    __str__ = __repr__

    @property
    def is_d_number(self) -> bool:
        """Whether the number is a D-number: its first digit has 4 added."""
        return self._digits[0] in "4567"

    @property
    def is_synthetic(self) -> bool:
        """Whether the month is above 12, as in every number made for tests."""
        return int(self._digits[2:4]) > 12

    @property
    def has_valid_check_digits(self) -> bool:
        """Whether both check digits fit; the first may leave 0 to 3 over from 2032 on."""
        digits = [int(digit) for digit in self._digits]
        first = sum(w * d for w, d in zip(_K1_WEIGHTS, digits, strict=False)) + digits[9]
        second = sum(w * d for w, d in zip(_K2_WEIGHTS, digits, strict=False)) + digits[10]
        return first % 11 in (0, 1, 2, 3) and second % 11 == 0

    def birth_date(self) -> date | None:
        """Give the birth date, or None where the number does not tell one.

        The century is read from the individual number, as Skatteetaten assigns them for numbers
        issued before 2032.
        """
        day = int(self._digits[0:2]) - (40 if self.is_d_number else 0)
        month = int(self._digits[2:4])
        for offset in _SYNTHETIC_MONTHS:
            if month > offset:
                month -= offset
                break
        year = _full_year(int(self._digits[4:6]), int(self._digits[6:9]))
        try:
            return date(year, month, day) if year else None
        except ValueError:
            return None

    def fingerprint(self, keys: FingerprintKeys) -> Fingerprint:
        """Give the fingerprint under the current key."""
        return self._under(keys, keys.current_id)

    def fingerprints(self, keys: FingerprintKeys) -> list[Fingerprint]:
        """Give the fingerprints under every live key, the current one first."""
        return [self._under(keys, key_id) for key_id in keys.keys]

    def _under(self, keys: FingerprintKeys, key_id: str) -> Fingerprint:
        digest = hmac.digest(keys.keys[key_id], self._digits.encode(), hashlib.sha256)
        return Fingerprint(key_id=key_id, digest=digest)


def _full_year(year: int, individual: int) -> int | None:
    if individual < 500:
        return 1900 + year
    if individual < 750 and year >= 54:
        return 1800 + year
    if year < 40:
        return 2000 + year
    if individual >= 900:
        return 1900 + year
    return None
