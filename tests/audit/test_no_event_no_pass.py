"""No event, no pass: each page, action, task and command has its row in `deeds/`.

A row whose deed does not write its events is red, and so is what has no row. And where an event
cannot be written, what it tells of has not happened.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.apps import apps
from django.core.management import get_commands
from django.db import DatabaseError, connection
from django.db.models import Model

from accounts.models import Employee, Import, Organisation, RoleGrant, User
from audit.events import Event, Kept
from linking.models import Block, Campaign, Case, Invitation, LinkedIdentity
from portal.celery import app
from tests.accounts.test_roles_matrix import all_pages, ask
from tests.accounts.worlds import browser_of
from tests.audit.deeds import ACTIONS, COMMANDS, DEEDS, PAGES, TASKS, Deed, what
from tests.audit.scene import Scene, actions_offered, events_since, newest_id

pytestmark = pytest.mark.django_db
OWN_APPS = {"audit", "accounts", "administrators", "linking", "portal"}
DONE = {name: row for name, row in DEEDS.items() if isinstance(row, Deed)}
REGISTRY: tuple[type[Model], ...] = (
    *(Organisation, Employee, User, RoleGrant, Import),
    *(LinkedIdentity, Invitation, Campaign, Case, Block),
)


@pytest.fixture
def scene(settings: Any) -> Scene:
    settings.AUDIT_SEAL_KEY = Ed25519PrivateKey.generate()
    settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
    return Scene.set()


def test_every_page_that_takes_a_form_has_a_row(scene: Scene) -> None:
    taken = set()
    for page in all_pages():
        inside = page.route.startswith("admin/")
        browser = browser_of(
            scene.root if inside else None, "127.0.0.1" if inside else scene.organisation.host
        )
        answer = ask(browser, "post", page.address(scene.world), {})
        if answer.status_code != 405 and not page.route.endswith("<path:object_id>/"):
            taken.add(page.rule)
    assert taken == {what(name) for name in PAGES}


def test_every_action_has_a_row(scene: Scene) -> None:
    assert actions_offered(scene.root) == set(ACTIONS)


def _package_of(task: Any) -> str:
    """Give whose it is: Celery has its own, and so have other tests of this process."""
    return str(task.__module__).partition(".")[0]


def test_every_task_has_a_row() -> None:
    app.loader.import_default_modules()
    ours = [name for name, task in app.tasks.items() if _package_of(task) in OWN_APPS]
    named = {name.rpartition(".")[2] for name in ours}
    assert named == {what(name) for name in TASKS}


def test_every_command_has_a_row() -> None:
    labels = {config.name: config.label for config in apps.get_app_configs()}
    own = {name for name, where in get_commands().items() if labels.get(where) in OWN_APPS}
    assert own == set(COMMANDS)


@pytest.mark.parametrize("name", DONE)
def test_what_is_done_writes_its_events_and_no_others(scene: Scene, name: str) -> None:
    assert scene.browser
    act = DONE[name].ready(scene)
    last = newest_id()
    act()
    assert events_since(last) == DONE[name].events


@contextmanager
def unwritable(event: Event) -> Iterator[list[str]]:
    """Let the insert of this event fail, as where the log's disk is full; gives what failed."""
    failed = []

    def insert(execute: Callable[..., Any], sql: str, params: Any, *more: Any) -> Any:
        values = params.values() if isinstance(params, dict) else params or ()
        if str(sql).startswith('INSERT INTO "audit_auditevent"') and event.value in values:
            failed.append(sql)
            raise DatabaseError("The log takes nothing.")
        return execute(sql, params, *more)

    with connection.execute_wrapper(insert):
        yield failed


def stored() -> dict[str, Any]:
    return {
        model.__name__: list(model._default_manager.order_by("pk").values()) for model in REGISTRY
    }


# Told of after the change, and of no change of its own.
ON_ITS_OWN = {
    Event.TASK_DONE: "sums up a turn, each change of which has had its event",
    Event.KEY_GIVEN_UP: "ends many batches, each with its events; the command may be run again",
}


def decided() -> Iterator[tuple[str, Event]]:
    """Give each event of all that changes a link, or that somebody decides."""
    for name, row in DONE.items():
        if any(event.kept == Kept.DECISION for event in row.events):
            yield from ((name, event) for event in sorted(row.events - set(ON_ITS_OWN)))


@pytest.mark.parametrize(("name", "event"), list(decided()))
def test_where_an_event_cannot_be_written_its_change_has_not_happened(
    scene: Scene, name: str, event: Event
) -> None:
    assert scene.browser
    act = DONE[name].ready(scene)
    before = stored()
    with unwritable(event) as failed, suppress(DatabaseError):
        act()
    assert failed
    assert stored() == before
