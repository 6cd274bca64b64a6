#!/usr/bin/env python
"""Django's command line. Without DATABASE_URL, and with DEBUG on, the embedded PostgreSQL answers."""

import atexit
import os
import sys
from pathlib import Path


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    if len(sys.argv) > 1 and sys.argv[1] == "demo":
        # The demo is made to be tried: it brings its own surroundings, before any setting is read.
        from devtools.demo import surroundings  # noqa: PLC0415  # development only

        surroundings.enter(sys.argv[2:])
    elif os.environ.get("DEBUG") and not (
        {"DATABASE_URL", "DATABASE_URL_FILE"} & os.environ.keys()
    ):
        from devtools import postgres  # noqa: PLC0415  # development only

        cluster = postgres.start(Path(__file__).resolve().parent / ".data" / "postgres")
        atexit.register(cluster.stop)
        os.environ["DATABASE_URL"] = cluster.ensure_database("kobling")

    from django.core.management import execute_from_command_line  # noqa: PLC0415  # after the above

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
