"""Cache hits and misses under one name are two kinds of work; a long tail is not."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.stats.modes import modes

Sample = Callable[[np.random.Generator, int], np.ndarray]


def mixture(share: float, ratio: float, spread: float) -> Sample:
    """Durations of which a share takes `ratio` times as long."""
    return lambda noise, count: np.where(noise.random(count) < share, ratio, 1.0) * 10 * np.exp(noise.normal(0, spread, count))


def share_with_modes(sample: Sample, count: int, trials: int = 40) -> float:
    noise = np.random.default_rng(31)
    return sum(modes(sample(noise, count)) is not None for _ in range(trials)) / trials


def test_hits_and_misses_are_told_apart() -> None:
    noise = np.random.default_rng(1)
    hits, misses = 5 * np.exp(noise.normal(0, 0.3, 700)), 200 * np.exp(noise.normal(0, 0.2, 300))
    found = modes(np.concatenate([hits, misses]))
    assert found is not None
    assert (found.fast.share, found.slow.share) == (0.7, 0.3)
    assert (found.fast.median_ms, found.slow.median_ms) == (np.median(hits), np.median(misses))
    assert hits.max() < found.split_ms < misses.min()


def test_a_coarse_clock_hides_no_kind() -> None:
    found = modes([1.0] * 800 + [200.0, 210.0] * 100)
    assert found is not None
    assert (found.fast.median_ms, found.slow.median_ms) == (1, 205)


def test_neighbouring_ticks_are_no_kinds() -> None:
    assert modes([1.0] * 500 + [3.0] * 500 + [2.0]) is None


@pytest.mark.parametrize("sample", [mixture(0.2, 3, 0.3), mixture(0.8, 3, 0.3), mixture(0.5, 3, 0.1), mixture(0.1, 40, 0.3)])
def test_two_kinds_are_found(sample: Sample) -> None:
    assert share_with_modes(sample, 200) >= 0.75
    assert share_with_modes(sample, 5000) == 1


@pytest.mark.parametrize(
    "sample",
    [
        lambda noise, count: noise.lognormal(3, 0.3, count),
        lambda noise, count: noise.lognormal(3, 1.0, count),
        lambda noise, count: noise.gamma(2, 10, count),
        lambda noise, count: noise.exponential(10, count),
        lambda noise, count: noise.uniform(0, 100, count),
        lambda noise, count: 10 * (1 + noise.pareto(1.5, count)),
        lambda noise, count: np.where(noise.random(count) < 0.01, 2000, noise.lognormal(3, 0.3, count)),
        lambda noise, count: np.round(noise.lognormal(0.3, 0.5, count)),
    ],
)
@pytest.mark.parametrize("count", [200, 5000])
def test_one_kind_is_one(sample: Sample, count: int) -> None:
    assert share_with_modes(sample, count) <= 0.025


@pytest.mark.parametrize("durations", [[], [1.0], [1.0, 200.0] * 49, [5.0] * 1000, [0.0] * 1000])
def test_few_or_equal_durations_are_one_kind(durations: list[float]) -> None:
    assert modes(durations) is None


def test_what_is_no_duration_is_refused() -> None:
    with pytest.raises(ValueError, match="leave out"):
        modes([float("nan")] * 200)
    with pytest.raises(ValueError, match="negative"):
        modes([-1.0] * 200)


@given(st.lists(st.sampled_from([0.0, 1e-9, 1.0, 1.001, 50.0, 1e12]), min_size=100, max_size=150))
def test_no_durations_break_it(durations: list[float]) -> None:
    found = modes(durations)
    assert found is None or found.fast.share + found.slow.share == pytest.approx(1)
