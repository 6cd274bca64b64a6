import base64
import os
import secrets
import signal
import sys
import time
from typing import Any, cast

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.backends.postgresql.base import DatabaseWrapper

from accounts.models import Organisation
from devtools import environment, hr_export, messages
from devtools.demo import DATABASE_IS_GIVEN, STARTED, page, parts, ports
from devtools.demo.processes import ProcessEnded, Processes
from devtools.seed import APP_SECRET, ORGANISATIONS, seed

HR_EXPORT = "hr-export.csv"
ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Command(BaseCommand):
    help = "Runs the whole portal on this machine: database, mail, ID-porten stand-in, queue, web."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        ports.add_options(parser, os.environ)

    def handle(self, *args: Any, **options: Any) -> None:
        chosen = ports.read(options)
        data = environment.DATA_DIR
        for number in ENDING_SIGNALS:
            if signal.getsignal(number) != signal.SIG_IGN:  # as nohup leaves it
                signal.signal(number, _end_in_order)
        children = Processes(
            logs=data / "logs", environment=parts.settings(chosen, data, os.environ)
        )
        with children:
            try:
                self._start(children, chosen)
                children.watch()
            except ProcessEnded as error:
                sys.exit(str(error))
            except KeyboardInterrupt:
                _say("Ending: the queue's worker finishes what it has begun …")
        _say("Ended.")

    def _start(self, children: Processes, chosen: ports.Ports) -> None:
        data = environment.DATA_DIR
        password = environment.secret("administrator_password", _new_password)
        app_secret = environment.secret(APP_SECRET, _new_app_secret)
        _say("Starting the ID-porten stand-in and the mail inbox …")
        children.start(*parts.around(chosen, data))
        hr_export.write(data / HR_EXPORT)
        _say("Preparing the database …")
        prepare_database(port=chosen.portal, administrator_password=password, app_secret=app_secret)
        messages.compile_all()
        _say("Starting the queue and the web server …")
        children.start(*parts.portal(chosen, data))
        children.wait_until_ready()
        seconds = time.monotonic() - STARTED
        _say(
            page.running(
                chosen,
                password=password,
                database=database_name(),
                logs=data / "logs",
                hr_export=data / HR_EXPORT,
                seconds=seconds,
            )
        )


def _say(text: str) -> None:
    print(text, flush=True)


def _end_in_order(*_signal: Any) -> None:
    """Leave by KeyboardInterrupt, once: a second Ctrl-C must not leave things running."""
    for number in ENDING_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def _new_password() -> str:
    return secrets.token_urlsafe(12)


def _new_app_secret() -> str:
    return base64.b32encode(secrets.token_bytes(20)).decode()


def prepare_database(*, port: int, administrator_password: str, app_secret: str) -> None:
    """Migrate and seed, and leave no connection open: there will be forks.

    Raises:
        CommandError: the database is somebody's real one.
    """
    if DATABASE_IS_GIVEN:  # in its own, whoever tries the demo may set up what they like
        refuse_real_data()
    call_command("migrate", verbosity=0, interactive=False)
    seed(port=port, administrator_password=administrator_password, app_secret=app_secret)
    cast(DatabaseWrapper, connections[DEFAULT_DB_ALIAS]).close_pool()


def refuse_real_data() -> None:
    """Keep out of a database that DATABASE_URL happens to name and that holds other than ours."""
    if Organisation._meta.db_table not in connection.introspection.table_names():
        return
    others = Organisation.objects.exclude(slug__in=(*ORGANISATIONS, hr_export.SLUG))
    if others.exists():
        raise CommandError(
            f"The database holds other organisations than the demo's: {database_name()}. The demo "
            "would change it. Unset DATABASE_URL to get the demo's own."
        )


def database_name() -> str:
    """Name the database for a person, without its password."""
    if not DATABASE_IS_GIVEN:
        return f"embedded PostgreSQL, in {environment.DATA_DIR / 'postgres'}"
    place = connection.settings_dict
    return f"{place['NAME']} on {place['HOST']}, from DATABASE_URL"
