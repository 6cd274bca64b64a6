"""The database role that can only add to the log, made by what the manual says."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from devtools.environment import BASE_DIR


@contextmanager
def only_adding() -> Iterator[str]:
    """Work as that role, under a name that no other run has; ends with the transaction."""
    text = (BASE_DIR / "docs/operations.md").read_text(encoding="utf-8")
    found = re.search(r"### A database role that can only add.*?```sql\n(.*?)```", text, re.DOTALL)
    assert found
    name = f"{connection.settings_dict['NAME']}_portal"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {name}")
        cursor.execute(found[1].replace("kobling_portal", name))
        cursor.execute(f"SET LOCAL ROLE {name}")
        yield name
        cursor.execute("RESET ROLE")


def not_let_erase(role: str) -> None:
    """Take from the role what the manual grants last, as where its SQL is of an older version."""
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
        cursor.execute(f"REVOKE EXECUTE ON FUNCTION audit_erase FROM {role}")
        cursor.execute(f"SET LOCAL ROLE {role}")
