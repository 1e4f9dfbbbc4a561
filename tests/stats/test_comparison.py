"""What may be said of two sides, at the edges of what they can decide."""

from __future__ import annotations

import math
import warnings
from dataclasses import astuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.stats.comparison import Comparison, compare, false_discovery
from perfkit.stats.intervals import over_runs

run_values = st.lists(st.floats(min_value=-1e6, max_value=1e6), max_size=6)
MIRRORED = {"faster": "slower", "slower": "faster", "same": "same", "inconclusive": "inconclusive"}


def lower(base: list[float], candidate: list[float], noise: float | None = None) -> Comparison:
    return compare(base, candidate, direction="lower", noise=noise)


@pytest.mark.parametrize(
    ("base", "candidate", "verdict"),
    [
        ([5, 5, 5], [5, 5, 5], "same"),
        ([5, 5, 5], [6, 6, 6], "slower"),
        ([5, 5, 5], [5.1, 5.1, 5.1], "same"),
        ([0.1 + 0.2, 0.3, 0.3], [0.3, 0.3, 0.3], "same"),
        ([0, 0, 0], [0, 0, 0], "same"),
        ([0, 0, 0], [1, 1, 1], "slower"),
        ([1, 1, 1], [0, 0, 0], "faster"),
        ([100, 100, 100], [150, 151, 149], "slower"),
        ([0, 0, 0, 1], [1e300, 1e300, 1e300, 1e300], "slower"),
    ],
)
def test_sides_that_do_not_vary_are_decided_by_the_difference(base: list[float], candidate: list[float], verdict: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert lower(base, candidate).verdict == verdict


@pytest.mark.parametrize(("base", "candidate"), [([1, 1.01], [5, 5.01]), ([1], [5, 5, 5, 5, 5]), ([], [1, 1, 1]), ([], [])])
def test_fewer_than_three_runs_a_side_decide_nothing(base: list[float], candidate: list[float]) -> None:
    assert lower(base, candidate).verdict == "inconclusive"


def test_two_runs_a_side_still_have_an_interval() -> None:
    compared = lower([1, 1.1], [2, 2.1])
    assert compared.lo is not None
    assert compared.hi is not None


@pytest.mark.parametrize("wrong", [math.nan, math.inf])
def test_a_run_without_a_value_decides_nothing(wrong: float) -> None:
    assert lower([1, 1, 1], [2, 2, 2, wrong]) == Comparison(None, None, None, None, None, "inconclusive", None, 3, 4)


@given(run_values, run_values)
def test_no_result_is_nan_or_infinite(base: list[float], candidate: list[float]) -> None:
    assert all(math.isfinite(value) for value in astuple(lower(base, candidate)) if isinstance(value, float))


@given(
    st.lists(st.floats(min_value=1, max_value=2), min_size=3, max_size=6),
    st.lists(st.floats(min_value=1, max_value=2), min_size=3, max_size=6),
)
def test_exchanging_the_sides_mirrors_the_verdict(base: list[float], candidate: list[float]) -> None:
    there, back = lower(base, candidate), lower(candidate, base)
    assert MIRRORED[there.verdict] == back.verdict
    assert there.ratio is not None
    assert back.ratio == pytest.approx(1 / there.ratio)


def test_a_base_of_zero_has_no_ratio() -> None:
    compared = lower([0, 0, 0], [0.14, 0.16, 0.15])
    assert (compared.ratio, compared.lo, compared.hi, compared.verdict) == (None, None, None, "slower")


def test_values_that_are_not_positive_are_compared_by_their_difference() -> None:
    compared = lower([0.0, 0.2, 0.1], [0.4, 0.5, 0.6])
    assert compared.ratio == pytest.approx(5)
    assert (compared.lo or 0) < 5 < (compared.hi or 0)


def test_a_base_of_next_to_nothing_has_no_ratio() -> None:
    assert lower([2.2250738585072014e-308], [-4.0]).ratio is None


def test_a_small_difference_is_no_change_however_sure() -> None:
    compared = lower([100, 100.1, 99.9], [103, 103.1, 102.9])
    assert (compared.lo or 0) > 1
    assert compared.verdict == "same"


def test_a_change_must_exceed_twice_the_noise() -> None:
    base, candidate = [100.0, 101.0, 99.0], [112.0, 113.0, 111.0]
    assert lower(base, candidate).verdict == "slower"
    assert lower(base, candidate, noise=0.08).verdict == "inconclusive"


def test_the_exact_test_knows_ties() -> None:
    assert lower([1, 1, 1, 1, 1], [2, 2, 2, 2, 2]).p_exact == pytest.approx(2 / 252)
    assert lower([1, 2, 3, 4, 5], [6, 7, 8, 9, 10]).p_exact == pytest.approx(2 / 252)
    assert lower([1.0] * 20, [2.0] * 20).p_exact is None


@pytest.mark.parametrize("count", [3, 5, 10])
def test_what_is_called_detectable_is_found_four_times_out_of_five(count: int) -> None:
    noise = np.random.default_rng(21)
    sides = np.exp(noise.normal(0, 0.03, (300, 2, count)))
    squares = [math.log1p(lower(list(a), list(b)).detectable or 0) ** 2 for a, b in sides]
    shift = math.exp(math.sqrt(sum(squares) / len(squares)))
    found = sum(lower(list(a), list(b * shift)).verdict == "slower" for a, b in sides) / len(sides)
    assert 0.70 <= found <= 0.88


def test_many_tests_at_once_are_adjusted() -> None:
    assert false_discovery([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.04, 0.04])
    assert false_discovery([]) == []


def test_a_change_that_the_ranks_do_not_confirm_is_none() -> None:
    compared = lower([92.6, 98.0, 101.5, 101.2, 100.6], [110.5, 107.5, 105.6, 113.5, 99.5])
    assert (compared.lo or 0) > 1
    assert compared.p_exact == pytest.approx(0.0556, abs=1e-4)
    assert compared.verdict == "inconclusive"


@pytest.mark.parametrize("sums", [True, False])
def test_the_ratio_is_that_of_the_values_that_stand_beside_it(sums: bool) -> None:
    base, candidate = [600.0, 630.0, 650.0], [10.0, 14.0, 12.0]
    compared = compare(base, candidate, direction="lower", sums=sums)
    assert compared.ratio == pytest.approx(over_runs(candidate, sums=sums).value / over_runs(base, sums=sums).value)
    assert compared.verdict == "faster"


def test_a_plain_mean_still_sees_a_large_change_of_few_runs_that_vary() -> None:
    assert compare([400.0, 700.0, 800.0], [9.0, 14.0, 18.0], direction="lower", sums=True).verdict == "faster"
