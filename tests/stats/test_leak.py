"""A leak is what grows to the end; what warms up or breathes is none."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.stats.leak import leak

SECONDS = np.arange(600.0)
NOISE = np.random.default_rng(1).normal(0, 0.2, 600)


def test_what_grows_through_every_collection_is_a_leak() -> None:
    found = leak(SECONDS, 200 + 0.05 * SECONDS + SECONDS % 47 / 5 + NOISE, floor_per_hour=1)
    assert found.verdict == "leak"
    assert found.lo is not None
    assert found.hi is not None
    assert found.lo < 0.05 * 3600 < found.hi


@pytest.mark.parametrize(
    "sizes",
    [
        200 + SECONDS % 47 / 5 + NOISE,
        200 + SECONDS % 290 / 5 + NOISE,
        200 + 50 * (1 - np.exp(-SECONDS / 40)) + NOISE,
        200 + 50 * (SECONDS > 250) + NOISE,
        200 - 0.05 * SECONDS + NOISE,
    ],
)
def test_what_breathes_warms_up_or_shrinks_is_no_leak(sizes: np.ndarray) -> None:
    assert leak(SECONDS, sizes, floor_per_hour=1).verdict != "leak"


def test_a_few_pages_in_a_short_look_are_no_leak() -> None:
    """Measured: a program of 48 MB grew by 100 KB in two seconds, which is 165 MB an hour."""
    growing = 46e6 + 5e4 * SECONDS / 100 + NOISE
    assert leak(SECONDS / 100, growing, floor_per_hour=1e6).verdict == "undecided"
    assert leak(SECONDS / 10, growing, floor_per_hour=1e6).verdict == "leak"


def test_what_stays_is_flat() -> None:
    assert leak(SECONDS, [200.0] * 600, floor_per_hour=0).verdict == "flat"


def test_a_long_run_shows_that_noise_hides_no_leak() -> None:
    hours = np.arange(0, 48 * 3600, 60.0)
    assert leak(hours, 200 + np.random.default_rng(2).normal(0, 1, len(hours)), floor_per_hour=1).verdict == "flat"


def test_growth_below_the_floor_is_no_leak() -> None:
    sizes = 200 + 0.05 * SECONDS + NOISE
    assert leak(SECONDS, sizes, floor_per_hour=100).verdict == "leak"
    assert leak(SECONDS, sizes, floor_per_hour=250).verdict == "flat"


def test_few_samples_decide_nothing() -> None:
    found = leak(SECONDS[:100], SECONDS[:100], floor_per_hour=1)
    assert (found.verdict, found.per_hour) == ("undecided", None)
    assert "100 samples are too few" in found.why


def test_samples_may_come_in_any_order() -> None:
    sizes, order = 200 + 0.05 * SECONDS + NOISE, np.random.default_rng(3).permutation(600)
    assert leak(SECONDS[order], sizes[order], floor_per_hour=1) == leak(SECONDS, sizes, floor_per_hour=1)


@pytest.mark.parametrize(("seconds", "sizes", "said"), [([1.0], [math.nan], "leave out"), ([1.0, 2.0], [1.0], "every value needs its time")])
def test_what_is_no_series_is_refused(seconds: list[float], sizes: list[float], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        leak(seconds, sizes, floor_per_hour=1)


@given(st.lists(st.tuples(st.integers(0, 1000).map(float), st.sampled_from([0.0, 1.0, 1e9])), min_size=100, max_size=300))
def test_no_series_breaks_it(samples: list[tuple[float, float]]) -> None:
    found = leak([at for at, _ in samples], [size for _, size in samples], floor_per_hour=1)
    assert all(math.isfinite(number) for number in (found.per_hour, found.lo, found.hi) if number is not None)
