"""Where employees sign in, one after the other: half of them at random, half as they expire."""

import json
import random
import sys
import time
from datetime import datetime
from typing import Any

import django
from django.db import connection

from devtools.bench.stale_links import rows

SEED = 20260101
# Whoever the worker has in its hands now, or will have next.
_NEXT_TO_EXPIRE = """
    SELECT encode(fingerprint, 'hex'), organisation_id FROM linking_linkedidentity
    WHERE state IN ('pending', 'active') ORDER BY expires_at LIMIT 1 OFFSET %s
"""
AHEAD = 2000  # links


class Door:
    def __init__(self) -> None:
        # Django's models can be imported only when it has been set up.
        from accounts.models import Organisation  # noqa: PLC0415

        self._chance = random.Random(SEED)  # noqa: S311  who comes, no secret
        self._organisations = {each.slug: each for each in Organisation.objects.all()}
        self._by_id = {each.pk: each for each in self._organisations.values()}

    def let_in(self, *, number: int, links: int, now: datetime) -> dict[str, Any]:
        """Sign in so many times; gives what each lasted, and how many found their link gone."""
        times, gone = [], 0
        for visit in range(number):
            organisation, whose = self._anybody(links) if visit % 2 else self._next(links)
            began = time.perf_counter()
            came_in = self._sign_in(organisation, whose, now)
            times.append((time.perf_counter() - began) * 1000)
            gone += not came_in
        return {"times": times, "gone": gone}

    def _anybody(self, links: int) -> tuple[Any, str]:
        number = self._chance.randrange(links)
        slug = f"kommune-{number % rows.ORGANISATIONS}"
        return self._organisations[slug], rows.fingerprint(number).hex()

    def _next(self, links: int) -> tuple[Any, str]:
        with connection.cursor() as cursor:
            cursor.execute(_NEXT_TO_EXPIRE, [self._chance.randrange(AHEAD)])
            found = cursor.fetchone()
        return (self._by_id[found[1]], found[0]) if found else self._anybody(links)

    def _sign_in(self, organisation: Any, whose: str, now: datetime) -> bool:
        from linking import actions  # noqa: PLC0415
        from linking.persons import EidPerson  # noqa: PLC0415

        person = EidPerson(
            fingerprints={rows.KEY_ID: whose},
            birth_date="",
            given_name="",
            family_name="",
            level="high",
            eid="BankID",
        )
        return actions.sign_in(person, organisation=organisation, now=now) is not None


def main() -> None:
    django.setup()
    door = Door()
    for line in sys.stdin:
        asked = json.loads(line)
        answer = door.let_in(
            number=int(asked["number"]),
            links=int(asked["links"]),
            now=datetime.fromisoformat(asked["now"]),
        )
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
