"""Two keys of our own, while one takes over from the other."""

import logging
from typing import Any

import pytest
from django.conf import settings as real_settings
from joserfc.jwk import RSAKey

from accounts.models import Organisation
from devtools.idporten.server import StandIn
from linking.models import AuthorizationRequest
from tests.journeys.visitor import Visitor, assert_refused

NEW = RSAKey.generate_key(2048, {"kid": "new"}, private=True)


@pytest.fixture
def visitor(idporten: StandIn, organisation: Organisation) -> Visitor:
    return Visitor(idporten)


def test_a_key_that_is_not_registered_yet_is_passed_over(
    visitor: Visitor, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    [known] = real_settings.IDPORTEN_CLIENT_KEYS
    settings.IDPORTEN_CLIENT_KEYS = (NEW, known)
    with caplog.at_level(logging.WARNING):
        assert visitor.sign_in().headers["Location"] == "/link/"
    assert "does not recognise the client key new" in caplog.text


def test_the_first_key_that_is_known_is_used_for_code_and_request_alike(
    visitor: Visitor, settings: Any, idporten: StandIn
) -> None:
    [known] = real_settings.IDPORTEN_CLIENT_KEYS
    settings.IDPORTEN_CLIENT_KEYS = (known, NEW)
    visitor.to_idporten()
    assert AuthorizationRequest.objects.get().client_key == known.kid
    assert idporten.requests.count("par") == 1
    assert visitor.sign_in().headers["Location"] == "/link/"


def test_a_key_taken_out_midway_gives_way_to_the_one_that_is_left(
    visitor: Visitor, idporten: StandIn
) -> None:
    callback = idporten.sign_in(visitor.to_idporten(), None)
    AuthorizationRequest.objects.update(client_key="gone")
    assert_refused(visitor.come_back(callback), "national-id-missing")  # so the key was taken


def test_no_key_that_is_known_is_said_so(visitor: Visitor, settings: Any) -> None:
    settings.IDPORTEN_CLIENT_KEYS = (NEW,)
    assert_refused(visitor.get("/oidc/authenticate/"), "client-not-recognised")
