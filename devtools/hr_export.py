"""An HR system's export for an employer whom the demo has not set up: 500 people, seven bad rows.

All of them are fictional, with synthetic numbers (month + 80), and the same each time.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import product
from operator import mul
from pathlib import Path
from random import Random

SLUG = "skogdal-kommune"
NAME = "Skogdal kommune"
PEOPLE = 500
WITHOUT_NUMBER = 5  # each fifth has neither number nor birth date, as from older HR systems
# As a Norwegian HR system calls them.
HEADER = (
    *("Ansattnr", "Fornavn", "Etternavn", "E-post"),
    *("Fødselsdato", "Fødselsnummer", "Avdeling", "Startdato"),
)
_GIVEN = (
    *("Anne", "Berit", "Cecilie", "Dagny", "Eirin", "Frøydis", "Guro", "Hedda", "Ida", "Jorunn"),
    *("Kjell", "Lars", "Magnus", "Njål", "Ole", "Per", "Roar", "Sverre", "Tor", "Øyvind"),
)
_FAMILY = (
    *("Almelid", "Bjørkhaug", "Dalsrud", "Eidsmo", "Fossli", "Granmo", "Heggelia", "Isdal"),
    *("Kleivane", "Lauvås", "Myrdal", "Nesheim", "Ospelien", "Rognlia", "Skoglund", "Tverrå"),
    *("Ulvestad", "Viksund", "Ystgård", "Åsmoen", "Ødegarden", "Haugstøl", "Brekkås", "Furulund"),
    "Selvik",
)
_DEPARTMENTS = ("Skole", "Helse og omsorg", "Barnehage", "Teknisk drift", "Kultur", "Økonomi")
_K1, _K2 = (3, 7, 6, 1, 8, 9, 4, 5, 2), (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)


@dataclass(frozen=True, slots=True)
class Exported:
    """One row, as the HR system writes it."""

    employee_number: str
    given_name: str
    family_name: str
    email: str
    born: str
    national_id: str
    department: str
    starts_on: str = "01.08.2019"

    def cells(self) -> tuple[str, ...]:
        return (
            *(self.employee_number, self.given_name, self.family_name, self.email),
            *(self.born, self.national_id, self.department, self.starts_on),
        )


def good_rows() -> list[Exported]:
    """Give the 500 who can be taken in."""
    random = Random(2026)  # noqa: S311 - the same people each time
    names = random.sample(list(product(_GIVEN, _FAMILY)), PEOPLE)
    return [_person(index, *name, random) for index, name in enumerate(names, start=1)]


def bad_rows() -> list[Exported]:
    """Give seven that are refused, each for another thing."""
    first, *_rest = good_rows()
    new = replace(first, employee_number="900", email="ny@skogdal-kommune.example", national_id="")
    return [
        replace(new, family_name=""),
        replace(new, employee_number="901", email="ingen adresse"),
        replace(new, employee_number="902", email="ny2@skogdal-kommune.example", born="31.02.1980"),
        replace(
            new, employee_number="903", email="ny3@skogdal-kommune.example", starts_on="1.8.19"
        ),
        replace(
            new,
            employee_number="904",
            email="ny4@skogdal-kommune.example",
            born="",
            national_id=_with_wrong_check_digit(first.national_id),
        ),
        replace(
            new,
            employee_number="905",
            email="ny5@skogdal-kommune.example",
            given_name="=HYPERLINK(0)",
        ),
        replace(new, employee_number="", email="ny6@skogdal-kommune.example"),
    ]


def write(path: Path) -> None:
    """Write the export as Excel saves it in Norway: semicolons, Windows-1252."""
    with path.open("w", encoding="cp1252", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(HEADER)
        writer.writerows(row.cells() for row in (*good_rows(), *bad_rows()))


def _person(index: int, given_name: str, family_name: str, random: Random) -> Exported:
    born = date(1958, 1, 1) + timedelta(days=random.randrange(41 * 365))
    known = index % WITHOUT_NUMBER != 0
    return Exported(
        employee_number=str(index),
        given_name=given_name,
        family_name=family_name,
        email=f"{_ascii(given_name)}.{_ascii(family_name)}@{SLUG}.example",
        born=f"{born:%d.%m.%Y}" if known else "",
        national_id=next(_numbers(born, random.randrange(400))) if known else "",
        department=random.choice(_DEPARTMENTS),
    )


def _ascii(name: str) -> str:
    return name.lower().translate(str.maketrans("æøå", "aoa"))


def _numbers(born: date, start: int) -> Iterator[str]:
    """Give the numbers of people born that day, before 2000: the three digits are below 500."""
    for individual in range(start, 500):
        begun = f"{born:%d}{born.month + 80:02}{born:%y}{individual:03}"
        digits = [int(digit) for digit in begun]
        for weights in (_K1, _K2):
            weighed = sum(map(mul, digits, weights))
            digits.append(-weighed % 11)
        if max(digits) < 10:
            yield "".join(map(str, digits))


def _with_wrong_check_digit(number: str) -> str:
    return number[:-1] + str((int(number[-1]) + 1) % 10)
