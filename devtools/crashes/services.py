"""The services: `python -m devtools.crashes.services` keeps web, two workers and beat running.

Each is forked from this process, which has loaded the portal and opened nothing; one that dies is
started again, as a service manager would. It ends with its standard input.
"""

import os
import select
import signal
import sys
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import django

from devtools.crashes import points
from devtools.demo import processes

NAMES = ("web", "worker1", "worker2", "beat")
LOOK_SECONDS = 0.02
PORT_SETTING = "CRASHES_PORT"
# Times are shortened, the logic is not. A lease is still far longer than a task here.
LEASE_SECONDS = 3.0
SWEEP_AFTER_SECONDS = 0.5
SWEEP_EACH_SECONDS = 0.5
QUEUE_LEASE_SECONDS = 2


def main() -> None:
    os.environ["CELERY_SKIP_CHECKS"] = "true"  # once for a service is enough, and a second each
    django.setup()
    _load()
    folder = Path(os.environ[points.FOLDER_SETTING])
    running: dict[str, int] = {}
    while not _parent_is_done():
        for name in NAMES:
            if not _is_running(running.get(name)):
                running[name] = _fork(name, folder / f"{name}.log")
    for pid in running.values():
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)


def _load() -> None:
    """Import what the services need, once for all of them, and shorten the times."""
    import gunicorn.app.wsgiapp  # noqa: F401

    import portal.wsgi  # noqa: F401
    from linking import delivery
    from portal.broker import transport
    from portal.celery import app

    delivery.LEASE = timedelta(seconds=LEASE_SECONDS)
    delivery.SWEEP_AFTER = timedelta(seconds=SWEEP_AFTER_SECONDS)
    transport.LEASE_SECONDS = QUEUE_LEASE_SECONDS
    sweep = {"task": "linking.tasks.sweep_outbox", "schedule": SWEEP_EACH_SECONDS}
    app.conf.beat_schedule = {"sweep_outbox": sweep | {"options": {"expires": 10.0}}}
    app.loader.import_default_modules()


def _parent_is_done() -> bool:
    ready, _, _ = select.select([sys.stdin], [], [], LOOK_SECONDS)
    return bool(ready) and not os.read(sys.stdin.fileno(), 1)


def _is_running(pid: int | None) -> bool:
    if pid is None:
        return False
    ended, _status = os.waitpid(pid, os.WNOHANG)
    if ended:  # what it left of its group goes too, as with a service manager
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
    return not ended


def _fork(name: str, log: Path) -> int:
    pid = os.fork()
    if pid:
        return pid
    try:
        os.setsid()
        processes._die_with_parent()
        _write_to(log)
        points.put_in(name)
        _become(name, log.parent)
    except BaseException as error:  # noqa: BLE001  # nothing of the parent's may run in a child
        print(f"{name}: {error!r}", file=sys.stderr, flush=True)
    finally:
        os._exit(1)


def _write_to(log: Path) -> None:
    for stream in (sys.stdout, sys.stderr):
        with log.open("ab") as file:
            os.dup2(file.fileno(), stream.fileno())
    with Path(os.devnull).open() as nothing:
        os.dup2(nothing.fileno(), sys.stdin.fileno())


def _become(name: str, folder: Path) -> None:
    from portal.celery import app

    if name == "web":
        _serve()
    elif name == "beat":
        schedule = folder / "schedule"
        app.start(["beat", "--loglevel=INFO", f"--schedule={schedule}", "--pidfile="])
    else:
        quiet = ("--without-mingle", "--without-gossip", "--without-heartbeat")
        app.start(["worker", "--loglevel=INFO", "--concurrency=1", f"--hostname={name}@%h", *quiet])


def _serve() -> None:
    from gunicorn.app.wsgiapp import WSGIApplication

    bound = f"127.0.0.1:{os.environ[PORT_SETTING]}"
    sys.argv = ["gunicorn", "portal.wsgi", "--preload", "--no-control-socket", "--bind", bound]
    sys.argv += ["--worker-class", "gthread", "--workers", "1", "--threads", "4"]
    application: Any = WSGIApplication("%(prog)s [OPTIONS] [APP_MODULE]")
    application.run()


if __name__ == "__main__":
    main()
