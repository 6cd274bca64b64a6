"""The statistics of `make bench ARGS=same-answer-time`, and a short run. No clock is asked here."""

import json
import random
from pathlib import Path

import pytest

from devtools.bench.same_answer.smirnov import distance, holm, p_value, tail
from tests.devtools.test_bench import bench


@pytest.mark.parametrize(
    ("scaled", "published"),
    [
        (0.5, 1 - 0.036055),  # Smirnov's table of L
        (1.0, 1 - 0.730000),
        (2.0, 1 - 0.999329),
        (1.22385, 0.10),  # critical values
        (1.35810, 0.05),
        (1.62762, 0.01),
        (1.94947, 0.001),
    ],
)
def test_the_tail_is_the_published_one(scaled: float, published: float) -> None:
    assert tail(scaled) == pytest.approx(published, abs=2e-6)


def test_the_tail_falls_from_one_to_nothing() -> None:
    values = [tail(step / 100) for step in range(600)]
    assert values[0] == 1.0
    assert values[-1] < 1e-20
    assert values == sorted(values, reverse=True)


def test_the_distance_is_of_the_distributions() -> None:
    assert distance([1, 2, 3, 4], [1, 2, 3, 4]) == 0
    assert distance([1, 2], [3, 4, 5]) == 1
    assert distance([1, 2, 3, 4], [3, 4, 5, 6]) == 0.5
    assert distance([1, 1, 1, 2], [1, 2, 2, 2]) == 0.5


def test_two_samples_are_scaled_by_both_sizes() -> None:
    assert p_value(1.35810 / 500**0.5, sizes=(1000, 1000)) == pytest.approx(0.05, abs=1e-5)


def test_a_shift_is_found_and_chance_is_not() -> None:
    chance = random.Random(1)
    one, other = ([chance.gauss(5, 1) for _ in range(1000)] for _ in range(2))
    assert p_value(distance(one, other), sizes=(1000, 1000)) > 0.05
    shifted = [value + 0.2 for value in other]
    assert p_value(distance(one, shifted), sizes=(1000, 1000)) < 0.01


def test_many_comparisons_are_corrected_step_by_step() -> None:
    assert holm({"a": 0.01, "b": 0.04, "c": 0.03, "d": 0.5}) == pytest.approx(
        {"a": 0.04, "b": 0.09, "c": 0.09, "d": 0.5}
    )
    assert holm({"a": 0.6, "b": 0.7}) == {"a": 1.0, "b": 1.0}


def test_a_short_run_has_every_kind_with_its_figures(tmp_path: Path) -> None:
    kept = tmp_path / "same-answer-time.json"
    done = bench(tmp_path, "same-answer-time", "--runs=2", "--warm-up=0", f"--json={kept}")
    assert done.returncode == 0, done.stderr
    found = json.loads(kept.read_text())
    assert (found["runs"], found["level"]) == (2, 0.01)
    assert {"POST /link/", "POST /link/code/"} < set(found["measures"])
    for kinds in found["measures"].values():
        assert {"nobody's again", "nobody's, looked up", "known and free"} < set(kinds)
        for kind, figures in kinds.items():
            assert 0 < figures["p"] <= 1
            assert (figures["p_corrected"] is None) == (kind == "nobody's, looked up")
            assert kind in done.stdout
