"""Sequential or parallel, as the sweep over starts and ends sees it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.stats.ranges import Overlap, overlap

stretches = st.lists(st.tuples(st.integers(0, 100), st.integers(0, 30)).map(lambda pair: (pair[0], sum(pair))), min_size=1, max_size=20)


@pytest.mark.parametrize(
    ("intervals", "expected"),
    [
        ([], Overlap(0, 0, 0, 0, 0, 0)),
        ([(0, 2)], Overlap(1, 2, 2, 2, 1, 1)),
        ([(2, 3), (0, 1), (1, 2)], Overlap(3, 3, 3, 3, 1, 1)),
        ([(0, 2), (0, 2), (1, 3)], Overlap(3, 3, 3, 6, 3, 2)),
        ([(0, 1), (9, 10)], Overlap(2, 10, 2, 2, 1, 1)),
        ([(5, 5)], Overlap(1, 0, 0, 0, 1, 0)),
        ([(0, 4), (2, 2)], Overlap(2, 4, 4, 4, 1, 1)),
    ],
)
def test_what_stretches_share(intervals: list[tuple[float, float]], expected: Overlap) -> None:
    assert overlap(intervals) == expected


@given(stretches)
def test_the_sweep_counts_what_every_moment_counts(intervals: list[tuple[int, int]]) -> None:
    shared = overlap(intervals)
    opened = [sum(start <= at < end for start, end in intervals) for at in range(131)]
    assert (shared.work, shared.busy) == (sum(opened), sum(count > 0 for count in opened))
    assert shared.max_concurrency == max(*opened, 1)
    assert shared.mean_concurrency * shared.busy == pytest.approx(shared.work)
    assert shared.busy <= min(shared.wall, shared.work)


@pytest.mark.parametrize("wrong", [(2.0, 1.0), (0.0, float("nan")), (0.0, float("inf"))])
def test_what_does_not_end_after_its_start_is_refused(wrong: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="no stretch of time"):
        overlap([wrong])
