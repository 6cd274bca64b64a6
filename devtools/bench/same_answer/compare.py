"""Measures a thousand rounds, and tells for each kind whether its times are another's."""

import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from devtools.bench import children, surroundings
from devtools.bench.databases import own_database
from devtools.bench.same_answer.smirnov import distance, holm, p_value
from devtools.environment import CLIENT_ID

HOSTS = "eksempel-kommune.localhost,stengt-kommune.localhost"
NOBODYS, CONTROL, FOUND = "nobody's", "nobody's again", "nobody's, looked up"
# What the child tells, in its order.
MEASURES = (
    "POST /link/",
    "POST /link/code/",
    "POST /link/ (processor)",
    "POST /link/code/ (processor)",
)
LEVEL = 0.01
NOT_OURS = ("CACHE_URL", "CELERY_BROKER_URL")

type Times = dict[str, dict[str, list[float]]]
"""Milliseconds, by measure and kind."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """The times of one kind beside those of an address that nobody has."""

    median_ms: float
    ratio_of_medians: float
    distance: float
    p: float
    p_corrected: float | None
    """By Holm, over every comparison but the lookup that has to be found."""

    @property
    def differs(self) -> bool:
        return (self.p if self.p_corrected is None else self.p_corrected) < LEVEL


@dataclass(frozen=True, slots=True)
class Sameness:
    """What came of it. It decides nothing; `tests/linking/test_enumeration.py` does."""

    bench: str
    what: str
    date: str
    machine: Mapping[str, str | int | float]
    versions: Mapping[str, str]
    runs: int
    warm_up: int
    level: float
    nobodys_median_ms: Mapping[str, float]
    measures: Mapping[str, Mapping[str, Comparison]]

    def save(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n")

    def text(self) -> str:
        return "\n".join([f"{self.bench}: {self.what}", f"{self.runs} rounds", *self._lines()])

    def _lines(self) -> Iterator[str]:
        for measure, kinds in self.measures.items():
            yield f"\n{measure}: {self.nobodys_median_ms[measure]:.3f} ms for an unknown address"
            yield f"  {'':<24}{'median':>8}{'ratio':>8}{'D':>8}{'p':>10}{'Holm':>10}"
            for kind, each in kinds.items():
                corrected = "" if each.p_corrected is None else f"{each.p_corrected:.3g}"
                yield (
                    f"  {kind:<24}{each.median_ms:>8.3f}{each.ratio_of_medians:>8.3f}"
                    f"{each.distance:>8.3f}{each.p:>10.3g}{corrected:>10}"
                    f"  {'DIFFERS' if each.differs else 'same'}"
                )


def run(*, server_url: str, runs: int, warm_up: int) -> Sameness:
    """Measure; the database is made on the PostgreSQL of `server_url` and is gone afterwards.

    Raises:
        ChildFailed: an answer was not the expected one, or the portal did not start.
    """
    with tempfile.TemporaryDirectory() as logs, _portal(server_url, Path(logs)) as child:
        rounds = [child.ask() for _ in range(runs + warm_up)][warm_up:]
    times: Times = {
        measure: {kind: [each[kind][place] / 1e6 for each in rounds] for kind in rounds[0]}
        for place, measure in enumerate(MEASURES)
    }
    return Sameness(
        bench="same-answer-time",
        what="whether the time of an answer tells what kind of address was typed (A-02)",
        date=datetime.now(UTC).date().isoformat(),
        machine=surroundings.machine(),
        versions=surroundings.versions() | {"postgresql": surroundings.postgresql(server_url)},
        runs=runs,
        warm_up=warm_up,
        level=LEVEL,
        nobodys_median_ms={name: round(median(each[NOBODYS]), 4) for name, each in times.items()},
        measures=_compare(times),
    )


@contextmanager
def _portal(server_url: str, logs: Path) -> Iterator[children.Child]:
    with own_database(server_url, "same_answer") as url:
        _do_not_wait_for_the_disk(url)
        env = children.environment(
            NOT_OURS,
            DATABASE_URL=url,
            DJANGO_SETTINGS_MODULE="portal.settings",
            DEBUG="1",
            ALLOWED_HOSTS=HOSTS,
            EMAIL_URL="smtp://127.0.0.1:9",
            IDPORTEN_ISSUER="http://127.0.0.1:9",
            IDPORTEN_CLIENT_ID=CLIENT_ID,
        )
        children.run("manage.py", "migrate", settings=env)
        module = "devtools.bench.same_answer.measure"
        with children.Child(module, settings=env, log=logs / "portal") as child:
            yield child


def _do_not_wait_for_the_disk(url: str) -> None:
    """The disk's pauses are no work of the portal's, and would hide what is."""
    statement = sql.SQL("ALTER DATABASE {} SET synchronous_commit TO off")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.format(sql.Identifier(urlsplit(url).path[1:])))


def _compare(times: Times) -> dict[str, dict[str, Comparison]]:
    plain: dict[tuple[str, str], float] = {}
    far: dict[tuple[str, str], float] = {}
    for measure, kinds in times.items():
        for kind in sorted(kinds.keys() - {NOBODYS}):
            far[measure, kind] = distance(kinds[NOBODYS], kinds[kind])
            sizes = (len(kinds[NOBODYS]), len(kinds[kind]))
            plain[measure, kind] = p_value(far[measure, kind], sizes=sizes)
    corrected = holm({key: p for key, p in plain.items() if key[1] != FOUND})
    found: dict[str, dict[str, Comparison]] = {measure: {} for measure in times}
    for (measure, kind), p in plain.items():
        middle, nobodys = median(times[measure][kind]), median(times[measure][NOBODYS])
        holms = corrected.get((measure, kind))
        found[measure][kind] = Comparison(
            median_ms=round(middle, 4),
            ratio_of_medians=round(middle / nobodys, 4),
            distance=round(far[measure, kind], 4),
            p=float(f"{p:.4g}"),
            p_corrected=None if holms is None else float(f"{holms:.4g}"),
        )
    return found
