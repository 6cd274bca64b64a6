"""What the person at the terminal reads when all is running."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from devtools.demo.launch import LAST_LINE
from devtools.demo.ports import Ports
from devtools.hr_export import NAME, SLUG
from devtools.people import SAMPLE_PEOPLE, SamplePerson
from devtools.seed import ADMINISTRATOR, ORGANISATIONS

PEOPLE_SHOWN = 2  # of each organisation


def address(slug: str, ports: Ports) -> str:
    return f"http://{slug}.localhost:{ports.portal}/"


def running(
    ports: Ports, *, password: str, database: str, logs: Path, hr_export: Path, seconds: float
) -> str:
    """Give the page; its first line tells that the demo is ready, and after how long."""
    first = address(next(iter(ORGANISATIONS)), ports)
    people = "\n".join(
        f"    {f'{person.given_name} {person.family_name}':<24}{person.email}"
        for slug in ORGANISATIONS
        for person in _people_of(slug)
    )
    return f"""
Kobling is ready after {seconds:.1f} s.

  Sign in      {"\n               ".join(address(slug, ports) for slug in ORGANISATIONS)}
  Mail inbox   http://127.0.0.1:{ports.inbox}/
  Admin        {first}admin/   user {ADMINISTRATOR}   password {password}
               its second factor: http://127.0.0.1:{ports.inbox}/authenticator

  Sign in with ID-porten, choose BankID, and be one of these (all are fictional):

{people}

  Then give the e-mail, and fetch the code from the mail inbox.

  To set up an employer yourself: the stand-in knows {SLUG}.localhost:{ports.portal}
  already, and this is what HR has on {NAME}'s 507 people: {hr_export}

  Database     {database}
  Logs         {logs}

{LAST_LINE}
"""


def _people_of(slug: str) -> Iterator[SamplePerson]:
    return islice((p for p in SAMPLE_PEOPLE if p.organisation_slug == slug), PEOPLE_SHOWN)
