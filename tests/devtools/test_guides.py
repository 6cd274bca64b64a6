"""The user guide is there in each language, accessible, small, and of today's words."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from accounts.models import Organisation
from devtools.guides.sources import LANGUAGES, OUT, digest, written_digests
from linking import guides

STATIC = Path(settings.BASE_DIR) / "static"
MOST_BYTES = 400_000


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pdf_is_tagged_says_its_language_and_is_small(language: str) -> None:
    pdf = guides.pdf(language)
    assert pdf.startswith(b"%PDF-")
    assert re.search(rb"/MarkInfo\s*<<[^>]*/Marked true", pdf)
    assert f"/Lang ({language})".encode() in pdf
    assert b"/StructTreeRoot" in pdf
    assert b"/DisplayDocTitle true" in pdf
    assert pdf.count(b"/S /Figure") == len(guides.PICTURES)
    assert pdf.count(b"/Alt") >= len(guides.PICTURES)
    assert len(pdf) < MOST_BYTES


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_guide_is_of_todays_words_and_pages(language: str) -> None:
    """Red? `make guides`."""
    assert written_digests()[language] == digest(language)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.django_db
def test_the_page_shows_the_pictures_and_leads_to_the_pdf(
    organisation: Organisation, language: str
) -> None:
    browser = Client(headers={"host": organisation.host, "accept-language": language})
    page = browser.get("/help/guide/").content.decode()
    names = [*guides.picture_names(language), guides.pdf_name(language)]
    assert all(f'"/static/{name}"' in page and (STATIC / name).is_file() for name in names)
    assert len(re.findall(r'<img src="[^"]+" alt="[^"]{10,}">', page)) == len(guides.PICTURES)
    assert {path.name for path in OUT.glob(f"{language}-*")} == {
        Path(name).name for name in guides.picture_names(language)
    }
