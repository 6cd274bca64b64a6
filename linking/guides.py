"""The user guide: its pictures and its PDF in each language, made by `make guides`."""

from functools import cache
from pathlib import Path

from django.contrib.staticfiles import finders

FOLDER = "kobling/guide"
PICTURES = ("mail", "open", "confirm", "done")


def picture_names(language: str) -> list[str]:
    """Give the static names of the four pictures."""
    return [f"{FOLDER}/{language}-{picture}.png" for picture in PICTURES]


def pdf_name(language: str) -> str:
    return f"{FOLDER}/guide-{language}.pdf"


@cache
def pdf(language: str) -> bytes:
    """Give the guide as it is attached to mails.

    Raises:
        LookupError: it was not made.
    """
    found = finders.find(pdf_name(language))
    if not isinstance(found, str):
        raise LookupError(f"There is no guide in {language}: run make guides.")
    return Path(found).read_bytes()
