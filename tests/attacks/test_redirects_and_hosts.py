"""Where the portal sends people, and what it believes of its own address (A-16, A-17)."""

import re
from urllib.parse import urljoin, urlsplit

import pytest
import time_machine
from django.test import Client

from accounts.models import Employee, Organisation
from devtools.mailbox import Mailbox
from tests.administrators import PASSWORD, SECOND_FACTOR, SIGN_IN, code_of, enrol_app
from tests.factories import fingerprint_of, make_link
from tests.journeys.visitor import INGRID, Visitor, run_worker, text

HOST = "eksempel-kommune.localhost"
# With what each of them has fooled: parsers of browsers, of frameworks, of proxies.
NEXT = (
    *(
        "https://evil.example",
        "HTTPS://evil.example",
        "http://evil.example/me/",
        "ftp://evil.example",
    ),
    *(
        "//evil.example",
        "///evil.example",
        "////evil.example",
        "//evil.example/%2f..",
        "/\\evil.example",
    ),
    *(
        "\\\\evil.example",
        "\\/evil.example",
        "/\\/evil.example",
        "//\\evil.example",
        "http:\\\\evil.example",
    ),
    *(
        "https:evil.example",
        "https:/evil.example",
        "http:///evil.example",
        "https:///\\evil.example",
    ),
    *("javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", "data:text/html,x"),
    *("vbscript:x", "blob:x", "file:///etc/passwd", "mailto:x@evil.example"),
    *(
        "/\t/evil.example",
        "/\n/evil.example",
        "/\r/evil.example",
        "\t//evil.example",
        " //evil.example",
    ),
    *("\x00//evil.example", "/\x00/evil.example", "\u00a0//evil.example", "/\u2028/evil.example"),
    *("//evil。example", "//evil%E3%80%82example", "／／evil.example", "/／evil.example"),
    *("@evil.example", "evil.example", ".evil.example", ":80", "?next=https://evil.example"),
    *(f"http://{HOST}@evil.example/", f"http://{HOST}.evil.example/", f"//{HOST}:x@evil.example/"),
    *(f"http://evil.example#@{HOST}/", f"http://evil.example\\@{HOST}/", f"https://{HOST}:99/"),
    *("/%0d%0aLocation:%20https://evil.example\r\n", "/me/\r\nLocation: https://evil.example"),
    *("//[::1]/", "//[", "http://[", "//0x7f000001", "//2130706433/", "/" + "a" * 3000),
)


def test_the_corpus_is_a_corpus() -> None:
    """A-16."""
    assert len(NEXT) == len(set(NEXT)) >= 40


def leads(address: str, *, base: str = f"http://{HOST}/any/") -> str:
    """Where a browser goes: it drops tabs and line breaks, and takes a backslash for a slash."""
    cleaned = re.sub(r"[\t\r\n]", "", address).strip("\x00 ").replace("\\", "/")
    return urlsplit(urljoin(base, cleaned)).netloc


@pytest.mark.parametrize("target", NEXT, ids=ascii)
def test_next_leaves_the_portal_at_no_place_that_takes_one(
    visitor: Visitor, ingrid: Employee, target: str
) -> None:
    """A-16: the front page, the start of the sign-in, its end, and the switch of languages."""
    make_link(employee=ingrid, whose=fingerprint_of(INGRID.national_id))
    front = text(visitor.get("/", next=target))
    for href in re.findall(r'href="(/oidc/[^"]*|[^"]*next=[^"]*)"', front):
        assert "evil" not in href
    switched = visitor.post("/language/", language="nn", next=target)
    assert leads(switched.headers["Location"]) == HOST
    assert visitor.sign_in(next_url=target).headers["Location"] == "/me/"
    assert leads(visitor.get("/", next=target).headers["Location"]) == HOST


@pytest.mark.parametrize("target", NEXT, ids=ascii)
def test_next_leaves_the_portal_after_no_first_visit(
    visitor: Visitor, ingrid: Employee, target: str
) -> None:
    """A-16: kept in the session from the sign-in to the page that says «done»; nothing is kept."""
    visitor.sign_in(next_url=target)
    assert visitor.client.session["next"] == ""


def test_next_leaves_the_portal_after_no_sign_in_to_the_administration(
    organisation: Organisation,
) -> None:
    """A-16: from Django's door, from the page of the password and from that of the code."""
    from accounts.models import User

    secret = enrol_app(User.objects.create_superuser("admin", PASSWORD))
    for step, target in enumerate(NEXT):
        with time_machine.travel(30 * step + 10**9, tick=False):
            browser = Client(headers={"host": HOST})
            door = browser.get("/admin/login/", {"next": target})
            browser.post(SIGN_IN, {"username": "admin", "password": PASSWORD, "next": target})
            fields = {"code": code_of(secret), "next": target}
            answers = [door, browser.post(SECOND_FACTOR, fields)]
        for answer in answers:
            assert answer.status_code == 302
            assert leads(answer.headers["Location"], base=f"http://{HOST}{SIGN_IN}") == HOST, target


@pytest.mark.parametrize("target", NEXT, ids=ascii)
def test_next_leaves_the_portal_after_no_refusal(visitor: Visitor, target: str) -> None:
    """A-16: the button to try again on the page of a refusal."""
    page = text(visitor.sign_in(cancel=True, next_url=target))
    assert "/oidc/authenticate/" in page
    assert "evil" not in page


# --- A-17 ----------------------------------------------------------------------------------------

FOREIGN = (
    *("evil.example", f"{HOST}.evil.example", f"{HOST}:99", f"{HOST}:", f"{HOST}:80", f"{HOST}."),
    *(f"{HOST}@evil.example", f"evil.example#{HOST}", f"x.{HOST}", "localhost", "127.0.0.1", ""),
    *(
        f"{HOST} evil.example",
        f"{HOST},evil.example",
        "[::1]",
        f"{HOST}/x",
        f"{HOST}\\x",
        "EVIL.example",
    ),
)
PATHS = ("/", "/oidc/authenticate/", "/oidc/callback/?state=x", "/link/", "/me/", "/help/", "/x/")
FORWARDED = ("X-Forwarded-Host", "Forwarded", "X-Host", "X-Original-Host", "X-Forwarded-Server")


@pytest.mark.django_db
@pytest.mark.parametrize("host", FOREIGN)
def test_a_host_that_is_nobodys_is_400_and_never_repeated(
    organisation: Organisation, host: str
) -> None:
    """A-17: a port and a dot at the end belong to the name."""
    for path in PATHS:
        answer = Client().get(path, headers={"host": host})
        assert answer.status_code == 400, path
        assert "evil" not in text(answer)
        assert "Location" not in answer.headers


def test_the_organisations_own_host_is_found_in_any_case(organisation: Organisation) -> None:
    """A-17: names of hosts have no case."""
    assert Client().get("/", headers={"host": HOST.upper()}).status_code == 200


@pytest.mark.parametrize("name", FORWARDED)
def test_a_forwarded_host_changes_nothing(visitor: Visitor, mailbox: Mailbox, name: str) -> None:
    """A-17: neither where the browser is sent, nor what ID-porten is told, nor a link in a mail."""
    header = {name: "host=evil.example" if name == "Forwarded" else "evil.example"}
    visitor.client.defaults |= {f"HTTP_{k.upper().replace('-', '_')}": v for k, v in header.items()}
    assert "evil" not in text(visitor.get("/"))
    visitor.link(mailbox)
    run_worker()
    idporten = visitor.idporten
    asked = idporten.authorizations[-1]
    assert getattr(asked, "redirect_uri", "") == f"http://{HOST}/oidc/callback/"
    assert len(mailbox.mails) == 2
    for mail in mailbox.mails:
        for body in (mail.text, mail.html, str(mail.headers)):
            assert "evil" not in body
        assert f"http://{HOST}/" in mail.text
    assert "evil" not in text(visitor.get("/me/"))
    assert "evil" not in text(visitor.post("/oidc/logout/"))


def test_links_in_mails_come_from_the_stored_host(
    visitor: Visitor, organisation: Organisation, mailbox: Mailbox
) -> None:
    """A-17: not from the request that asked, which was answered at another address by then."""
    visitor.sign_in()
    visitor.post("/link/", email=INGRID.email)
    Organisation.objects.update(host="login.stored.example")
    run_worker()
    hosts = {
        urlsplit(link).netloc for link in re.findall(r"https?://[^\s\"<]+", mailbox.mails[0].text)
    }
    assert hosts == {"login.stored.example"}


@pytest.mark.parametrize(
    "target", ["http://evil.example/", "//evil.example/", "http://evil.example/me/"]
)
def test_an_absolute_uri_in_the_request_line_is_a_path_at_most(
    organisation: Organisation, target: str
) -> None:
    """A-17: the host is the header's; what stands before the path decides nothing."""
    answer = Client().generic("GET", "/", PATH_INFO=target, headers={"host": HOST})
    assert answer.status_code in (400, 404)
    assert "Location" not in answer.headers


def test_an_inactive_organisations_host_is_400(organisation: Organisation) -> None:
    """A-17."""
    Organisation.objects.update(active=False)
    assert Client(headers={"host": HOST}).get("/").status_code == 400
