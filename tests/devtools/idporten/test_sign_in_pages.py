"""The pages a person meets: levels, languages, refusals in words, cancel, no number told."""

import logging
import re
from urllib.parse import urlencode

import pytest

from devtools.idporten.browser import Browser, Page, SignInStopped
from devtools.idporten.levels import EIDS
from devtools.idporten.pages import TEXTS
from devtools.idporten.people import Person
from devtools.idporten.server import StandIn
from tests.devtools.idporten.relying_party import AFTER_LOGOUT_URI, RelyingParty, answered


def opened(browser: Browser, url: str, form: dict[str, str] | None = None) -> Page:
    page = browser.open(url, form)
    assert isinstance(page, Page)
    return page


def chooser(rp: RelyingParty, standin: StandIn, **changes: str) -> Page:
    return opened(standin.browser(), rp.authorize_url(**changes))


@pytest.mark.parametrize(
    ("acr", "shown"),
    [
        ("idporten-loa-low", {eid.slug for eid in EIDS}),
        ("idporten-loa-substantial", {eid.slug for eid in EIDS}),
        ("idporten-loa-high", {eid.slug for eid in EIDS} - {"minid"}),
    ],
)
def test_only_eids_of_the_level_asked_for_are_shown(
    rp: RelyingParty, standin: StandIn, acr: str, shown: set[str]
) -> None:
    page = chooser(rp, standin, acr_values=acr)
    found = {link.rsplit("/", 1)[-1] for link in page.links if re.search(r"/login/[^/]+/", link)}
    assert found == shown


def test_an_eid_below_the_level_cannot_be_reached_by_its_address(
    rp: RelyingParty, standin: StandIn
) -> None:
    browser = standin.browser()
    page = opened(browser, rp.authorize_url(acr_values="idporten-loa-high"))
    bankid = next(link for link in page.links if link.endswith("/bankid"))
    with pytest.raises(SignInStopped) as stopped:
        browser.open(bankid.replace("bankid", "minid"))
    assert stopped.value.status == 404


@pytest.mark.parametrize(
    ("locales", "language", "title"),
    [
        ("nb", "nb", "Velg elektronisk ID"),
        ("nn nb", "nn", "Vel elektronisk ID"),
        ("en", "en", "Choose electronic ID"),
        ("se", "nb", "Velg elektronisk ID"),
    ],
)
def test_ui_locales_decides_the_language(
    rp: RelyingParty, standin: StandIn, locales: str, language: str, title: str
) -> None:
    page = chooser(rp, standin, ui_locales=locales)
    assert f'<html lang="{language}">' in page.html
    assert f"<h1>{title}</h1>" in page.html


def test_the_switch_changes_the_language_for_the_rest_of_the_way(
    rp: RelyingParty, standin: StandIn, kari: Person
) -> None:
    browser = standin.browser()
    page = opened(browser, rp.authorize_url(ui_locales="nb"))
    page = opened(browser, next(link for link in page.links if "lang=en" in link))
    page = opened(browser, next(link for link in page.links if link.endswith("/bankid")))
    assert "Sign in with BankID" in page.html
    callback = browser.open(page.forms[0], {"person": "0"})
    assert isinstance(callback, str)
    assert rp.claims_after(callback)["locale"] == "en"


def test_every_language_has_every_text() -> None:
    assert TEXTS["nb"].keys() == TEXTS["nn"].keys() == TEXTS["en"].keys()


def test_cancel_comes_back_as_access_denied(rp: RelyingParty, standin: StandIn) -> None:
    answer = answered(standin.sign_in(rp.authorize_url(), None, cancel=True))
    assert answer["error"] == "access_denied"
    assert (answer["state"], answer["iss"]) == ("the-state", standin.issuer)


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        ("2187949801", "number_not_eleven_digits"),
        ("218794980123", "number_not_eleven_digits"),
        ("２１８７９４９８０１２", "number_not_eleven_digits"),
        ("", "number_not_eleven_digits"),
        ("02013299997", "number_not_synthetic"),
        ("47906701517", None),
        ("31829498012", "number_not_a_date"),
        ("21879498013", "number_check_digits"),
        ("21879498102", "number_check_digits"),
    ],
)
def test_a_typed_number_is_refused_in_words(
    rp: RelyingParty, standin: StandIn, number: str, reason: str | None
) -> None:
    if reason is None:
        assert "code=" in standin.sign_in(rp.authorize_url(), number)
        return
    with pytest.raises(SignInStopped) as stopped:
        standin.sign_in(rp.authorize_url(ui_locales="nb"), number)
    assert stopped.value.status == 400
    assert TEXTS["nb"][reason] in stopped.value.html


def test_after_a_refused_number_one_can_try_again(
    rp: RelyingParty, standin: StandIn, kari: Person
) -> None:
    browser = standin.browser()
    page = opened(browser, rp.authorize_url())
    page = opened(browser, next(link for link in page.links if link.endswith("/bankid")))
    with pytest.raises(SignInStopped):
        browser.open(page.forms[0], {"number": "1"})
    assert "code=" in str(browser.open(page.forms[0], {"person": "0"}))


def test_a_finished_sign_in_cannot_be_finished_again(rp: RelyingParty, standin: StandIn) -> None:
    browser = standin.browser()
    page = opened(browser, rp.authorize_url())
    page = opened(browser, next(link for link in page.links if link.endswith("/bankid")))
    browser.open(page.forms[0], {"person": "0"})
    with pytest.raises(SignInStopped) as stopped:
        browser.open(page.forms[0], {"person": "1"})
    assert stopped.value.status == 404


def test_every_page_is_strict_and_marked_as_a_stand_in(rp: RelyingParty, standin: StandIn) -> None:
    start = rp.get(rp.authorize_url()).headers["Location"]
    for path in (start, f"{start}/bankid", "/about/help", "/about/get-eid", "/about/privacy"):
        page = rp.get(path)
        policy = page.headers["Content-Security-Policy"]
        assert page.status == 200
        assert "unsafe" not in policy
        assert policy.startswith("default-src 'none'")
        assert page.headers["Cache-Control"] == "no-store"
        assert TEXTS["nb"]["banner_title"] in page.data.decode()


def test_unknown_pages_and_methods_are_refused_plainly(rp: RelyingParty) -> None:
    assert rp.get("/login/unknown").status == 404
    assert rp.get("/about/nothing").status == 404
    assert rp.get("/assets/../keys.py").status == 404
    assert rp.get("/token").status == 405


def test_a_number_stands_in_no_log_line_and_no_address(
    rp: RelyingParty, standin: StandIn, kari: Person, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    browser = standin.browser()
    callbacks = [standin.sign_in(rp.authorize_url(), who) for who in (kari, "21879498012")]
    answer = rp.redeem(answered(callbacks[0])["code"])[1]
    page = opened(browser, rp.authorize_url())
    page = opened(browser, next(link for link in page.links if link.endswith("/bankid")))
    query = {"id_token_hint": answer["id_token"], "post_logout_redirect_uri": AFTER_LOGOUT_URI}
    rp.get(f"/logout?{urlencode(query)}")
    lines = [record.getMessage() for record in caplog.records if "idporten" in record.name]
    assert "GET /logout 303" in lines
    everything = " ".join([*lines, *callbacks, *page.links, *page.forms])
    assert "21879498012" not in everything
    assert answer["id_token"] not in everything
    assert "21879498012" not in repr(standin.requests.of("logout"))
