"""What gunicorn may write: never a query, which can hold a code or a state."""

import re
from typing import Any

from gunicorn.glogging import Logger

_QUERY = re.compile(r"\?[^\s'\"]*")


def without_query(value: object) -> object:
    """Cut the query from an address, in a text of any kind."""
    return _QUERY.sub("?…", value) if isinstance(value, str) else value


class PathOnlyLogger(Logger):
    """gunicorn's own, for requests that fail before Django sees them or that it cannot read."""

    def warning(self, msg: str, *args: Any, **kwargs: Any) -> None:
        super().warning(without_query(msg), *map(without_query, args), **kwargs)

    def exception(self, msg: str, *args: Any, **kwargs: Any) -> None:
        super().exception(without_query(msg), *map(without_query, args), **kwargs)
