"""Simulations with fixed seeds: what the statistics claim holds on data whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest

from perfkit.stats.comparison import Direction, compare
from perfkit.stats.intervals import Interval, over_runs, proportion_interval
from perfkit.stats.verdict import judge


def runs(noise: np.random.Generator, mean: float, spread: float = 0.03, count: int = 5) -> list[float]:
    return list(mean * np.exp(noise.normal(0, spread, count)))


def test_equal_labels_with_little_noise_are_the_same() -> None:
    noise = np.random.default_rng(4)
    verdicts = [compare(runs(noise, 100, 0.01), runs(noise, 100, 0.01), direction="lower").verdict for _ in range(50)]
    assert verdicts.count("same") >= 45


@pytest.mark.parametrize(("direction", "expected"), [("lower", "faster"), ("higher", "slower")])
def test_better_depends_on_the_metric(direction: Direction, expected: str) -> None:
    assert compare([100, 101, 99, 100, 102], [50, 51, 49, 50, 52], direction=direction).verdict == expected


def test_too_few_runs_decide_nothing() -> None:
    assert compare([100.0], [50.0], direction="lower").verdict == "inconclusive"
    assert over_runs([100.0]).lo is None


@pytest.mark.parametrize(
    ("lo", "hi", "n", "verdict"),
    [
        (400, 499, 9, "met"),
        (500, 600, 9, "missed"),
        (450, 550, 9, "inconclusive"),
        (None, None, 9, "inconclusive"),
        (None, None, 0, "no_data"),
    ],
)
def test_a_verdict_needs_the_whole_interval(lo: float | None, hi: float | None, n: int, verdict: str) -> None:
    assert judge(Interval(480, lo, hi, n, "test"), "<", 500) == verdict


def test_what_must_be_high_is_judged_by_its_lower_end() -> None:
    assert judge(Interval(0.9, 0.85, 0.95, 50, "test"), ">", 0.8) == "met"
    assert judge(Interval(0.7, 0.65, 0.75, 50, "test"), ">", 0.8) == "missed"


def test_no_failure_in_few_requests_does_not_prove_much() -> None:
    interval = proportion_interval(0, 20)
    assert (interval.value, interval.lo) == (0, 0)
    assert (interval.hi or 0) > 0.1
