"""Each check on an ID token alone, on tokens signed here. The journeys meet it over HTTP.

Bounds are met from both sides: the mutation tests (`make mutants`) live on that.
"""

import base64
import dataclasses
import hashlib
from typing import Any

import pytest

from accounts.national_id import NationalId
from linking import oidc, refusals
from tests.linking.tokens import ISSUER, KEYS, MISSING, NOW, signed, without_missing

EXPECTED = oidc.SignInExpectation(
    issuer=ISSUER,
    client_id="client",
    nonce="n" * 43,
    level="substantial",
    access_token="at",
    accept_synthetic=True,
)
GOOD: dict[str, Any] = {
    "iss": ISSUER,
    "aud": "client",
    "sub": "s" * 95,
    "exp": NOW + 120,
    "iat": NOW,
    "auth_time": NOW - 5,
    "nonce": "n" * 43,
    "acr": "idporten-loa-high",
    "amr": ["BankID"],
    "pid": "21879498012",
    "sid": "session",
    "given_name": "Ada",
    "family_name": "Fjell",
}
HALF = hashlib.sha256(b"at").digest()[:16]
AT_HASH = base64.urlsafe_b64encode(HALF).rstrip(b"=").decode()


def verify(*, expected: oidc.SignInExpectation = EXPECTED, **claims: Any) -> oidc.VerifiedPerson:
    token = signed(without_missing(GOOD | claims))
    return oidc.verify_id_token(token, keys=KEYS, expected=expected, now=NOW)


def expecting(**fields: Any) -> oidc.SignInExpectation:
    return dataclasses.replace(EXPECTED, **fields)


def changed_to(name: str, value: object) -> dict[str, Any]:
    return {name: value}


def test_a_good_token_gives_the_person() -> None:
    person = verify()
    assert person.national_id == NationalId.parse(GOOD["pid"])
    assert (person.level, person.eid, person.sid) == ("high", "BankID", "session")
    assert (person.given_name, person.family_name) == ("Ada", "Fjell")
    assert person.auth_time == NOW - 5
    assert GOOD["pid"] not in repr(person)
    assert "Ada" not in repr(person)


ACCEPTED = [
    {"aud": ["client"]},
    {"azp": "client"},
    {"exp": NOW - 29},
    {"exp": (1 << 40) - 1},
    {"iat": NOW + 30},
    {"iat": NOW - 300},
    {"nbf": NOW + 30},
    {"nbf": 0},
    {"auth_time": MISSING},
    {"auth_time": NOW + 30},
    {"auth_time": 0},
    {"at_hash": AT_HASH},
    {"sub": "s"},
    {"sub": "s" * 255},
    {"sid": "s" * 255},
    {"acr": "idporten-loa-substantial"},
    {"amr": MISSING},
    {"amr": []},
    {"amr": ["x"] * 1000},
    {"amr": [{"not": "text"}]},
    {"pid": "47906701517"},
    {"given_name": MISSING, "family_name": 7},
]


@pytest.mark.parametrize("claims", ACCEPTED, ids=lambda claims: next(iter(claims)))
def test_what_does_no_harm_is_accepted(claims: dict[str, Any]) -> None:
    assert verify(**claims)


def test_a_leeway_is_added_whatever_the_clock_shows() -> None:
    for now in range(NOW, NOW + 32):
        for exp, good in ((now - 29, True), (now - 30, False)):
            token = signed(GOOD | {"exp": exp, "iat": now - 100})
            try:
                oidc.verify_id_token(token, keys=KEYS, expected=EXPECTED, now=now)
            except refusals.TokenTimeWrong:
                assert not good
            else:
                assert good


def test_what_was_verified_stays_as_it_was_verified() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        verify().level = "low"  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        verify_logout().sid = "another"  # type: ignore[misc]


NO_TIMES = [MISSING, str(NOW), NOW + 0.5, True, None, -1, 1 << 40, 1 << 70, [NOW]]
NO_IDENTIFIERS = [MISSING, "", 7, None, ["s"], "s" * 256, "a\x00b", "a\x7fb", "å"]
REFUSED = [
    *((refusals.TokenIssuerWrong, "iss", value) for value in (MISSING, "https://evil.example")),
    *((refusals.TokenIssuerWrong, "iss", value) for value in (ISSUER + "/", ISSUER.upper())),
    *((refusals.TokenAudienceWrong, "aud", value) for value in (MISSING, "another", [], "clien")),
    *((refusals.TokenAudienceWrong, "aud", value) for value in (["client"] * 2, {"client": 1})),
    (refusals.TokenAudienceWrong, "aud", ["client", "another"]),
    *((refusals.TokenAudienceWrong, "azp", value) for value in ("another", None, ["client"])),
    *((refusals.TokenTimeWrong, "exp", value) for value in (*NO_TIMES, NOW - 30, NOW - 31)),
    *((refusals.TokenTimeWrong, "iat", value) for value in (*NO_TIMES, NOW + 31, NOW - 301)),
    *((refusals.TokenTimeWrong, "nbf", value) for value in (*NO_TIMES[1:], NOW + 31)),
    *((refusals.TokenTimeWrong, "auth_time", value) for value in (*NO_TIMES[1:], NOW + 31)),
    *((refusals.TokenNonceWrong, "nonce", value) for value in (MISSING, 7, "", "m" * 43)),
    *((refusals.TokenNonceWrong, "nonce", value) for value in ("n" * 42, "n" * 44, "ø" * 43)),
    *(
        (refusals.AccessTokenHashWrong, "at_hash", value)
        for value in ("wrong", "", None, [AT_HASH])
    ),
    (refusals.AccessTokenHashWrong, "at_hash", AT_HASH + "="),
    *((refusals.TokenSubjectWrong, "sub", value) for value in NO_IDENTIFIERS),
    *((refusals.TokenSessionWrong, "sid", value) for value in NO_IDENTIFIERS),
    (refusals.TokenSessionWrong, "sid", "21879498012"),
    *((refusals.LevelUnknown, "acr", value) for value in (MISSING, "", "Level4", "high")),
    *(
        (refusals.LevelUnknown, "acr", value)
        for value in ("eidas-loa-high", "selfregistered-email")
    ),
    (refusals.LevelUnknown, "acr", ["idporten-loa-high"]),
    (refusals.LevelTooLow, "acr", "idporten-loa-low"),
    *((refusals.NationalIdMissing, "pid", value) for value in (MISSING, None, 21879498012)),
    *((refusals.NationalIdMissing, "pid", value) for value in ("2187949801", "218794980123")),
    *(
        (refusals.NationalIdMissing, "pid", value)
        for value in ("２１８７９４９８０１２", "abcdefghijk")
    ),
]


@pytest.mark.parametrize(
    ("reason", "name", "value"),
    REFUSED,
    ids=[f"{name}-{number}" for number, (_reason, name, _value) in enumerate(REFUSED)],
)
def test_a_claim_that_is_not_right_is_refused(
    reason: type[refusals.Refused], name: str, value: object
) -> None:
    with pytest.raises(refusals.Refused) as refused:
        verify(**changed_to(name, value))
    assert type(refused.value) is reason


@pytest.mark.parametrize(
    ("asked", "acr", "enough"),
    [
        ("substantial", "idporten-loa-low", False),
        ("substantial", "idporten-loa-substantial", True),
        ("substantial", "idporten-loa-high", True),
        ("high", "idporten-loa-low", False),
        ("high", "idporten-loa-substantial", False),
        ("high", "idporten-loa-high", True),
    ],
)
def test_a_level_is_met_by_itself_and_those_above(asked: str, acr: str, enough: bool) -> None:
    if enough:
        assert (
            verify(expected=expecting(level=asked), acr=acr).level
            == acr.rsplit("-", maxsplit=1)[-1]
        )
    else:
        with pytest.raises(refusals.LevelTooLow):
            verify(expected=expecting(level=asked), acr=acr)


@pytest.mark.parametrize(
    ("asked_at", "auth_time"), [(NOW - 60, NOW - 90), (NOW - 60, NOW), (NOW - 600, NOW - 330)]
)
def test_an_eid_used_for_this_request_and_just_now_is_fresh(asked_at: int, auth_time: int) -> None:
    assert verify(expected=expecting(fresh_since=asked_at), auth_time=auth_time)


@pytest.mark.parametrize(
    ("asked_at", "auth_time"), [(NOW - 60, NOW - 91), (NOW - 600, NOW - 331), (NOW - 60, MISSING)]
)
def test_an_earlier_sign_in_is_not_fresh(asked_at: int, auth_time: object) -> None:
    assert verify(auth_time=auth_time)
    with pytest.raises(refusals.SignInNotFresh):
        verify(expected=expecting(fresh_since=asked_at), auth_time=auth_time)


def test_a_test_number_is_refused_where_people_are_real() -> None:
    with pytest.raises(refusals.NationalIdSynthetic):
        verify(expected=expecting(accept_synthetic=False))


def test_test_numbers_are_refused_unless_they_are_asked_for() -> None:
    asked_for_nothing = oidc.SignInExpectation(ISSUER, "client", "n" * 43, "substantial")
    assert not asked_for_nothing.accept_synthetic
    assert asked_for_nothing.access_token == ""
    assert asked_for_nothing.fresh_since is None


def test_what_is_shown_is_one_line_of_bounded_length() -> None:
    person = verify(given_name=" Ada\r\nBcc: x ", family_name="y" * 500, amr=["Bank\x00ID"])
    assert person.given_name == "AdaBcc: x"
    assert person.family_name == "y" * 150
    assert person.eid == "BankID"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("21879498012", ""),
        ("x21879498012x", ""),
        ("Minid 21879498012", ""),
        ("2187949801", "2187949801"),
        ("218794980123", "218794980123"),
    ],
)
def test_what_is_shown_and_logged_holds_no_number(text: str, shown: str) -> None:
    assert verify(amr=[text]).eid == shown


def test_the_eid_is_the_first_method() -> None:
    assert verify(amr=["Minid-OTC", "BankID"]).eid == "Minid-OTC"
    assert verify(amr="BankID").eid == ""
    assert verify(amr=MISSING).eid == ""


def test_an_unknown_key_is_told_apart_from_a_wrong_token() -> None:
    with pytest.raises(refusals.TokenKeyUnknown):
        oidc.verify_id_token(signed(GOOD), keys={}, expected=EXPECTED, now=NOW)


def test_a_logout_token_is_no_id_token() -> None:
    with pytest.raises(refusals.TokenMalformed):
        oidc.verify_id_token(
            signed(GOOD, header={"typ": "logout+jwt"}), keys=KEYS, expected=EXPECTED, now=NOW
        )


# --- Logout tokens -------------------------------------------------------------------------------

EVENT = "http://schemas.openid.net/event/backchannel-logout"
LOGOUT: dict[str, Any] = {
    "iss": ISSUER,
    "aud": "client",
    "sub": "s" * 95,
    "sid": "session",
    "iat": NOW,
    "exp": NOW + 120,
    "jti": "once",
    "events": {EVENT: {}},
}


def verify_logout(*, typ: object = "logout+jwt", **claims: Any) -> oidc.LogoutToken:
    token = signed(without_missing(LOGOUT | claims), header={"typ": typ})
    expected = oidc.Expectation(ISSUER, "client")
    return oidc.verify_logout_token(token, keys=KEYS, expected=expected, now=NOW)


def test_a_good_logout_token_names_its_session() -> None:
    assert verify_logout() == oidc.LogoutToken(sid="session", jti="once")


LOGOUT_ACCEPTED: list[dict[str, Any]] = [
    {"aud": ["client"]},
    {"exp": NOW - 29},
    {"iat": NOW + 30},
    {"iat": NOW - 300},
    {"sub": MISSING},
    {"jti": "j" * 255},
]


@pytest.mark.parametrize("claims", LOGOUT_ACCEPTED, ids=lambda claims: next(iter(claims)))
def test_a_logout_token_may_differ_in_what_does_no_harm(claims: dict[str, Any]) -> None:
    assert verify_logout(**claims)


LOGOUT_REFUSED: list[tuple[type[refusals.Refused], dict[str, Any]]] = [
    (refusals.TokenIssuerWrong, {"iss": ISSUER + "/"}),
    (refusals.TokenAudienceWrong, {"aud": "another"}),
    (refusals.TokenTimeWrong, {"exp": NOW - 30}),
    (refusals.TokenTimeWrong, {"exp": MISSING}),
    (refusals.TokenTimeWrong, {"iat": NOW - 301}),
    (refusals.TokenTimeWrong, {"iat": NOW + 31}),
    (refusals.TokenTimeWrong, {"nbf": NOW + 31}),
    (refusals.TokenMalformed, {"events": MISSING}),
    (refusals.TokenMalformed, {"events": [EVENT]}),
    (refusals.TokenMalformed, {"events": {}}),
    (refusals.TokenMalformed, {"events": {EVENT: True}}),
    (refusals.TokenMalformed, {"nonce": "n" * 43}),
    (refusals.TokenMalformed, {"nonce": None}),
    *((refusals.TokenMalformed, {"jti": value}) for value in NO_IDENTIFIERS),
    *((refusals.TokenSessionWrong, {"sid": value}) for value in NO_IDENTIFIERS),
    (refusals.TokenMalformed, {"typ": "JWT"}),
    (refusals.TokenMalformed, {"typ": MISSING}),
]


@pytest.mark.parametrize(
    ("reason", "claims"),
    LOGOUT_REFUSED,
    ids=[f"{next(iter(claims))}-{number}" for number, (_, claims) in enumerate(LOGOUT_REFUSED)],
)
def test_a_logout_token_that_is_not_right_is_refused(
    reason: type[refusals.Refused], claims: dict[str, Any]
) -> None:
    with pytest.raises(refusals.Refused) as refused:
        verify_logout(**claims)
    assert type(refused.value) is reason


def test_of_a_logout_token_without_a_sid_the_person_is_not_guessed() -> None:
    """Its `sub` can be an identity number, and a person's other sessions may go on."""
    with pytest.raises(refusals.TokenSessionWrong):
        verify_logout(sid=MISSING)


# --- The figures ---------------------------------------------------------------------------------


def test_the_figures_are_those_of_the_design() -> None:
    assert (oidc.CLOCK_LEEWAY, oidc.TOKEN_MAX_AGE, oidc.FRESH_SECONDS) == (30, 300, 300)
    assert oidc.LEVELS == ("low", "substantial", "high")
    assert {level: oidc.ACR_OF_LEVEL[level] for level in oidc.LEVELS} == {
        "low": "idporten-loa-low",
        "substantial": "idporten-loa-substantial",
        "high": "idporten-loa-high",
    }
