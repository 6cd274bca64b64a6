"""A connection beside Django's, to the same database: somebody else who is at work there."""

from typing import Any

import psycopg
from django.db import connection


def another_connection() -> psycopg.Connection[Any]:
    """Open one; used as a context, it ends its transaction and closes."""
    known = connection.get_connection_params()
    wanted = ("host", "port", "user", "password", "dbname")
    return psycopg.connect(**{name: known[name] for name in wanted if name in known})
