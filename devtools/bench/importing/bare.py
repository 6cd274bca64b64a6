"""Bare COPY: rows with everything in them, straight into the table with its indexes and checks."""

import os
import sys
from pathlib import Path

import psycopg

from devtools.bench.importing import files
from devtools.bench.importing.meter import measured


def main() -> None:
    rows = Path(sys.argv[1]) / "rows.csv"

    def work() -> None:
        with (
            psycopg.connect(os.environ["DATABASE_URL"]) as connection,
            connection.cursor() as cursor,
            cursor.copy(files.COPY.encode()) as copy,
            rows.open("rb") as file,
        ):
            while part := file.read(2**16):
                copy.write(part)

    measured(work)


if __name__ == "__main__":
    main()
