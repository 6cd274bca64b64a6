"""What must hold for every page and mail template, whatever a view fills in."""

import re
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.template.loader import get_template, render_to_string
from django.utils import translation

TEMPLATES = Path(settings.BASE_DIR) / "templates"
PAGES = sorted(path for path in TEMPLATES.rglob("*.html") if path.parent.name != "mail")
LANGUAGES = [code for code, _name in settings.LANGUAGES]
# What a strict Content-Security-Policy would block.
INLINE = re.compile(
    r"\sstyle=|<style|\son[a-z]+=|<script(?![^>]*\ssrc=)|javascript:", re.IGNORECASE
)
REMOTE = re.compile(r"""(?:src|srcset|href)=["'](?:https?:)?//|url\(""", re.IGNORECASE)

ORGANISATION = SimpleNamespace(
    name="Fjord & fjell kommune", support_email="hjelp@fjord.example", support_phone="22 00 00 00"
)
MAIL = {
    "organisation": ORGANISATION,
    "employee": SimpleNamespace(first_name="Kjell O'Hara"),
    "requester": "<b>Siri</b> Prøve",
    "eid_name": "BankID",
    "code": "123456",
    "valid_minutes": 10,
    "requested_at": datetime(2026, 3, 1, 12, 5, tzinfo=UTC),
    "linked_at": datetime(2026, 3, 1, 12, 5, tzinfo=UTC),
    "portal_url": "http://eksempel-kommune.localhost/",
}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(TEMPLATES).as_posix())
def test_no_page_has_inline_style_or_script_or_fetches_from_elsewhere(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert not INLINE.search(source)
    assert not REMOTE.search(source)


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("mail/*.html")), ids=lambda path: path.name)
def test_no_mail_fetches_anything(path: Path) -> None:
    assert not re.search(r"<img|<link|<script|url\(", path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["400.html", "500.html", "unknown_host.html"])
def test_the_bare_pages_need_no_context(name: str, language: str) -> None:
    with translation.override(language):
        page = get_template(name).render()
    assert f'<html lang="{language}"' in page
    assert page.count("<h1") == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_code_mail_says_who_asked_and_when_and_hides_the_code_from_the_subject(
    language: str,
) -> None:
    with translation.override(language):
        subject = render_to_string("mail/code.subject.txt", MAIL).strip()
        text = render_to_string("mail/code.txt", MAIL)
        page = render_to_string("mail/code.html", MAIL)
    assert "\n" not in subject
    assert "Fjord & fjell kommune" in subject
    assert not re.search(r"\d", subject)
    for body in (text, page):
        assert "123 456" in body
        assert re.search(r"2026.*13[.:]05", body)  # Oslo's time
        assert "hjelp@fjord.example" in body
    assert "<b>Siri</b> Prøve" in text
    assert "Kjell O'Hara" in text


def test_names_are_escaped_in_html_mail() -> None:
    """threats.md A-15."""
    page = render_to_string("mail/code.html", MAIL)
    assert "<b>Siri" not in page
    assert "&lt;b&gt;Siri&lt;/b&gt; Prøve" in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_link_notice_says_where_to_remove_the_link(language: str) -> None:
    with translation.override(language):
        subject = render_to_string("mail/linked.subject.txt", MAIL).strip()
        text = render_to_string("mail/linked.txt", MAIL)
    assert "\n" not in subject
    assert "http://eksempel-kommune.localhost/me/" in text
    assert "hjelp@fjord.example" in text
