"""H-25 and H-30 to H-35: the redirect back, and what comes of a sign-in as a whole; H-50."""

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import timezone

from accounts.models import Organisation, UserSession
from linking.models import AuthorizationRequest
from tests.factories import make_organisation
from tests.hostile import attacks
from tests.hostile.attacks import Attack, claims
from tests.hostile.conftest import Door
from tests.journeys.visitor import INGRID, SOLVEIG, Visitor, text

STATE, ISSUER, MALFORMED = "state-unknown", "response-issuer-wrong", "response-malformed"
CANCELLED, ERROR = "cancelled", "provider-error"

ERRORS = (
    *("invalid_request", "unauthorized_client", "unsupported_response_type", "invalid_scope"),
    *("server_error", "temporarily_unavailable", "login_required", "interaction_required"),
    *("consent_required", "<script>alert(1)</script>", "", "x" * 10_000),
)
ROWS: list[tuple[str, str, Attack, str]] = [
    ("H-30", "state missing", attacks.response_with(state=None), STATE),
    ("H-30", "state wrong", attacks.response_with(state="s" * 43), STATE),
    ("H-30", "state empty", attacks.response_with(state=""), STATE),
    ("H-30", "state of 50 kB", attacks.response_with(state="s" * 50_000), STATE),
    ("H-30", "state with NUL", attacks.response_with(state="\x00"), STATE),
    ("H-30", "state twice", attacks.response(lambda pairs: pairs + pairs), STATE),
    ("H-32", "iss missing", attacks.response_with(iss=None), ISSUER),
    ("H-32", "iss wrong", attacks.response_with(iss="https://evil.example"), ISSUER),
    ("H-32", "iss empty", attacks.response_with(iss=""), ISSUER),
    ("H-32", "iss of production", attacks.response_with(iss="https://idporten.no"), ISSUER),
    (
        "H-32",
        "iss twice",
        attacks.response(lambda pairs: [*pairs, *(each for each in pairs if each[0] == "iss")]),
        ISSUER,
    ),
    (
        "H-33",
        "code twice",
        attacks.response(lambda pairs: [*pairs, *(each for each in pairs if each[0] == "code")]),
        MALFORMED,
    ),
    ("H-33", "two codes", attacks.response(lambda pairs: [*pairs, ("code", "x")]), MALFORMED),
    ("H-33", "code missing", attacks.response_with(code=None), MALFORMED),
    ("H-33", "code empty", attacks.response_with(code=""), MALFORMED),
    ("H-33", "code of 50 kB", attacks.response_with(code="c" * 50_000), MALFORMED),
    ("H-33", "code not ASCII", attacks.response_with(code="æøå"), MALFORMED),
    ("H-33", "code and error", attacks.response_with(error="access_denied"), MALFORMED),
    ("H-34", "access_denied", attacks.error("access_denied"), CANCELLED),
    *(("H-34", f"error {code[:20]}", attacks.error(code), ERROR) for code in ERRORS),
    ("H-34", "error twice", attacks.response_with(code=None, error=["a", "b"]), ERROR),
    ("H-34", "error without iss", attacks.error("access_denied", iss=""), ISSUER),
]


@pytest.mark.parametrize(
    ("attack", "reason"),
    [row[2:] for row in ROWS],
    ids=[f"{row} {name}" for row, name, _attack, _reason in ROWS],
)
def test_a_response_that_is_not_right_never_reaches_the_token_endpoint(
    door: Door, attack: Attack, reason: str
) -> None:
    attack(door.provider.faults)
    door.stays_shut(door.knock(), reason)
    assert door.provider.requests.count("token") == 0


def test_h_34_the_words_are_our_own(door: Door) -> None:
    attacks.error("server_error", error_description="<script>alert('x')</script>")(
        door.provider.faults
    )
    response = door.knock()
    door.stays_shut(response, ERROR)
    assert "alert" not in text(response)


@pytest.mark.parametrize("query", ["error=access_denied&state=x", "error=access_denied", "state=x"])
def test_h_34_a_wrong_state_changes_nothing_for_somebody_signed_in(door: Door, query: str) -> None:
    door.opens(door.knock())
    response = door.visitor.get(f"/oidc/callback/?{query}&iss={door.provider.issuer}")
    assert response.status_code == 403
    assert door.visitor.get("/me/").status_code == 200


def test_h_30_another_browsers_answer_is_refused_and_its_own_still_good(
    door: Door, other_browser: Door
) -> None:
    callback = door.provider.sign_in(door.visitor.to_idporten(), INGRID)
    other_browser.visitor.to_idporten()  # it has a sign-in of its own under way
    other_browser.stays_shut(other_browser.visitor.come_back(callback), STATE)
    assert door.visitor.come_back(callback).headers["Location"] == "/me/"


def test_h_30_another_organisations_answer_is_refused(door: Door, db: None) -> None:
    """The same browser secret would do there; the organisation does not."""
    callback = door.provider.sign_in(door.visitor.to_idporten(), INGRID)
    elsewhere: Organisation = make_organisation(host="fjordvik-kommune.localhost")
    door.visitor.client.defaults["HTTP_HOST"] = elsewhere.host
    door.stays_shut(door.visitor.come_back(callback), STATE)
    assert door.provider.requests.count("token") == 0


@pytest.mark.parametrize(("seconds", "good"), [(590, True), (600, False), (3600, False)])
def test_h_30_a_sign_in_may_take_ten_minutes(door: Door, seconds: int, good: bool) -> None:
    callback = door.provider.sign_in(door.visitor.to_idporten(), INGRID)
    started_at = timezone.now() - timedelta(seconds=seconds)
    AuthorizationRequest.objects.update(started_at=started_at)
    door.outcome(door.visitor.come_back(callback), None if good else STATE)


def test_h_33_a_code_of_100_kb(door: Door) -> None:
    """Longer than the provider's own redirect may be: typed into the address."""
    callback = door.provider.sign_in(door.visitor.to_idporten(), INGRID)
    query = {name: values[0] for name, values in parse_qs(urlsplit(callback).query).items()}
    response = door.visitor.get("/oidc/callback/", **query | {"code": "c" * 100_000})
    door.stays_shut(response, MALFORMED)


def test_h_31_a_callback_replayed_is_refused_and_still_signed_in_once(door: Door) -> None:
    callback = door.provider.sign_in(door.visitor.to_idporten(), INGRID)
    door.opens(door.visitor.come_back(callback))
    door.provider.requests.clear()
    assert door.visitor.come_back(callback).status_code == 403
    assert door.provider.requests.count("token") == 0
    assert door.visitor.get("/me/").status_code == 200


def test_h_35_anothers_code_is_refused(door: Door, other_browser: Door) -> None:
    """The provider knows it by its PKCE challenge; we would know it by its nonce."""
    theirs = door.provider.sign_in(other_browser.visitor.to_idporten(), SOLVEIG)
    code = parse_qs(urlsplit(theirs).query)["code"][0]
    attacks.response_with(code=code)(door.provider.faults)
    door.stays_shut(door.knock(), ERROR)


def test_a_callback_out_of_the_blue_leaves_nothing_behind(door: Door) -> None:
    """No session, no row: whoever knocks a million times fills only the log of refusals."""
    response = door.visitor.get("/oidc/callback/?state=x&code=y")
    assert response.status_code == 403
    assert "session" not in response.cookies
    assert not UserSession.objects.exists()


# --- Fresh sign-ins ------------------------------------------------------------------------------


def an_hour_ago(good: dict[str, Any]) -> int:
    return int(good["iat"]) - 3600


@pytest.fixture
def newcomer(door: Door) -> Door:
    """Somebody without a link, who came by single sign-on: they are asked for their eID itself."""
    claims(auth_time=an_hour_ago)(door.provider.faults)
    anew = door.visitor.sign_in(SOLVEIG).headers["Location"]
    assert anew.startswith(f"{door.provider.issuer}/authorize")
    return Door(AskedAgain(door.visitor, anew), door.provider)


class AskedAgain(Visitor):
    """The same browser, on its way to ID-porten again."""

    def __init__(self, visitor: Visitor, address: str) -> None:
        self.__dict__.update(visitor.__dict__)
        self._address = address

    def to_idporten(self, *, next_url: str = "") -> str:
        return self._address


def test_h_25_single_sign_on_is_asked_again_where_somebody_links(newcomer: Door) -> None:
    assert newcomer.visitor.get("/link/").status_code == 302  # not yet
    assert newcomer.visitor.sign_in(SOLVEIG).headers["Location"] == "/link/"
    assert newcomer.provider.authorizations[-1].prompt == "login"
    assert newcomer.visitor.get("/link/").status_code == 200


@pytest.mark.parametrize(
    ("auth_time", "reason"),
    [
        (attacks.MISSING, "sign-in-not-fresh"),
        (an_hour_ago, "sign-in-not-fresh"),
        (lambda good: good["iat"] + 60, "token-time-wrong"),
    ],
    ids=["missing", "old", "in the future"],
)
def test_h_24_an_answer_that_is_not_fresh_is_refused(
    newcomer: Door, auth_time: object, reason: str
) -> None:
    claims(auth_time=auth_time)(newcomer.provider.faults)
    newcomer.stays_shut(newcomer.visitor.sign_in(SOLVEIG), reason)
    assert newcomer.visitor.get("/link/").status_code == 302


def test_h_25_a_linked_employee_may_come_by_single_sign_on(door: Door) -> None:
    claims(auth_time=an_hour_ago)(door.provider.faults)
    door.opens(door.knock())


# --- Levels --------------------------------------------------------------------------------------


def test_h_22_a_level_below_the_one_asked_for_is_refused(
    door: Door, organisation: Organisation
) -> None:
    Organisation.objects.update(minimum_assurance="high")
    claims(acr="idporten-loa-substantial")(door.provider.faults)
    door.stays_shut(door.knock(), "level-too-low")
    assert door.provider.authorizations[-1].acr_values == "idporten-loa-high"


def test_a_minimum_raised_on_the_way_is_asked_for_at_once(
    door: Door, organisation: Organisation
) -> None:
    callback = door.provider.sign_in(
        door.visitor.to_idporten(next_url="/help/"),
        INGRID,
        "MinID",
        browser=door.visitor.eid_browser,
    )
    assert door.provider.authorizations[-1].acr_values == "idporten-loa-substantial"
    Organisation.objects.update(minimum_assurance="high")
    again = door.visitor.come_back(callback).headers["Location"]
    assert door.visitor.get("/me/").status_code == 302
    callback = door.provider.sign_in(again, INGRID, browser=door.visitor.eid_browser)
    assert door.provider.authorizations[-1].acr_values == "idporten-loa-high"
    door.opens(door.visitor.come_back(callback), to="/help/")


def test_a_minimum_raised_holds_for_sessions_that_are_there(door: Door) -> None:
    door.visitor.sign_in(INGRID, eid="MinID")
    assert door.visitor.get("/me/").status_code == 200
    Organisation.objects.update(minimum_assurance="high")
    assert door.visitor.get("/me/").headers["Location"].startswith("/?")
    door.opens(door.visitor.sign_in(INGRID, eid="BankID"))


def test_a_minimum_raised_holds_for_somebody_about_to_link(door: Door) -> None:
    door.visitor.sign_in(SOLVEIG, eid="MinID")
    assert door.visitor.get("/link/").status_code == 200
    Organisation.objects.update(minimum_assurance="high")
    assert door.visitor.get("/link/").headers["Location"].startswith("/?")


# --- Many at once --------------------------------------------------------------------------------


def test_h_50_two_of_51_tabs_finish_in_reverse_order_each_at_its_own_next(door: Door) -> None:
    first, *_rest, last = [
        door.visitor.to_idporten(next_url=f"/help/?tab={number}") for number in range(51)
    ]
    for address, tab in ((last, 50), (first, 0)):
        callback = door.provider.sign_in(address, INGRID, browser=door.visitor.eid_browser)
        door.opens(door.visitor.come_back(callback), to=f"/help/?tab={tab}")
