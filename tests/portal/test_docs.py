"""What the documents name is there, and each setting that the portal reads is documented."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from audit.events import Event

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = (ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md")))
READERS = {"text", "boolean", "words", "networks"}  # of portal/env.py
WITHOUT_FILE = {"DEBUG"}
_LINK = re.compile(r"\]\(([^)#]+)[^)]*\)")
_ROW = re.compile(r"^\| `([A-Z_]+)` \|.* \| (?:`([A-Z_]+)`|no) \|$", re.MULTILINE)
_EVENT = re.compile(r"`([a-z-]+(?::[a-z-]+)+)`")


_TEST = re.compile(r"`(tests/[a-z0-9_/]+\.py)(?:::([a-z0-9_]+))?`")


def settings_read() -> set[str]:
    """Give the names that the settings ask the environment for."""
    return {
        name
        for path in ("portal/settings.py", "portal/env.py")
        for name in _names_read(ast.parse((ROOT / path).read_text(encoding="utf-8")))
    }


def _names_read(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        name = getattr(node.func, "attr", None) or getattr(node.func, "id", None)
        first = node.args[0]
        if name in READERS and isinstance(first, ast.Constant):
            yield str(first.value)


def documented() -> dict[str, str]:
    """Give the settings of the table in the operations guide, each with its `_FILE` variant."""
    return dict(_ROW.findall((ROOT / "docs/operations.md").read_text(encoding="utf-8")))


def test_every_setting_is_documented_and_no_other() -> None:
    assert settings_read() == set(documented())
    assert len(settings_read()) > 10


def test_every_file_variant_is_documented() -> None:
    assert documented() == {
        name: "" if name in WITHOUT_FILE else f"{name}_FILE" for name in settings_read()
    }


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_linked_file_exists(document: Path) -> None:
    links = [
        link for link in _LINK.findall(document.read_text(encoding="utf-8")) if ":" not in link
    ]
    assert not [link for link in links if not (document.parent / link).exists()]


def test_every_event_named_in_the_documents_exists() -> None:
    named = {
        event
        for document in DOCUMENTS
        for event in _EVENT.findall(document.read_text(encoding="utf-8"))
    }
    assert named
    assert named <= set(Event.values)


def test_every_decision_is_in_the_index() -> None:
    folder = ROOT / "docs" / "adr"
    linked = _LINK.findall((folder / "README.md").read_text(encoding="utf-8"))
    assert sorted(linked) == sorted(path.name for path in folder.glob("[0-9]*.md"))


def test_every_test_that_the_security_table_names_is_there() -> None:
    named = set(_TEST.findall((ROOT / "docs/security.md").read_text(encoding="utf-8")))
    assert len(named) > 50
    missing = [
        f"{path}::{name}"
        for path, name in sorted(named)
        if not (ROOT / path).is_file() or (name and f"def {name}(" not in (ROOT / path).read_text())
    ]
    assert not missing
