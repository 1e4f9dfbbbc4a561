"""A new level is found where it begins; a spike is none, and a slope is told apart."""

from __future__ import annotations

import math
from dataclasses import astuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.stats.changes import Change, change_points, drift

anything = st.lists(st.floats(min_value=-1e9, max_value=1e9), max_size=60)
coarse = st.lists(st.integers(0, 3).map(float), max_size=60)


def noisy(seed: int, count: int = 100, spread: float = 0.03) -> np.ndarray:
    values: np.ndarray = 100 * np.exp(np.random.default_rng(seed).normal(0, spread, count))
    return values


def test_a_new_level_is_found_where_it_begins() -> None:
    assert change_points([10.0] * 20 + [12.0] * 20) == [Change(20, 10.0, 12.0)]


def test_there_and_back_are_two_changes() -> None:
    values = noisy(1)
    values[40:70] *= 1.3
    assert [change.index for change in change_points(values)] == [40, 70]


def test_neighbouring_changes_agree_on_the_level_between() -> None:
    values = noisy(2, 150)
    values[50:100] *= 1.3
    there, back = change_points(values)
    assert there.after == back.before


@pytest.mark.parametrize("spikes", [[50], [99], [0], [30, 31], [98, 99]])
def test_a_few_spikes_are_no_level(spikes: list[int]) -> None:
    values = noisy(3)
    values[spikes] *= 1.5
    assert change_points(values) == []


def test_a_change_smaller_than_asked_for_is_none() -> None:
    values = [10.0] * 20 + [10.8] * 20
    assert [change.index for change in change_points(values, least=0.05)] == [20]
    assert change_points(values, least=0.10) == []


def test_what_slowly_rises_drifts_and_does_not_change() -> None:
    values = noisy(4) * np.linspace(1, 1.2, 100)
    slope = drift(values)
    assert change_points(values) == []
    assert slope is not None
    assert slope.lo < 0.2 < slope.hi
    assert slope.per_point == pytest.approx(0.2 / 99, rel=0.3)


def test_a_change_is_no_drift() -> None:
    values = noisy(5)
    values[50:] *= 1.2
    assert drift(values) is None


def test_a_drift_is_seen_beside_a_change() -> None:
    values = noisy(6, 200) * np.linspace(1, 1.2, 200)
    values[100:] *= 1.3
    slope = drift(values)
    assert [change.index for change in change_points(values)] == [100]
    assert slope is not None
    assert slope.lo < 0.2 < slope.hi


def test_a_level_around_zero_changes_by_more_than_its_noise() -> None:
    values = np.random.default_rng(7).normal(0, 1, 100)
    assert change_points(values) == []
    values[60:] += 5
    assert [change.index for change in change_points(values)] == [60]


def test_a_slope_around_zero_is_in_units_of_the_values() -> None:
    slope = drift(np.random.default_rng(8).normal(0, 1, 100) + np.linspace(-10, 10, 100))
    assert slope is not None
    assert not slope.relative
    assert slope.over_series == pytest.approx(20, rel=0.1)


@pytest.mark.parametrize("values", [[], [1.0], [1.0, 5.0, 9.0], [5.0] * 100, [0.0] * 100])
def test_too_few_or_equal_values_have_neither(values: list[float]) -> None:
    assert (change_points(values), drift(values)) == ([], None)


def test_what_is_no_measurement_is_refused() -> None:
    with pytest.raises(ValueError, match="leave out what has no value"):
        change_points([1.0, math.nan])


@given(anything | coarse)
def test_no_series_breaks_it(values: list[float]) -> None:
    indices, slope = [change.index for change in change_points(values)], drift(values)
    assert indices == sorted(set(indices))
    assert all(0 < index < len(values) for index in indices)
    assert slope is None or all(math.isfinite(number) for number in astuple(slope))
