"""Runs both sides against one provider in turns, and tells what came of it."""

import json
import secrets
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from devtools.bench import children, surroundings
from devtools.bench.databases import own_database
from devtools.bench.figures import Ratio, Spread
from devtools.bench.report import Limit, Measures, Report, Tally
from devtools.bench.sign_in.person import BARE_HOST, PERSON, PORTAL_HOST
from devtools.environment import CLIENT_ID
from devtools.idporten.clients import Client
from devtools.idporten.server import StandIn
from portal import env

KOBLING, BARE = "kobling", "mozilla-django-oidc"
BARE_CLIENT_ID = "bare"
ENDPOINTS = ("discovery", "jwks", "par", "token", "userinfo")
WALL, CPU, PROVIDER = "time (ms)", "own processor (ms)", "provider's processor (ms)"
STATEMENTS, REQUESTS = "SQL statements", "outgoing requests"
# Whatever is set where the bench starts, it reaches nobody: no shared cache, no queue.
NOT_OURS = ("CACHE_URL", "CELERY_BROKER_URL")


@dataclass(frozen=True, slots=True)
class Round:
    """One callback."""

    wall_ms: float
    cpu_ms: float
    provider_ms: float
    statements: Counter[str]
    requests: Counter[str]


def run(*, server_url: str, runs: int, warm_up: int) -> Report:
    """Measure; the databases are made on the PostgreSQL of `server_url` and are gone afterwards.

    Raises:
        ChildFailed: a round did not sign in, or a side did not start.
    """
    with ExitStack() as stack:
        secret = secrets.token_urlsafe(32)
        standin = stack.enter_context(_provider(secret))
        logs = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        ours = stack.enter_context(_portal(server_url, standin, logs))
        theirs = stack.enter_context(_bare(server_url, standin, logs, secret))
        sides = {KOBLING: ours, BARE: theirs}
        rounds = _in_turns(sides, runs + warm_up, lambda child: _round(child, standin))
    measured = {name: found[warm_up:] for name, found in rounds.items()}
    return _report(measured, server_url=server_url, runs=runs, warm_up=warm_up)


@contextmanager
def _provider(secret: str) -> Iterator[StandIn]:
    ours = Client.register(
        CLIENT_ID,
        jwks=[key.as_dict(private=False) for key in env.client_keys()],
        redirect_uris=[f"http://{PORTAL_HOST}/oidc/callback/"],
    )
    theirs = Client.register(
        BARE_CLIENT_ID, secret=secret, redirect_uris=[f"http://{BARE_HOST}/oidc/callback/"]
    )
    with StandIn([ours, theirs]) as standin:
        # ID-porten tells no address; the library finds its user by nothing else.
        standin.faults.userinfo.always(lambda answer: answer.changed(email=PERSON.email))
        yield standin


@contextmanager
def _portal(server_url: str, standin: StandIn, logs: Path) -> Iterator[children.Child]:
    with own_database(server_url, "portal") as url:
        settings = children.environment(
            NOT_OURS,
            DATABASE_URL=url,
            DJANGO_SETTINGS_MODULE="portal.settings",
            DEBUG="1",
            ALLOWED_HOSTS=PORTAL_HOST,
            EMAIL_URL="smtp://127.0.0.1:9",
            IDPORTEN_ISSUER=standin.issuer,
            IDPORTEN_CLIENT_ID=CLIENT_ID,
        )
        children.run("manage.py", "migrate", settings=settings)
        make_user = "devtools.bench.sign_in.linked.make_user"
        with _side(make_user, PORTAL_HOST, settings, logs / KOBLING) as child:
            yield child


@contextmanager
def _bare(server_url: str, standin: StandIn, logs: Path, secret: str) -> Iterator[children.Child]:
    with own_database(server_url, "bare") as url:
        settings = children.environment(
            DATABASE_URL=url,
            DJANGO_SETTINGS_MODULE="devtools.bench.sign_in.bare.settings",
            BENCH_ISSUER=standin.issuer,
            BENCH_CLIENT_ID=BARE_CLIENT_ID,
            BENCH_CLIENT_SECRET=secret,
        )
        children.run("-m", "django", "migrate", settings=settings)
        make_user = "devtools.bench.sign_in.bare.user.make_user"
        with _side(make_user, BARE_HOST, settings, logs / BARE) as child:
            yield child


def _side(make_user: str, host: str, settings: dict[str, str], log: Path) -> children.Child:
    module = "devtools.bench.sign_in.callback"
    return children.Child(module, make_user, host, settings=settings, log=log)


def _in_turns[Side, Found](
    sides: dict[str, Side], count: int, measure: Callable[[Side], Found]
) -> dict[str, list[Found]]:
    """A B, B A, A B …: what the machine does meanwhile meets both alike."""
    found: dict[str, list[Found]] = {name: [] for name in sides}
    order = list(sides)
    for _turn in range(count):
        for name in order:
            found[name].append(measure(sides[name]))
        order.reverse()
    return found


def _round(child: children.Child, standin: StandIn) -> Round:
    location = child.ask()["location"]
    url = standin.sign_in(location, PERSON)
    requests, cpu = _requests(standin), time.process_time_ns()
    answer = child.ask(url=url)
    # This process waits and answers as the provider; whatever it computed, the provider did.
    provider = time.process_time_ns() - cpu
    if not answer["signed_in"]:
        raise child.failure(f"did not sign in: {json.dumps(answer)}")
    return Round(
        wall_ms=answer["wall_ns"] / 1e6,
        cpu_ms=answer["cpu_ns"] / 1e6,
        provider_ms=provider / 1e6,
        statements=Counter(answer["statements"]),
        requests=_requests(standin) - requests,
    )


def _requests(standin: StandIn) -> Counter[str]:
    return Counter({name: standin.requests.count(name) for name in ENDPOINTS})


def _report(rounds: dict[str, list[Round]], *, server_url: str, runs: int, warm_up: int) -> Report:
    ours, theirs = rounds[KOBLING], rounds[BARE]
    sides = {name: _measures(found) for name, found in rounds.items()}
    time_ratio = Ratio.of([r.wall_ms for r in ours], [r.wall_ms for r in theirs])
    requests = [[float(r.requests.total()) for r in side] for side in (ours, theirs)]
    return Report(
        bench="sign-in",
        what="the callback of a linked sign-in, the portal's and the bare library's",
        date=datetime.now(UTC).date().isoformat(),
        machine=surroundings.machine(),
        versions=surroundings.versions() | {"postgresql": surroundings.postgresql(server_url)},
        runs=runs,
        warm_up=warm_up,
        sides=sides,
        ratios={
            WALL: time_ratio,
            CPU: Ratio.of([r.cpu_ms for r in ours], [r.cpu_ms for r in theirs]),
            REQUESTS: Ratio.of(*requests),
        },
        limits=[
            Limit("ratio of median times", time_ratio.value, 1.0),
            Limit(f"{KOBLING}'s {STATEMENTS}", max(r.statements.total() for r in ours), 8),
            Limit(f"{KOBLING}'s {REQUESTS}", max(r.requests.total() for r in ours), 1),
        ],
    )


def _measures(rounds: Sequence[Round]) -> Measures:
    return {
        WALL: Spread.of([r.wall_ms for r in rounds]),
        CPU: Spread.of([r.cpu_ms for r in rounds]),
        PROVIDER: Spread.of([r.provider_ms for r in rounds]),
        STATEMENTS: Tally.count([r.statements for r in rounds]),
        REQUESTS: Tally.count([r.requests for r in rounds]),
    }
