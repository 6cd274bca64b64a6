"""What was typed into the search field, recognised. Plain Python: no database, no Django."""

import re
from dataclasses import dataclass
from enum import StrEnum
from itertools import product

from accounts.addresses import fold_email
from accounts.national_id import may_hold_number
from audit.log import REFERENCE_ALPHABET

LONGEST = 254
_MOST_WORDS = 5
_MOST_SPELLINGS = 16
_PARTING = re.compile(r"[\s.\u00ad\u2010-\u2015\u2212-]+")
# References have no letters that look alike: what they may have been read or heard as.
_MEANT = {"0": "QD", "O": "QD", "1": "7J", "I": "J7", "L": "7J", "U": "V"}


class Kind(StrEnum):
    """What the log calls it; the text itself is nowhere but in the page that comes back."""

    NOTHING = "nothing"
    IDENTITY_NUMBER = "identity-number"
    EMAIL = "e-mail"
    REFERENCE = "reference"
    NAME = "name"
    """A name or an employee number."""


@dataclass(frozen=True, slots=True)
class Typed:
    """What to look for. A surname of six letters may be a reference: then it is both."""

    kind: Kind
    text: str = ""
    references: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


def recognise(text: str) -> Typed:
    """Tell what was typed. An identity number is taken no further: the answer is without it."""
    text = " ".join(text.replace("\0", " ").split())
    if not text:
        return Typed(Kind.NOTHING)
    if may_hold_number(text):
        return Typed(Kind.IDENTITY_NUMBER)
    if "@" in text:
        return Typed(Kind.EMAIL, text=fold_email(text))
    references = _references(text)
    exactly = len(references) == 1 and any(character.isdigit() for character in references[0])
    words = tuple(text.replace(",", " ").split()[:_MOST_WORDS])
    return Typed(
        Kind.REFERENCE if exactly else Kind.NAME, text=text, references=references, words=words
    )


def _references(text: str) -> tuple[str, ...]:
    """Give the references that `text` may spell, as they are stored; nearly always one or none."""
    letters = _PARTING.sub("", text).upper()
    if len(letters) != 6:
        return ()
    readings = [c if c in REFERENCE_ALPHABET else _MEANT.get(c, "") for c in letters]
    spellings = ["".join(each) for each in product(*readings)] if all(readings) else []
    if len(spellings) > _MOST_SPELLINGS:
        return ()
    return tuple(f"{each[:4]}-{each[4:]}" for each in spellings)
