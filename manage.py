#!/usr/bin/env python
"""Django's command line.

With DEBUG on, or for `demo`, missing settings and the database come from `devtools.environment`.
"""

import atexit
import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    if sys.argv[1:2] == ["demo"]:
        from devtools.demo import ports  # noqa: PLC0415  # not there in production

        os.environ.setdefault("DEBUG", "1")
        ports.refuse_busy(sys.argv[2:])
    if os.environ.get("DEBUG", "0") not in ("", "0"):
        from devtools import environment  # noqa: PLC0415  # not there in production

        environment.fill_in_settings(environment.DATA_DIR / "secrets")
        cluster = environment.fill_in_database(environment.DATA_DIR / "postgres")
        if cluster is not None:
            atexit.register(cluster.stop)

    from django.core.management import execute_from_command_line  # noqa: PLC0415  # reads settings

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
