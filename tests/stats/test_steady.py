"""A run in balance says so."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.stats.steady import Steady, lag1, steady_from


@pytest.mark.parametrize(("values", "expected"), [([1, -1] * 50, -0.99), ([5, 5, 5], 0), ([5], 0), ([], 0)])
def test_neighbours_are_correlated_by_their_order(values: list[float], expected: float) -> None:
    assert lag1(values) == pytest.approx(expected)


def per_second(seed: int, seconds: int) -> tuple[np.ndarray, np.ndarray]:
    noise = np.random.default_rng(seed)
    return 100 * np.exp(noise.normal(0, 0.05, seconds)), 500 * np.exp(noise.normal(0, 0.03, seconds))


def test_a_run_on_one_level_counts_from_its_first_second() -> None:
    assert steady_from(*per_second(1, 120)) == Steady(0, True, True, None)


@pytest.mark.parametrize("which", [0, 1])
def test_a_step_in_either_series_is_cut_off(which: int) -> None:
    series = per_second(2, 300)
    series[which][:60] *= 1.5
    assert steady_from(*series) == Steady(60, True, True, None)


def test_a_warm_up_is_cut_off() -> None:
    latency, throughput = per_second(3, 300)
    latency *= 1 + 1.5 * np.exp(-np.arange(300) / 20)
    found = steady_from(latency, throughput)
    assert found.steady
    assert 40 <= found.start <= 100
    assert latency[found.start :].mean() == pytest.approx(100, rel=0.03)


def test_a_change_in_the_second_half_leaves_no_steady_state() -> None:
    latency, throughput = per_second(4, 300)
    latency[200:] *= 1.5
    found = steady_from(latency, throughput)
    assert (found.start, found.steady, found.why) == (200, False, "the level still changed after 200 of 300 seconds")


def test_what_drifts_is_not_steady() -> None:
    latency, throughput = per_second(5, 300)
    assert not steady_from(latency * np.linspace(1, 1.3, 300), throughput).steady
    assert not steady_from(latency, throughput * np.linspace(1, 0.7, 300)).steady


@pytest.mark.parametrize("seconds", [0, 1, 19])
def test_a_short_run_is_not_known_to_be_steady(seconds: int) -> None:
    assert steady_from(*per_second(6, seconds)) == Steady(0, True, False, "too short to tell")


def test_a_missing_second_is_refused() -> None:
    with pytest.raises(ValueError, match="leave out"):
        steady_from([float("nan")] * 30, [1.0] * 30)


@given(st.lists(st.tuples(st.floats(0, 1e6), st.integers(0, 3).map(float)), max_size=60))
def test_no_run_breaks_it(seconds: list[tuple[float, float]]) -> None:
    found = steady_from([latency for latency, _ in seconds], [throughput for _, throughput in seconds])
    assert 0 <= found.start <= len(seconds)
    assert (found.why is None) == (found.steady and found.known)
