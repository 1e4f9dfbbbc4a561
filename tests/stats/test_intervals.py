"""Bounds hold the truth as often as they say, and are missing where the data cannot give them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.stats.intervals import over_batches, over_runs, percentile, percentile_interval, proportion_interval, within_rounds

samples = st.lists(st.floats(min_value=0, max_value=1e6), min_size=1, max_size=400)
shares = st.floats(min_value=0.01, max_value=0.99)


def test_a_percentile_lies_between_its_neighbours() -> None:
    assert percentile([10, 20, 30, 40], 0.5) == 25


@pytest.mark.parametrize("q", [0.0, 1.0, 95])
def test_a_percentile_is_asked_for_by_a_share(q: float) -> None:
    with pytest.raises(ValueError, match=r"the 95th percentile is 0\.95"):
        percentile([1.0, 2.0], q)


@pytest.mark.parametrize(("n", "bounded"), [(58, False), (59, True), (72, True), (1000, True)])
def test_an_upper_bound_of_the_p95_needs_59_samples(n: int, bounded: bool) -> None:
    assert bounded == (percentile_interval(np.arange(n, dtype=float), 0.95).hi is not None)


def test_few_samples_leave_the_lower_bound_alone() -> None:
    interval = percentile_interval(np.arange(30, dtype=float), 0.95)
    assert interval.hi is None
    assert interval.lo is not None


def test_one_sample_bounds_no_percentile() -> None:
    interval = percentile_interval([5.0], 0.5)
    assert (interval.value, interval.lo, interval.hi, interval.method) == (5.0, None, None, "too few")


@given(samples, shares)
def test_a_percentile_lies_within_its_bounds(values: list[float], q: float) -> None:
    interval = percentile_interval(values, q)
    assert interval.lo is None or interval.lo <= interval.value
    assert interval.hi is None or interval.value <= interval.hi


@pytest.mark.parametrize(("n", "q"), [(60, 0.95), (100, 0.95), (2000, 0.95), (2000, 0.99), (25, 0.5)])
def test_order_statistics_cover_the_truth_of_independent_samples(n: int, q: float) -> None:
    noise, truth = np.random.default_rng(11), -np.log(1 - q)
    intervals = [percentile_interval(noise.exponential(1.0, n), q) for _ in range(1000)]
    covered = sum((interval.lo or 0) <= truth <= (interval.hi or np.inf) for interval in intervals) / len(intervals)
    assert 0.935 <= covered <= 0.99


def test_runs_are_bounded_around_their_geometric_mean() -> None:
    interval = over_runs([100.0, 400.0])
    assert interval.value == pytest.approx(200)
    assert interval.lo is not None
    assert interval.hi is not None
    assert interval.lo * interval.hi == pytest.approx(200**2)
    assert interval.method == "runs-t-log"


def test_runs_cover_the_truth() -> None:
    noise = np.random.default_rng(12)
    intervals = [over_runs(100 * np.exp(noise.normal(0, 0.1, 5))) for _ in range(2000)]
    covered = sum((interval.lo or 0) <= 100 <= (interval.hi or 0) for interval in intervals) / len(intervals)
    assert 0.935 <= covered <= 0.965


@pytest.mark.parametrize("values", [[0.0, 0.0, 0.1], [-1.0, 2.0]])
def test_values_that_are_not_positive_are_bounded_around_their_mean(values: list[float]) -> None:
    interval = over_runs(values)
    assert interval.value == pytest.approx(sum(values) / len(values))
    assert interval.method == "runs-t"


def test_one_run_has_no_bounds() -> None:
    interval = over_runs([482.0])
    assert (interval.value, interval.lo, interval.hi, interval.method) == (482.0, None, None, "too few")


def test_nine_batches_have_no_bounds() -> None:
    interval = over_batches([100.0 + number % 2 for number in range(9)])
    assert (interval.lo, interval.hi, interval.method) == (None, None, "too few")


def test_batches_that_drift_have_no_bounds() -> None:
    interval = over_batches([100.0 + number for number in range(20)])
    assert (interval.lo, interval.hi, interval.method) == (None, None, "batches correlated")
    assert (interval.lag1 or 0) > 0.5


def test_what_is_never_negative_has_no_negative_bound() -> None:
    assert over_batches([0.0, 1000.0, *[0.0] * 8]).lo == 0.0


@pytest.mark.parametrize("values", [[], [1.0, float("nan")], [float("inf")]])
def test_what_is_no_measurement_is_refused(values: list[float]) -> None:
    with pytest.raises(ValueError, match="leave out what"):
        over_runs(values)


def test_a_share_is_bounded_exactly() -> None:
    interval = proportion_interval(8, 10)
    assert (interval.value, interval.n, interval.method) == (0.8, 10, "exact")
    assert [interval.lo, interval.hi] == pytest.approx([0.4439, 0.9748], abs=1e-4)


def test_what_nobody_saw_only_raises_the_upper_bound() -> None:
    seen, perhaps, unknown = proportion_interval(8, 100), proportion_interval(8, 100, unseen=20), proportion_interval(8, 100, unseen=None)
    assert seen.value == perhaps.value == unknown.value == 0.08
    assert seen.lo == perhaps.lo == unknown.lo
    assert perhaps.hi == proportion_interval(28, 120).hi
    assert unknown.hi is None


def test_a_share_of_nothing_has_no_bounds() -> None:
    interval = proportion_interval(0, 0)
    assert (interval.lo, interval.hi, interval.n) == (None, None, 0)


def test_rounds_that_change_in_the_course_of_the_run_have_no_bounds() -> None:
    noise = np.random.default_rng(13)
    steady = [within_rounds(noise.exponential(1.0, 200), 0.95).method for _ in range(200)]
    processes = [within_rounds(np.repeat(noise.normal(10, 1, 5), 40) + noise.normal(0, 1, 200), 0.95).method for _ in range(200)]
    assert steady.count("tenths differ") <= 6
    assert processes.count("tenths differ") >= 180


def test_rounds_that_do_not_vary_are_known() -> None:
    interval = within_rounds([2.0] * 100, 0.95)
    assert (interval.lo, interval.hi, interval.method) == (2.0, 2.0, "order-statistics")


@pytest.mark.parametrize(("q", "needed"), [(0.95, 59), (0.99, 299)])
def test_a_percentile_needs_enough_rounds(q: float, needed: int) -> None:
    few, enough = (within_rounds(np.random.default_rng(14).exponential(1.0, n), q) for n in (needed - 1, needed))
    assert (few.lo, few.hi, few.method) == (None, None, "too few")
    assert enough.hi is not None


def test_a_mean_of_what_is_never_negative_has_no_negative_bound() -> None:
    interval = over_runs([0.0, 5.0, 100.0])
    assert (interval.method, interval.lo) == ("runs-t", 0.0)
    assert over_runs([-1.0, 5.0, 100.0]).lo < 0  # type: ignore[operator]


def test_means_that_keep_sums_add_up() -> None:
    database, own = [0.0, 1.0, 103.0], [9.0, 11.0, 10.0]
    totals = [one + other for one, other in zip(database, own, strict=True)]
    parts = [over_runs(values, sums=True).value for values in (database, own)]
    whole = over_runs(totals, sums=True)
    assert sum(parts) == pytest.approx(whole.value)
    assert whole.method == "runs-t"
    assert parts[0] > over_runs(totals).value, "the geometric mean of the whole is less than this part's mean"


@pytest.mark.parametrize(("values", "lo"), [([0.0, 1e200], 0.0), ([-1e200, 1e200], None)])
def test_a_spread_that_no_number_holds_gives_no_bound(values: list[float], lo: float | None) -> None:
    interval = over_runs(values)
    assert (interval.lo, interval.hi) == (lo, None)
