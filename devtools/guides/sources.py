"""What the guide was made from, so that a test can tell an old one."""

import hashlib
import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.template import Context, Engine
from django.utils import translation

from linking.guides import FOLDER

HERE = Path(__file__).parent
OUT = Path(settings.BASE_DIR) / "static" / FOLDER
DIGESTS = OUT / "sources.json"
LANGUAGES = [code for code, _name in settings.LANGUAGES]
# The pages in the pictures.
SHOWN = (
    *("mail/invitation.html", "mail/invited.html"),
    *("linking/invitation.html", "linking/invitation_confirm.html"),
)


def print_page(language: str, pictures: list[str]) -> str:
    """Give the guide as HTML for paper, with these addresses of its pictures."""
    source = (HERE / "print.html").read_text(encoding="utf-8")
    with translation.override(language):
        page = Engine.get_default().from_string(source)
        return str(page.render(Context({"pictures": pictures})))


def digest(language: str) -> str:
    """Give the hash of all words and templates behind a language's guide."""
    parts = [print_page(language, ["1", "2", "3", "4"])]
    templates = Path(settings.BASE_DIR) / "templates"
    parts += [(templates / name).read_text(encoding="utf-8") for name in SHOWN]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def write_digests() -> None:
    digests = {language: digest(language) for language in LANGUAGES}
    DIGESTS.write_text(json.dumps(digests, indent=2) + "\n", encoding="utf-8")


def written_digests() -> Any:
    return json.loads(DIGESTS.read_text(encoding="utf-8"))
