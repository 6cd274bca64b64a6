"""The bench of imports, with few people and without the library that only `make bench` installs."""

import os

import pytest

from devtools.bench.children import ChildFailed
from devtools.bench.importing import compare


def test_each_side_imports_everybody_and_the_ratio_is_to_bare_copy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(compare.SIDES, compare.LIBRARY)
    monkeypatch.setattr(compare, "version", lambda _package: "0")
    report = compare.run(server_url=os.environ["DATABASE_URL"], people=50, runs=2)
    assert set(report.sides) == {"bare COPY", "kobling", "the same again"}
    assert set(report.ratios) == {"time of kobling", "time of the same again"}
    assert [limit.at_most for limit in report.limits] == [5]


def test_where_the_library_is_not_installed_the_way_to_it_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(compare, "LIBRARY", "no-such-package")
    with pytest.raises(ChildFailed, match="make bench"):
        compare.run(server_url="postgresql://nowhere.invalid/none", people=50, runs=2)
