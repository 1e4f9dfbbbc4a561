"""One freeze of a second, seen by a client that waits and by one that keeps its schedule."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.stats.omission import corrected_percentiles, coverage, longest_gap, response_times

SLOT_S = 0.01
slots: npt.NDArray[np.float64] = np.linspace(0, 999 * SLOT_S, 1000)
begins, ends = 5.0, 6.0


def waiting_client() -> tuple[list[float], list[float]]:
    """Starts and durations of a client that sends nothing while it waits: a slot every 10 ms, 1 ms of service, one freeze."""
    starts, durations, free = [], [], 0.0
    for slot in slots:
        if slot >= free:
            starts.append(float(slot))
            durations.append(1000.0 if slot == begins else 1.0)
            free = slot + durations[-1] / 1000
    return starts, durations


def test_a_client_that_waits_misses_the_freeze() -> None:
    starts, durations = waiting_client()
    assert np.quantile(durations, [0.95, 0.99]) == pytest.approx([1.0, 1.0])
    assert coverage(starts, SLOT_S) == pytest.approx(0.90, abs=0.01)
    assert longest_gap(starts) == pytest.approx(1.0, abs=SLOT_S)


def test_the_correction_comes_near_the_truth() -> None:
    truth = np.where((slots >= begins) & (slots < ends), (ends - slots) * 1000, 1.0)
    assert corrected_percentiles(waiting_client()[1], 1000 * SLOT_S, [0.5, 0.95, 0.99]) == pytest.approx(
        np.quantile(truth, [0.5, 0.95, 0.99]), rel=0.01
    )


def test_a_known_schedule_gives_the_truth() -> None:
    starts, free = [], 0.0
    durations: npt.NDArray[np.float64] = np.where(slots == begins, 1000.0, 1.0)
    for slot, duration in zip(slots, durations, strict=True):
        starts.append(max(float(slot), free))
        free = starts[-1] + duration / 1000
    assert np.quantile(response_times(starts, slots, durations), [0.95, 0.99]) == pytest.approx([550, 910], rel=0.01)


def test_short_requests_hold_nothing_back() -> None:
    assert corrected_percentiles([1.0, 2.0, 3.0], 10, [0.5]) == pytest.approx([2.0], rel=0.002)


@pytest.mark.parametrize(("starts", "expected"), [([7.0], 1.0), ([0.0, 1.0, 2.0], 1.0), ([2.0, 0.0], 2 / 3)])
def test_slots_run_from_the_first_start_to_the_last(starts: list[float], expected: float) -> None:
    assert coverage(starts, 1.0) == pytest.approx(expected)


@pytest.mark.parametrize("starts", [[], [3.0]])
def test_fewer_than_two_starts_have_no_gap(starts: list[float]) -> None:
    assert longest_gap(starts) == 0


def test_what_cannot_be_corrected_is_refused() -> None:
    with pytest.raises(ValueError, match="longer than 0"):
        corrected_percentiles([1.0], 0, [0.5])
    with pytest.raises(ValueError, match="none is negative"):
        corrected_percentiles([-1.0], 10, [0.5])
    with pytest.raises(ValueError, match=r"the 95th percentile is 0\.95"):
        corrected_percentiles([1.0], 10, [95])
    with pytest.raises(ValueError, match="are both in milliseconds"):
        corrected_percentiles([60_000.0], 0.0001, [0.5])
    with pytest.raises(ValueError, match="leave out"):
        corrected_percentiles([float("nan")], 10, [0.5])
    with pytest.raises(ValueError, match="no slots"):
        coverage([], 1.0)
    with pytest.raises(ValueError, match="needs all three"):
        response_times([1.0], [1.0], [])


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=50))
def test_corrected_times_are_no_longer_than_the_longest(durations: list[float]) -> None:
    median, worst = corrected_percentiles(durations, 1000, [0.5, 0.999])
    assert median <= worst <= max(durations) * 1.002 + 0.001
