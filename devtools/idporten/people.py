"""Who can sign in here: the demo's fictional people, or anybody with a synthetic number."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from devtools.people import SAMPLE_PEOPLE, SamplePerson


@dataclass(frozen=True)
class Person:
    """Somebody who holds electronic IDs. Without `pid` when the eID carries no Norwegian number."""

    pid: str | None
    given_name: str
    family_name: str
    group: str = ""
    """The organisation whose people stand together in the chooser: its slug."""
    email: str = ""
    birth_date: date | None = None

    @property
    def key(self) -> str:
        """What makes two sign-ins the same person's."""
        return self.pid or f"without number: {self.given_name} {self.family_name}"


WITHOUT_NUMBER = Person(None, "Utan", "Fødselsnummer")


def sample_people(people: Iterable[SamplePerson] = SAMPLE_PEOPLE) -> tuple[Person, ...]:
    """The demo's people, in the order of its list."""
    return tuple(
        Person(
            each.national_id,
            each.given_name,
            each.family_name,
            each.organisation_slug,
            each.email,
            each.birth_date,
        )
        for each in people
    )


def person_with_number(number: str, people: Iterable[Person]) -> Person:
    """The sample person who has this number, or else a nameless test person with it."""
    for person in people:
        if person.pid == number:
            return person
    return Person(number, "Syntetisk", "Testperson")
