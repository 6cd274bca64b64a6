"""The portal's own import: read, compare, apply, an event for each person."""

import sys
from pathlib import Path

import django
from django.conf import settings
from django.utils import timezone

from devtools.bench.importing import files
from devtools.bench.importing.meter import measured


def main() -> None:
    django.setup()
    settings.DEBUG = False  # it would keep every statement
    # Django's models can be imported only when it has been set up.
    from accounts.imports.actions import apply_import, read_people  # noqa: PLC0415
    from accounts.models import Organisation  # noqa: PLC0415

    organisation = Organisation.objects.get(slug=files.SLUG)

    def work() -> None:
        now = timezone.now()
        with (Path(sys.argv[1]) / "people.csv").open("rb") as file:
            people = read_people(file, keys=settings.FINGERPRINT_KEYS, now=now)
        apply_import(organisation, people, by="bench", now=now)

    measured(work)


if __name__ == "__main__":
    main()
