"""Somebody signed in to the administration, who opens its pages and looks at the clock."""

import json
import sys
import time
from collections.abc import Iterable
from typing import Any

import django
from django.conf import settings
from django.db import connection

from devtools.bench.administration import pages

# Whom each viewer's role is for: an organisation's slug, or the whole portal.
PLACES = {
    pages.EVERYWHERE: ("administrator", ""),
    pages.ONE_LARGE: ("registrar", "kommune-0"),
    pages.ALL_LINKED: ("registrar", "kommune-1"),
    pages.ONE_SMALL: ("administrator", "kommune-7"),
    pages.SUPPORT: ("support", "kommune-0"),
}


class Statements:
    """How many there were, how long they took, and which took longest."""

    def __init__(self) -> None:
        self.number = 0
        self.seconds = self.longest = 0.0
        self.slowest = ""

    def __call__(self, execute: Any, sql: str, params: Any, many: Any, context: Any) -> Any:
        began = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            took = time.perf_counter() - began
            self.number += 1
            self.seconds += took
            if took > self.longest:
                self.longest, self.slowest = took, sql


def measure(viewer: str, *, runs: int, warm_up: int) -> list[dict[str, Any]]:
    """Give, of each page, the times of `runs` rounds in milliseconds, and its statements."""
    client = signed_in(viewer)
    every = pages.pages(viewer, employee=_somebody(viewer), campaign=_campaign(viewer))
    return opened(client, every, runs, warm_up)


def opened(
    client: Any, every: Iterable[pages.Page], runs: int, warm_up: int
) -> list[dict[str, Any]]:
    """Open each page so many times, and look at the clock."""
    found = []
    for page in every:
        if page.is_deep and client.get(page.address).status_code == 302:
            continue  # so few rows
        statements = Statements()
        times = []
        for turn in range(warm_up + runs):
            statements = Statements()
            with connection.execute_wrapper(statements):
                began = time.perf_counter()
                answer = client.get(page.address)
                took = (time.perf_counter() - began) * 1000
            if answer.status_code != 200:
                raise RuntimeError(f"{page.address} answered {answer.status_code}")
            if turn >= warm_up:
                times.append(took)
        found.append(
            {
                "page": page.name,
                "times": times,
                "statements": statements.number,
                "in_the_database_ms": statements.seconds * 1000,
                "slowest": statements.slowest,
            }
        )
    return found


# As if a quarter of a year had been counted: what the plot reads.
_DAYS_BEFORE = """
    INSERT INTO linking_dailyfigures
        (organisation_id, day, employed, linked, invited, stale_soon, counted_at)
    SELECT organisation_id, day - n, employed, linked * (100 - n) / 100, invited, stale_soon,
        counted_at
    FROM linking_dailyfigures, generate_series(1, 90) n
    WHERE day = (SELECT max(day) FROM linking_dailyfigures)
    ON CONFLICT DO NOTHING
"""


def count_figures() -> None:
    """Make what the first page shows, as the task does."""
    # Django's models can be imported only when it has been set up.
    from django.utils import timezone  # noqa: PLC0415

    from linking import actions  # noqa: PLC0415

    actions.count_figures(now=timezone.now())
    with connection.cursor() as cursor:
        cursor.execute(_DAYS_BEFORE)
        cursor.execute("ANALYZE linking_dailyfigures, linking_departmentfigures")


def signed_in(viewer: str) -> Any:
    """Give a browser of somebody with the viewer's role."""
    # Django's models can be imported only when it has been set up.
    from allauth.account.internal.flows.login import record_authentication  # noqa: PLC0415
    from django.http import HttpRequest  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from accounts.administrators.gate import LOCAL_BACKEND  # noqa: PLC0415
    from accounts.models import Organisation, RoleGrant, User  # noqa: PLC0415
    from accounts.purposes.choices import Purpose, Why  # noqa: PLC0415
    from accounts.purposes.standing import hold  # noqa: PLC0415

    role, slug = PLACES[viewer]
    user, _made = User.objects.get_or_create(
        username=f"{role} {slug}", defaults={"is_staff": True, "password": "!"}
    )
    RoleGrant.objects.get_or_create(
        user=user,
        role=role,
        organisation=Organisation.objects.filter(slug=slug).first(),
        defaults={"granted_at": timezone.now(), "granted_by": "system"},
    )
    client = Client(headers={"host": "127.0.0.1", "accept-language": "nb"})
    client.force_login(user, backend=LOCAL_BACKEND)
    request = HttpRequest()
    request.session = client.session
    record_authentication(request, user, "mfa", type="totp")
    hold(request.session, Why(Purpose.CONTROL), None, now=timezone.now())
    request.session.save()
    return client


def _somebody(viewer: str) -> str:
    from accounts.models import Employee  # noqa: PLC0415

    linked = Employee.objects.filter(organisation__slug=_slug(viewer), links__isnull=False)
    return str(linked[:1].get().pk)


def _campaign(viewer: str) -> str:
    from linking.models import Campaign  # noqa: PLC0415

    return str(Campaign.objects.filter(organisation__slug=_slug(viewer))[:1].get().pk)


def _slug(viewer: str) -> str:
    return PLACES[viewer][1] or "kommune-0"


def main() -> None:
    django.setup()
    settings.DEBUG = False  # else each statement is written out and kept, as in no production
    for line in sys.stdin:
        count_figures()
        asked = json.loads(line)
        answer = measure(asked["viewer"], runs=int(asked["runs"]), warm_up=int(asked["warm_up"]))
        print(json.dumps({"pages": answer}), flush=True)


if __name__ == "__main__":
    main()
