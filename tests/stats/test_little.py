"""A closed loop accounts for its users; what is missing beyond the blur of its ends is told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from perfkit.stats.little import ClosedLoop

BALANCED = ClosedLoop(users=50, seconds=60, per_second=100, in_flight=40, pause_s=0.1, longest_s=0.5)


def test_a_loop_in_balance_keeps_everyone_at_work() -> None:
    assert BALANCED.at_work == pytest.approx(50)
    assert not BALANCED.is_off()


@pytest.mark.parametrize(("in_flight", "off"), [(36, False), (34, True), (44, False), (46, True)])
def test_a_tenth_and_the_blur_are_allowed_on_either_side(in_flight: float, off: bool) -> None:
    assert replace(BALANCED, in_flight=in_flight).is_off() == off


@pytest.mark.parametrize(("seconds", "off"), [(60, True), (2, False)])
def test_a_short_run_is_blurred_by_its_open_requests(seconds: float, off: bool) -> None:
    assert replace(BALANCED, in_flight=30, seconds=seconds).is_off() == off


def test_a_generator_of_fast_answers_takes_time_of_its_own() -> None:
    fast = ClosedLoop(users=2, seconds=60, per_second=1000, in_flight=1.5, pause_s=0, longest_s=0.01)
    assert fast.is_off()
    assert not fast.is_off(overhead_s=0.0005)
