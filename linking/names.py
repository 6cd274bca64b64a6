"""May the name an eID gives and the name HR registered be one person's? Plain Python.

Registers write one name in many ways, while brothers and sisters differ by one word. So the rule
is not likeness: the words of the shorter part must all be found, in order, in the longer. A
mismatch accuses nobody (people marry): what follows from one is the organisation's to decide.
"""

import re
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple
from unicodedata import normalize

type Words = tuple[str, ...]

_BETWEEN_WORDS = re.compile(r"[\s.,\u00ad\u2010-\u2015-]+")
# Marks are dropped from Latin letters only: elsewhere they make another letter, й of и. Nothing is
# transliterated, and look-alikes stay apart: a Cyrillic а is no a.
_MARKS = re.compile("(?<=[a-z])[\u0300-\u036f]+")
# Yıldız is YILDIZ in upper case, as eIDs write it: there, ı and i are one letter.
_PLAIN = {"œ": "oe", "þ": "th"} | dict(zip("đðŋŧłı", "ddntli", strict=True))
_PLAIN |= dict.fromkeys("'`´ʹʻʼ‘’′", "")
# Åsen is Aasen or Asen, Bjørn is Bjoern or Bjorn; but Aasen is not Asen, nor is Moe Mo. A name
# keeps to one of the ways. The last leaves Æ one letter, for initials.
_OTHERS = "oe oe ae ue ae", "o o a u ae", "o o a u æ"
_WAYS = [f"{ring} {others}".split() for ring, others in product(("aa", "a"), _OTHERS)]
_SPELLINGS = [str.maketrans(_PLAIN | dict(zip("åøöäüæ", way, strict=True))) for way in _WAYS]


@dataclass(frozen=True, slots=True)
class PersonName:
    """A name in the two columns that registers have; middle names stand in either."""

    given: str
    family: str


def names_agree(eid: PersonName, registered: PersonName) -> bool:
    """Whether both may be one person's; never where a given or a family name is missing.

    Either may leave out given names, or one of several family names. What is left must share a
    family name in full, and a given name in full or the first one's initial. Takes any text; the
    answer is the same whichever side comes first.
    """
    spelt = product(_spellings(eid), _spellings(registered))
    pairs = ((one.joined_like(other), other.joined_like(one)) for one, other in spelt)
    return any((_givens_fit(*pair) and _families_fit(*pair)) or _turned(*pair) for pair in pairs)


class _Parts(NamedTuple):
    given: Words
    family: Words

    def joined_like(self, other: "_Parts") -> "_Parts":
        """Make «Anne Marie» one word where the other side has «Annemarie»."""
        wanted = {*other.given, *other.family}
        return _Parts(_joined(self.given, wanted), _joined(self.family, wanted))


def _givens_fit(one: _Parts, other: _Parts) -> bool:
    """Kari Anne is Kari, and is not Anne Lise; «Ola K.» is not Kari, though «K.» may be."""
    mine, theirs = _but_middle(one.given, other.family), _but_middle(other.given, one.family)
    return _nest(mine, theirs) and (
        mine[0] in theirs or theirs[0] in mine or _may_be(mine[0], theirs[0])
    )


def _families_fit(one: _Parts, other: _Parts) -> bool:
    """Anne / Hansen Olsen is Anne Hansen / Olsen: a middle name counts as either."""
    sides = (one.family, other.given[1:] + other.family), (other.family, one.given[1:] + one.family)
    return any(_within(few, many) and {*few} & {*many} for few, many in sides)


def _turned(one: _Parts, other: _Parts) -> bool:
    """Nordmann / Kari. No middle name moves: Ole / Hansen Olsen is not his sister Kari Hansen."""
    sides = (one.given, other.family), (one.family, other.given)
    return all(_nest(mine, theirs) and {*mine} & {*theirs} for mine, theirs in sides)


def _but_middle(given: Words, family: Words) -> Words:
    return given[:1] + tuple(word for word in given[1:] if word not in family)


def _nest(one: Words, other: Words) -> bool:
    return _within(one, other) or _within(other, one)


def _within(few: Words, many: Words) -> bool:
    rest = iter(many)  # goes on where the last word was found: that keeps the order
    return bool(few) and all(any(_may_be(word, each) for each in rest) for word in few)


def _may_be(one: str, other: str) -> bool:
    """The same, or its initial. Only letters that have cases are initials: 伟 is a whole name."""
    short, long = sorted((one, other), key=len)
    return one == other or (len(short) == 1 and short.islower() and long.startswith(short))


def _joined(words: Words, wanted: set[str]) -> Words:
    joined = []
    while words:
        run = next((words[:n] for n in (4, 3, 2) if "".join(words[:n]) in wanted), words[:1])
        joined.append("".join(run))
        words = words[len(run) :]
    return tuple(joined)


def _spellings(name: PersonName) -> set[_Parts]:
    given, family = name.given, name.family
    if not (_words(given) and _words(family)):
        # «Nordmann, Kari» in one column. Without a comma nobody can say which word is which.
        family, _, given = f"{given} {family}".partition(",")
    return {_Parts(_words(given, each), _words(family, each)) for each in _SPELLINGS}


def _words(text: str, spelling: dict[int, str] = _SPELLINGS[0]) -> Words:
    folded = normalize("NFC", normalize("NFD", text).casefold())
    plain = _MARKS.sub("", normalize("NFD", folded.translate(spelling)))
    return tuple(word for word in _BETWEEN_WORDS.split(plain) if any(map(str.isalpha, word)))
