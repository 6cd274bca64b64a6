"""The translations are complete, and the check that says so finds what it is meant to find."""

import gettext
import os
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from devtools import messages

TEMPLATE = """\
<main>
        {% translate "Sign in" %}
    {% blocktranslate trimmed with name=person.name %}
      Hello,
      <b>{{ name }}</b>
    {% endblocktranslate %}
  {% blocktranslate count n=tries %}{{ n }} try{% plural %}{{ n }} tries{% endblocktranslate %}
</main>
"""
PYTHON = """\
from django.utils.translation import gettext_lazy as _, ngettext, pgettext

TITLE = _("Title")
KIND = pgettext("mail", "Kind")
COUNT = ngettext("%(n)s row", "%(n)s rows", 2)
"""
TRANSLATED: dict[str, str | tuple[str, ...]] = {
    "Sign in": "Logg inn",
    "Hello, <b>%(name)s</b>": "Hei, <b>%(name)s</b>",
    "Title": "Tittel",
    "Kind": "Slag",
    "%(n)s row": ("%(n)s rad", "%(n)s rader"),
    "%(n)s try": ("%(n)s forsøk", "%(n)s forsøk"),
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A small project whose every text is translated."""
    (tmp_path / "portal").mkdir()
    (tmp_path / "portal/models.py").write_text(PYTHON)
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates/page.html").write_text(TEMPLATE)
    for language in messages.LANGUAGES:
        translate(tmp_path, language, TRANSLATED)
    return tmp_path


def translate(root: Path, language: str, strings: dict[str, str | tuple[str, ...]]) -> None:
    catalog = messages.extract_all(root)
    for message in catalog:
        if message.id:
            key = message.id if isinstance(message.id, str) else message.id[0]
            message.string = strings[key]
    messages._write(catalog, language, root)


def change(root: Path, old: str, new: str) -> None:
    path = messages.po_path("nn", root)
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_the_portals_translations_are_complete() -> None:
    assert messages.check() == []


def test_a_complete_project_has_no_problem(project: Path) -> None:
    assert messages.check(project) == []


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('msgstr "Logg inn"', 'msgstr ""', "nn: missing: 'Sign in'"),
        ('msgstr[1] "%(n)s rader"', 'msgstr[1] ""', "nn: missing: ('%(n)s row', '%(n)s rows')"),
        (
            'msgid "Title"',
            '#, fuzzy\nmsgid "Title"',
            "nn: fuzzy: 'Title'",
        ),
        (
            'msgid "Title"',
            'msgid "Old"\nmsgstr "Gammal"\n\nmsgid "Title"',
            "nn: stale: 'Old'",
        ),
        (
            'msgid "Title"',
            '#~ msgid "Old"\n#~ msgstr "Gammal"\n\nmsgid "Title"',
            "nn: obsolete: 'Old'",
        ),
        (
            "Hei, <b>%(name)s</b>",
            "Hei, <b>%(navn)s</b>",
            "nn: other placeholders or tags than in the source: 'Hello, <b>%(name)s</b>'",
        ),
        (
            "Hei, <b>%(name)s</b>",
            "Hei, <b>%(name)s",
            "nn: other placeholders or tags than in the source: 'Hello, <b>%(name)s</b>'",
        ),
    ],
)
def test_each_kind_of_problem_is_found(project: Path, old: str, new: str, problem: str) -> None:
    change(project, old, new)
    assert messages.check(project) == [problem]


def test_an_entry_that_is_not_there_is_missing(project: Path) -> None:
    (project / "portal/views.py").write_text('x = _("Brand new")\n')
    assert messages.check(project) == ["nb: missing: 'Brand new'", "nn: missing: 'Brand new'"]


def test_extract_keeps_what_is_translated_and_drops_what_is_gone(project: Path) -> None:
    before = messages.po_path("nb", project).read_bytes()
    messages.update_all(project)
    assert messages.po_path("nb", project).read_bytes() == before

    (project / "portal/models.py").write_text('x = _("Titles")\n')
    messages.update_all(project)
    with messages.po_path("nb", project).open("rb") as file:
        catalog = read_po(file)
    texts = {message.id: message.string for message in catalog if message.id}
    assert texts["Sign in"] == "Logg inn"
    assert texts["Titles"] == ""  # nothing is guessed from «Title»
    assert "Title" not in texts


def test_lines_above_a_text_do_not_change_the_file(project: Path) -> None:
    before = messages.po_path("nb", project).read_bytes()
    page = project / "templates/page.html"
    page.write_text("\n\n" + page.read_text())
    messages.update_all(project)
    assert messages.po_path("nb", project).read_bytes() == before


def test_compile_writes_what_gettext_reads_and_only_when_older(project: Path) -> None:
    made = messages.compile_all(project)
    assert [path.parts[-3] for path in made] == ["nb", "nn"]
    with made[0].open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    assert compiled.gettext("Sign in") == "Logg inn"
    assert compiled.pgettext("mail", "Kind") == "Slag"
    assert compiled.ngettext("%(n)s row", "%(n)s rows", 2) == "%(n)s rader"

    assert messages.compile_all(project) == []
    newer = made[0].stat().st_mtime + 10
    os.utime(messages.po_path("nb", project), (newer, newer))
    assert messages.compile_all(project) == made[:1]
