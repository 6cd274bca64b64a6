"""The bench of the audit log's verifier, with few events."""

import pytest

from devtools.bench.audit_verify import compare
from devtools.bench.children import ChildFailed


def test_each_side_reads_the_whole_log_and_the_ratio_is_to_reading() -> None:
    report = compare.run(events=200, runs=2)

    assert set(report.sides) == {"read and parsed", "verified", "a tenth", "a seal an event"}
    assert set(report.ratios) == {"verified to read"}
    assert [limit.at_most for limit in report.limits] == [60, 60, 1.5]


def test_a_log_that_is_not_sound_is_no_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audit.verifier.FORMAT", "another")

    with pytest.raises(ChildFailed, match="not the header"):
        compare.run(events=200, runs=2)
