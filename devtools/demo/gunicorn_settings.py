"""gunicorn in the demo: its log never has a query, which can hold a code or a state.

gunicorn quotes the address of a request that it cannot read, or that fails before Django has it.
"""

import logging
import re
from typing import Any

_QUERY = re.compile(r"\?[^\s'\"]*")


def without_query(record: logging.LogRecord) -> bool:
    """Cut the queries from a record's text; as a filter, keeps every record."""
    record.msg, record.args = _QUERY.sub("?…", record.getMessage()), None
    return True


def on_starting(server: Any) -> None:
    server.log.error_log.addFilter(without_query)
