"""A run in balance says so, and its requests are put into stretches of time."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.stats.steady import lag1, little, time_batches


def test_a_closed_system_in_balance_has_no_mismatch() -> None:
    assert little(100, 0.4, 50, think_s=0.1) == pytest.approx(0)


def test_users_who_are_not_in_the_system_are_a_mismatch() -> None:
    assert little(10, 0.19, 50) == pytest.approx(0.962)


def test_little_needs_users() -> None:
    with pytest.raises(ValueError, match="at least one"):
        little(10, 0.1, 0)


@pytest.mark.parametrize(("values", "expected"), [([1, -1] * 50, -0.99), ([5, 5, 5], 0), ([5], 0), ([], 0)])
def test_neighbours_are_correlated_by_their_order(values: list[float], expected: float) -> None:
    assert lag1(values) == pytest.approx(expected)


@given(st.lists(st.tuples(st.floats(0, 1e6), st.floats(0, 1e4)), max_size=60), st.integers(1, 12))
def test_every_request_is_in_one_stretch_and_stretches_are_in_order(requests: list[tuple[float, float]], k: int) -> None:
    starts, durations = [start for start, _ in requests], [duration for _, duration in requests]
    batches = time_batches(starts, durations, k)
    ends = np.add(starts, durations)
    together = np.concatenate(batches)
    assert len(batches) == k
    assert list(range(len(requests))) == sorted(together)
    assert all(ends[a].max() <= ends[b].min() for a, b in pairwise(batches) if len(a) and len(b))


def test_a_request_counts_where_it_ended() -> None:
    assert [list(batch) for batch in time_batches([0, 1, 2, 3], [10, 1, 1, 0], 2)] == [[1, 2, 3], [0]]
