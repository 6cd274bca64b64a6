"""Databases of a bench's own, on whatever server DATABASE_URL names; gone after it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import psycopg
from psycopg import sql


@contextmanager
def own_database(server_url: str, purpose: str, *, copy_of: str = "") -> Iterator[str]:
    """Make a database beside the one that `server_url` names; gives its DATABASE_URL.

    It is empty, or a copy of the one with the URL `copy_of`, which nobody may be using.
    """
    name = f"kobling_bench_{os.getpid()}_{purpose}"
    _drop(server_url, name)  # of a run that was killed, and had our number
    template = urlsplit(copy_of).path.removeprefix("/") if copy_of else "template1"
    _execute(server_url, "CREATE DATABASE {} TEMPLATE {}", name, template)
    try:
        yield urlsplit(server_url)._replace(path=f"/{name}").geturl()
    finally:
        _drop(server_url, name)


def _drop(server_url: str, name: str) -> None:
    _execute(server_url, "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


def _execute(server_url: str, statement: str, *names: str) -> None:
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
