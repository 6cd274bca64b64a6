"""Keeps the translations: extracts, updates, compiles and checks them, without GNU gettext.

`python -m devtools.messages extract` after a text has changed, then translate what is new in
`locale/`; `check` tells what is missing; `compile` makes the files that Django reads.
"""

import re
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("portal", "accounts", "linking", "audit")
LANGUAGES = ("nb", "nn")  # English is the source
KEYWORDS = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop")),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (1, 2)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), ((1, "c"), 2)),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), ((1, "c"), 2, 3)),
}
# What must be alike in a text and its translation: placeholders, and tags, lest an end is lost.
FIXED_PARTS = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}|</?\w+")
# Without dates, so that two branches do not conflict in them.
HEADER = """\
msgid ""
msgstr ""
"Project-Id-Version: Kobling\\n"
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

"""


def extract_all(root: Path = ROOT) -> Catalog:
    """Give every text of our packages and templates, untranslated, in the order of the files."""
    catalog = Catalog()
    for path in _sources(root):
        name = path.relative_to(root).as_posix()
        for line, message_id, _comments, context in extract("python", _as_python(path), KEYWORDS):
            catalog.add(message_id, locations=[(name, line)], context=context)
    return catalog


def _sources(root: Path) -> Iterator[Path]:
    for package in PACKAGES:
        yield from sorted((root / package).rglob("*.py"))
    for folder in ("templates", *(f"{package}/templates" for package in PACKAGES)):
        found = (root / folder).rglob("*")
        yield from sorted(path for path in found if path.suffix in {".html", ".txt"})


def _as_python(path: Path) -> BytesIO:
    if path.suffix == ".py":
        return BytesIO(path.read_bytes())
    source = templatize(path.read_text(encoding="utf-8"))
    # What stands around the calls is blanked text: its indentation means nothing to Python.
    return BytesIO("\n".join(line.strip() for line in source.splitlines()).encode())


def po_path(language: str, root: Path = ROOT) -> Path:
    return root / "locale" / language / "LC_MESSAGES" / "django.po"


def read_translations(language: str, root: Path = ROOT) -> Catalog:
    """Give the language's translations; an empty catalogue where there is no file yet."""
    path = po_path(language, root)
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def update_all(root: Path = ROOT) -> None:
    """Write each language's file anew: new texts untranslated, gone ones out, nothing guessed."""
    for language in LANGUAGES:
        kept = read_translations(language, root)
        updated = Catalog(locale=language)
        for message in _messages(extract_all(root)):
            known = kept.get(message.id, message.context)
            if known is not None and not known.fuzzy:
                message.string = known.string
            updated[message.id] = message
        _write(updated, language, root)


def _write(catalog: Catalog, language: str, root: Path) -> None:
    body = BytesIO()
    write_po(body, catalog, width=100, omit_header=True, include_lineno=False)
    path = po_path(language, root)
    path.parent.mkdir(parents=True, exist_ok=True)
    text = HEADER.format(language=language) + body.getvalue().decode().strip() + "\n"
    path.write_text(text, encoding="utf-8")


def compile_all(root: Path = ROOT) -> list[Path]:
    """Make Django's .mo beside each .po that is newer; give the files made."""
    made = []
    for language in LANGUAGES:
        source = po_path(language, root)
        target = source.with_suffix(".mo")
        if not source.exists() or _is_newer(target, source):
            continue
        with target.open("wb") as file:
            write_mo(file, read_translations(language, root))
        made.append(target)
    return made


def _is_newer(target: Path, source: Path) -> bool:
    return target.exists() and target.stat().st_mtime >= source.stat().st_mtime


def check(root: Path = ROOT) -> list[str]:
    """Give what is wrong with the translations, one sentence each; empty when they are complete."""
    texts = extract_all(root)
    return [
        f"{language}: {problem}"
        for language in LANGUAGES
        for problem in _problems(texts, read_translations(language, root))
    ]


def _problems(texts: Catalog, translations: Catalog) -> Iterator[str]:
    for text in _messages(texts):
        translation = translations.get(text.id, text.context)
        if translation is None or not all(_strings(translation)):
            yield f"missing: {text.id!r}"
        elif translation.fuzzy:
            yield f"fuzzy: {text.id!r}"
        elif not _fixed_parts_agree(text, translation):
            yield f"other placeholders or tags than in the source: {text.id!r}"
    for translation in _messages(translations):
        if texts.get(translation.id, translation.context) is None:
            yield f"stale: {translation.id!r}"
    for obsolete in translations.obsolete.values():
        yield f"obsolete: {obsolete.id!r}"


def _messages(catalog: Catalog) -> Iterator[Message]:
    return (message for message in catalog if message.id)  # the header has no id


def _strings(message: Message) -> tuple[str, ...]:
    string = message.string or ""
    return (string,) if isinstance(string, str) else tuple(string)


def _fixed_parts_agree(text: Message, translation: Message) -> bool:
    ids = (text.id,) if isinstance(text.id, str) else text.id
    allowed = [sorted(FIXED_PARTS.findall(part)) for part in ids]
    return all(sorted(FIXED_PARTS.findall(part)) in allowed for part in _strings(translation))


def main(arguments: list[str]) -> int:
    """Run one of the three commands; give the exit status."""
    match arguments:
        case ["extract"]:
            update_all()
        case ["compile"]:
            compile_all()
        case ["check"]:
            problems = check()
            print(*problems, sep="\n", end="\n" if problems else "")
            return 1 if problems else 0
        case _:
            print("usage: python -m devtools.messages extract|compile|check", file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
