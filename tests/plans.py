"""How PostgreSQL would answer a query on a table that is large: by which indexes."""

from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet


def plan_of(rows: QuerySet[Any]) -> str:
    """Give the plan for rows that are too many to be read through or sorted."""
    with transaction.atomic(), connection.cursor() as cursor:
        for way in ("seqscan", "sort", "bitmapscan"):
            cursor.execute(f"SET LOCAL enable_{way} = off")
        plan: str = rows.explain()
        for way in ("seqscan", "sort", "bitmapscan"):
            cursor.execute(f"SET LOCAL enable_{way} = on")
    return plan
