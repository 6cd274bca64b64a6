"""Wake-ups for the workers. A lost one costs seconds: the sweep takes whatever lies in the rows."""

from functools import partial
from uuid import UUID

from celery import current_app
from django.db import transaction

SEND_CODE = "linking.tasks.send_code"
DELIVER_MAIL = "linking.tasks.deliver_mail"
WORK_ON_IMPORT = "linking.tasks.work_on_import"


def wake(task: str, row: UUID, *, after_seconds: float = 0) -> None:
    """Ask for `task` on a row once the transaction has committed. Ids only: no code, no name.

    `robust`: a broker that is down is logged, and the page goes on.
    """
    publish = partial(current_app.send_task, task, args=[str(row)], countdown=after_seconds or None)
    transaction.on_commit(publish, robust=True)
