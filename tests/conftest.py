"""What the tests share: a stand-in, an SMTP server, clean caches, an organisation."""

import atexit
import os
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.core.cache import caches
from django.db import connection
from django.db.backends.postgresql.operations import DatabaseOperations
from django.db.models.signals import post_migrate

from accounts.models import Organisation
from devtools.idporten.clients import Client
from devtools.idporten.keys import KeyRing
from devtools.idporten.server import StandIn
from devtools.mailbox import Mailbox
from devtools.queues import delete_queue
from linking import fingerprint_keys
from portal import lifecycle
from portal.celery import app as celery_app
from tests.factories import make_organisation
from tests.journeys.visitor import IDPorten
from tests.second_provider.gateway import SecondProvider

HOST = "eksempel-kommune.localhost"


def register(provider: IDPorten, *base_urls: str) -> None:
    """Register the portal at a provider with the addresses of its organisations."""
    provider.register(
        Client.register(
            settings.IDPORTEN_CLIENT_ID,
            jwks=[key.as_dict(private=False) for key in settings.IDPORTEN_CLIENT_KEYS],
            redirect_uris=[f"{url}/oidc/callback/" for url in base_urls],
            post_logout_redirect_uris=[f"{url}/" for url in base_urls],
            frontchannel_logout_uris=[f"{url}/oidc/frontchannel-logout/" for url in base_urls],
        )
    )


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """A database for each run, so that two runs beside each other do no harm."""
    connection.settings_dict["TEST"]["NAME"] = f"test_kobling_{os.getpid()}"
    # An event that the database was made would be in every test's log.
    post_migrate.disconnect(lifecycle.note_migrated, sender=apps.get_app_config("portal"))


@pytest.fixture(scope="session", autouse=True)
def _the_log_can_be_emptied() -> Iterator[None]:
    """Django empties every table after a transactional test, and the log refuses TRUNCATE."""
    flush = DatabaseOperations.execute_sql_flush

    def without_triggers(self: DatabaseOperations, statements: list[str]) -> None:
        flush(self, ["SET LOCAL session_replication_role = replica", *statements])

    patch = pytest.MonkeyPatch()
    patch.setattr(DatabaseOperations, "execute_sql_flush", without_triggers)
    yield
    patch.undo()


@pytest.fixture(scope="session", autouse=True)
def _queue_is_closed(django_db_setup: None) -> Iterator[None]:
    """Nothing is left at the broker, nor open: a database with a queue could not be dropped."""
    yield
    delete_queue()
    celery_app.close()
    celery_app.pool.force_close_all()
    atexit.unregister(lifecycle.note_stopped)  # of `portal.wsgi`, once this database is gone


@pytest.fixture(scope="session", autouse=True)
def _keys_fit(django_db_setup: None) -> None:
    """The database is new, so they do; comparing would leave rows in whichever test is first."""
    fingerprint_keys._Compared.keys = settings.FINGERPRINT_KEYS


@pytest.fixture(scope="session", autouse=True)
def _passwords_cost_little() -> Iterator[None]:
    """Hashed as in production, in fewer rounds: half a second for each would be minutes."""
    patch = pytest.MonkeyPatch()
    patch.setattr(PBKDF2PasswordHasher, "iterations", 1000)
    yield
    patch.undo()


@pytest.fixture(scope="session")
def standin_keys() -> KeyRing:
    return KeyRing.open()


@pytest.fixture
def standin(standin_keys: KeyRing) -> Iterator[StandIn]:
    keys = KeyRing(standin_keys.current, standin_keys.upcoming, standin_keys.subject_secret)
    with StandIn(keys=keys) as running:
        yield running


@pytest.fixture(scope="session")
def running_second_provider(standin_keys: KeyRing) -> Iterator[SecondProvider]:
    with SecondProvider(standin_keys) as running:
        yield running


@pytest.fixture
def second_provider(running_second_provider: SecondProvider) -> Iterator[SecondProvider]:
    running_second_provider.reset()
    yield running_second_provider
    running_second_provider.stopping.set()


@pytest.fixture
def idporten(standin: StandIn, settings: pytest.FixtureRequest) -> StandIn:
    """The stand-in as the portal's ID-porten; faults are the test's own."""
    take_for_idporten(standin, settings)
    return standin


def take_for_idporten(provider: IDPorten, settings: Any) -> None:
    """Let the portal sign in by this provider, with nothing remembered of another."""
    caches["near"].clear()
    register(provider, f"http://{HOST}", "http://fjordvik-kommune.localhost")
    settings.IDPORTEN_ISSUER = provider.issuer


@pytest.fixture
def mailbox(settings: pytest.FixtureRequest) -> Iterator[Mailbox]:
    """A real SMTP server, to which the portal's mails go."""
    with Mailbox() as running:
        options = {"host": "127.0.0.1", "port": running.smtp_port, "timeout": 5}
        settings.MAILERS = {  # type: ignore[attr-defined]
            "default": {"BACKEND": "linking.smtp.EmailBackend", "OPTIONS": options}
        }
        yield running


@pytest.fixture
def organisation(db: None) -> Organisation:
    return make_organisation(slug="eksempel-kommune", name="Eksempel kommune", host=HOST)
