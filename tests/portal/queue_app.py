"""A Celery app of its own for test_broker.py: tasks that leave a line, some after a while."""

import os
import time
from pathlib import Path

from celery import Celery

from portal import broker

broker.register()
app = Celery(
    "queue_app",
    set_as_current=False,  # else the portal's own tasks would be published by it
    broker="postgresql://",
    broker_transport_options={"visibility_timeout": float(os.environ.get("TEST_LEASE", "90"))},
    broker_connection_retry_on_startup=True,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_ignore_result=True,
    worker_prefetch_multiplier=1,
    worker_enable_remote_control=False,
)


@app.task(name="leave")
def leave(folder: str, name: str) -> None:
    with (Path(folder) / "done").open("a") as done:
        done.write(f"{name}\n")


@app.task(name="leave_slowly")
def leave_slowly(folder: str, name: str) -> None:
    """Say that it begins, and end when the file `go` is there."""
    with (Path(folder) / "begun").open("a") as begun:
        begun.write(f"{name}\n")
    while not (Path(folder) / "go").exists():
        time.sleep(0.02)
    leave(folder, name)
