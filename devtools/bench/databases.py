"""Databases of a bench's own, on whatever server DATABASE_URL names; gone after it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import psycopg
from psycopg import sql


@contextmanager
def own_database(server_url: str, purpose: str) -> Iterator[str]:
    """Make an empty database beside the one that `server_url` names; gives its DATABASE_URL."""
    name = f"kobling_bench_{os.getpid()}_{purpose}"
    _drop(server_url, name)  # of a run that was killed, and had our number
    _execute(server_url, "CREATE DATABASE {}", name)
    try:
        yield urlsplit(server_url)._replace(path=f"/{name}").geturl()
    finally:
        _drop(server_url, name)


def _drop(server_url: str, name: str) -> None:
    _execute(server_url, "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


def _execute(server_url: str, statement: str, name: str) -> None:
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(sql.Identifier(name)))
