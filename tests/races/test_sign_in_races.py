"""One answer of ID-porten, brought twice at the same moment; one question, asked by all at once."""

from functools import partial

import pytest
from django.conf import settings
from django.core.cache import caches
from django.utils import timezone

from accounts.models import Organisation, UserSession
from audit.models import AuditEvent
from devtools.idporten.faults import delayed
from devtools.idporten.server import StandIn
from linking import actions, documents
from linking.models import AuthorizationRequest
from linking.oidc import LogoutToken
from linking.refusals import TokenReplayed
from tests.factories import fingerprint_of, make_employee, make_link
from tests.journeys.visitor import INGRID, Visitor
from tests.races.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)
TIMES = 8


def test_a_callback_brought_twice_at_once_signs_in_once(
    idporten: StandIn, organisation: Organisation
) -> None:
    employee = make_employee(organisation=organisation)
    make_link(employee=employee, whose=fingerprint_of(INGRID.national_id))
    visitor = Visitor(idporten)
    callback = idporten.sign_in(visitor.to_idporten(), INGRID)
    cookie = visitor.client.cookies[settings.SESSION_COOKIE_NAME].value
    browsers = [Visitor(idporten) for _ in range(TIMES)]
    for browser in browsers:
        browser.client.cookies[settings.SESSION_COOKIE_NAME] = cookie
    answers = at_once([partial(browser.come_back, callback) for browser in browsers])
    assert sorted(answer.status_code for answer in answers) == [302] + [403] * (TIMES - 1)
    assert idporten.requests.count("token") == 1
    assert AuditEvent.objects.filter(event="sign-in:done").count() == 1
    assert UserSession.objects.exclude(user=None).count() == 1


def test_an_unknown_kid_met_by_all_at_once_is_asked_about_once_for_all(idporten: StandIn) -> None:
    """Whoever does not ask waits for the answer: none goes away with the old keys."""
    now = timezone.now()
    documents.signing_keys(now=now)
    idporten.rotate_keys(announced=False)
    idporten.requests.clear()
    slow = partial(delayed, seconds=0.3, until=idporten.stopping)
    idporten.faults.jwks.once(slow)
    found = at_once([partial(documents.newer_signing_keys, now=now)] * TIMES)
    assert all(idporten.provider.keys.current.kid in keys for keys in found), found
    assert idporten.requests.count("jwks") == 1


def test_a_key_set_needed_by_all_at_once_is_had_by_all(idporten: StandIn) -> None:
    """Without any copy each may fetch; none falls over another's."""
    caches["near"].clear()
    keys = at_once([partial(documents.signing_keys, now=timezone.now())] * TIMES)
    assert all(isinstance(each, dict) for each in keys), keys


def test_a_logout_token_brought_twice_at_once_is_acted_on_once() -> None:
    token = LogoutToken(sid="sid", jti="once")
    end = partial(actions.end_sessions_by_token, token, by="id-porten", now=timezone.now())
    outcomes = at_once([end] * TIMES)
    assert sum(isinstance(each, TokenReplayed) for each in outcomes) == TIMES - 1
    assert outcomes.count(0) == 1


def test_a_sign_in_is_taken_once_whoever_asks(organisation: Organisation) -> None:
    AuthorizationRequest.objects.create(
        state_hash=b"s" * 32,
        browser_hash=b"b" * 32,
        request_uri_hash=b"r" * 32,
        organisation=organisation,
        nonce="n",
        verifier="v",
        client_key="k",
        level="high",
        fresh=False,
        next_url="",
        started_at=timezone.now(),
    )
    take = partial(
        AuthorizationRequest.objects.take,
        state_hash=b"s" * 32,
        browser_hash=b"b" * 32,
        organisation=organisation,
    )
    taken = at_once([take] * TIMES)
    assert sum(each is not None for each in taken) == 1
