"""ID-porten's own session: single sign-on, step-up, prompt, 30 and 120 minutes."""

from devtools.idporten.browser import Browser
from devtools.idporten.people import Person
from devtools.idporten.server import StandIn
from tests.devtools.idporten.relying_party import Clock, Form, RelyingParty, answered

MINUTE = 60


def without_asking(rp: RelyingParty, browser: Browser, **changes: str) -> Form | None:
    """What the relying party gets if no page is shown; None where one is."""
    result = browser.open(rp.authorize_url(**changes))
    return answered(result) if isinstance(result, str) else None


def test_a_second_sign_in_asks_nothing(
    rp: RelyingParty, standin: StandIn, kari: Person, clock: Clock
) -> None:
    browser = standin.browser()
    first = rp.claims_after(standin.sign_in(rp.authorize_url(), kari, browser=browser))
    clock.forward(10 * MINUTE)
    callback = browser.open(rp.authorize_url())
    assert isinstance(callback, str)
    second = rp.claims_after(callback)
    assert second["sid"] == first["sid"]
    assert second["auth_time"] == first["auth_time"]
    assert second["iat"] - second["auth_time"] == 10 * MINUTE


def test_the_session_ends_after_30_idle_minutes(
    rp: RelyingParty, standin: StandIn, kari: Person, clock: Clock
) -> None:
    browser = standin.browser()
    standin.sign_in(rp.authorize_url(), kari, browser=browser)
    clock.forward(29 * MINUTE)
    assert without_asking(rp, browser)
    clock.forward(29 * MINUTE)
    assert without_asking(rp, browser)
    clock.forward(30 * MINUTE)
    assert without_asking(rp, browser) is None


def test_the_session_ends_after_120_minutes_however_used(
    rp: RelyingParty, standin: StandIn, kari: Person, clock: Clock
) -> None:
    browser = standin.browser()
    standin.sign_in(rp.authorize_url(), kari, browser=browser)
    for _ in range(5):
        clock.forward(23 * MINUTE)
        assert without_asking(rp, browser)
    clock.forward(6 * MINUTE)
    assert without_asking(rp, browser) is None


def test_a_higher_level_asks_again_and_keeps_the_session(
    rp: RelyingParty, standin: StandIn, kari: Person, clock: Clock
) -> None:
    browser = standin.browser()
    low = rp.claims_after(standin.sign_in(rp.authorize_url(), kari, "MinID", browser=browser))
    clock.forward(MINUTE)
    assert without_asking(rp, browser, acr_values="idporten-loa-high") is None
    url = rp.authorize_url(acr_values="idporten-loa-high")
    high = rp.claims_after(standin.sign_in(url, kari, browser=browser))
    assert (low["acr"], high["acr"]) == ("idporten-loa-substantial", "idporten-loa-high")
    assert high["sid"] == low["sid"]
    assert high["auth_time"] == low["auth_time"] + MINUTE


def test_prompt_login_asks_again(
    rp: RelyingParty, standin: StandIn, kari: Person, ola: Person
) -> None:
    browser = standin.browser()
    first = rp.claims_after(standin.sign_in(rp.authorize_url(), kari, browser=browser))
    assert without_asking(rp, browser, prompt="login") is None
    url = rp.authorize_url(prompt="login")
    other = rp.claims_after(standin.sign_in(url, ola, browser=browser))
    assert (other["pid"], first["pid"]) == (ola.pid, kari.pid)
    assert other["sid"] != first["sid"]


def test_prompt_none_never_asks(rp: RelyingParty, standin: StandIn, kari: Person) -> None:
    browser = standin.browser()
    answer = without_asking(rp, browser, prompt="none")
    assert answer
    assert answer["error"] == "login_required"
    standin.sign_in(rp.authorize_url(), kari, "MinID", browser=browser)
    assert "code" in (without_asking(rp, browser, prompt="none") or {})
    answer = without_asking(rp, browser, prompt="none", acr_values="idporten-loa-high")
    assert answer
    assert answer["error"] == "interaction_required"


def test_another_browser_has_no_session(rp: RelyingParty, standin: StandIn, kari: Person) -> None:
    standin.sign_in(rp.authorize_url(), kari)
    assert without_asking(rp, standin.browser()) is None
