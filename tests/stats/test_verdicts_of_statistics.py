"""Simulations with fixed seeds: what the statistics claim holds on data whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest

from perfkit.stats.comparison import Direction, compare
from perfkit.stats.intervals import Interval, over_batches, over_runs, proportion_interval
from perfkit.stats.verdict import judge

TRIALS = 200


def runs(noise: np.random.Generator, mean: float, spread: float = 0.03, count: int = 5) -> list[float]:
    return list(mean * np.exp(noise.normal(0, spread, count)))


def queue(noise: np.random.Generator, load: float, requests: int = 20_000) -> np.ndarray:
    """Times in an M/M/1 system, by Lindley's recursion."""
    service, arrival = noise.exponential(1.0, requests), noise.exponential(1 / load, requests)
    walk = np.concatenate([[0.0], np.cumsum(service[:-1] - arrival[1:])])
    waiting: np.ndarray = walk - np.minimum.accumulate(walk)
    return waiting + service


def share_called_different(pairs: list[tuple[list[float], list[float]]]) -> float:
    verdicts = [compare(base, candidate, direction="lower").verdict for base, candidate in pairs]
    return sum(verdict in ("faster", "slower") for verdict in verdicts) / len(verdicts)


def test_equal_labels_are_rarely_called_different() -> None:
    noise = np.random.default_rng(1)
    assert share_called_different([(runs(noise, 100), runs(noise, 100)) for _ in range(TRIALS)]) <= 0.05


def test_ten_percent_is_found_at_three_percent_noise() -> None:
    noise = np.random.default_rng(2)
    assert share_called_different([(runs(noise, 100), runs(noise, 110)) for _ in range(TRIALS)]) >= 0.90


def test_queueing_noise_is_not_called_a_change() -> None:
    noise = np.random.default_rng(3)
    sides = [[float(np.quantile(queue(noise, 0.8), 0.95)) for _ in range(5)] for _ in range(2 * 150)]
    assert share_called_different(list(zip(sides[::2], sides[1::2], strict=True))) <= 0.08


def test_equal_labels_with_little_noise_are_the_same() -> None:
    noise = np.random.default_rng(4)
    verdicts = [compare(runs(noise, 100, 0.01), runs(noise, 100, 0.01), direction="lower").verdict for _ in range(50)]
    assert verdicts.count("same") >= 45


def test_batches_cover_the_truth_in_a_busy_queue() -> None:
    noise = np.random.default_rng(5)
    truth = float(np.quantile(queue(noise, 0.8, 2_000_000), 0.95))
    covered = 0
    for _ in range(100):
        times = queue(noise, 0.8)
        interval = over_batches([float(np.quantile(batch, 0.95)) for batch in np.array_split(times, 10)])
        covered += (interval.lo or 0) <= truth <= (interval.hi or 0)
    assert covered >= 85


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
