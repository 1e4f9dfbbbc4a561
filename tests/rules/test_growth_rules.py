"""The rules on growth fire on what is proved, name the part behind it, and stay silent on linear growth and noise."""

from __future__ import annotations

import pytest

from perfkit.analyses.sweep_growth import sweeps_of
from perfkit.analyses.sweep_rounds import SweepRound
from perfkit.model.finding import Finding
from perfkit.rules import growth

SIZES = (1000.0, 4000.0, 16000.0, 64000.0)
TIDY, COUNT = "internal tidy (shop/text.py:7)", "internal count (shop/text.py:20)"


def row(value: float, size: float | None, number: int = 0, component: str | None = None, unit: str = "ms", phase: str = "steady") -> SweepRound:
    return SweepRound("r", "POST /search", component, unit, phase, size, number, value)


def series(factor: float, exponent: float, component: str | None = None, unit: str = "ms", constant: float = 0.0) -> list[SweepRound]:
    """Three repeats that scatter by one in a hundred."""
    noise = (0.99, 1.0, 1.01) if unit == "ms" else (1.0,) * 3
    return [row((constant + factor * size**exponent) * noise[number], size, number, component, unit) for size in SIZES for number in range(3)]


def found(*rows: list[SweepRound]) -> dict[str, Finding]:
    return {finding.rule: finding for finding in growth.judge(sweeps_of([item for part in rows for item in part]))}


@pytest.mark.parametrize("exponent", [0.0, 0.5, 1.0])
def test_growth_in_proportion_and_less_is_no_finding(exponent: float) -> None:
    assert found(series(0.01, exponent, constant=3)) == {}


def test_the_part_whose_own_time_grew_most_is_named() -> None:
    finding = found(series(1e-6, 2, constant=2), series(0.9e-6, 2, TIDY), series(1e-4, 1, COUNT))["grows-faster-than-linear"]
    assert (finding.place, finding.file, finding.line) == ("shop/text.py:7", "shop/text.py", 7)
    assert finding.title.startswith("tidy grows as n^2.0")
    assert finding.cost_ms == pytest.approx(2 + 1e-6 * 64_000**2, rel=0.02)
    assert finding.saves_ms == pytest.approx(1e-6 * 64_000**2 - 64, rel=0.05)


def test_without_parts_the_finding_says_how_to_learn_the_function() -> None:
    finding = found(series(1e-6, 2))["grows-faster-than-linear"]
    assert (finding.place, finding.file) == ("POST /search", None)
    assert "sweep a function to learn its name" in finding.remedy


def test_a_profile_names_the_function_where_nothing_was_timed() -> None:
    name = "function pairs (shop/pairs.py:4)"
    profiled = [row(ms, size, 0, name, phase="profiled") for size, ms in ((16_000.0, 200.0), (64_000.0, 3_900.0))]
    assert found(series(1e-6, 2), profiled)["grows-faster-than-linear"].place == "shop/pairs.py:4"


def test_a_part_that_grows_too_fast_is_found_before_the_whole_shows_it() -> None:
    whole = series(0.1, 1, constant=500)
    assert found(whole, series(5e-7, 2, TIDY))["grows-faster-than-linear"].title.startswith("tidy grows as n^2.0")
    assert found(whole, series(5e-9, 2, TIDY)) == {}


def test_counts_that_follow_the_size_are_calls_for_each_item() -> None:
    name = "db SELECT items (shop/orders.py:12)"
    counted = found(series(0.1, 1), series(8, 1, name, "count", 23), series(0.05, 1, name), series(8, 1, "statements", "count", 23))
    finding = counted["asks-for-each-item"]
    assert (finding.title, finding.place) == ("23 + 8·n calls of db SELECT items at size n", "shop/orders.py:12")
    assert finding.cost_ms == pytest.approx(0.05 * 64_000)
    assert len(counted) == 1


@pytest.mark.parametrize("counted", [series(0, 1, "db SELECT items (a.py:1)", "count", 23), series(8, 1, "internal tidy (a.py:1)", "count")])
def test_a_constant_count_and_a_count_of_own_functions_are_none(counted: list[SweepRound]) -> None:
    assert found(series(0.1, 1), counted) == {}


def test_failures_at_a_size_are_named_with_their_status() -> None:
    failed = [row(3.0, 99_000, phase="failed"), row(1, 99_000, 0, "status 413", "count", "failed")]
    assert "status 413 (sizes 99\u202f000)" in found(series(0.1, 1), failed)["fails-at-size"].title


def test_a_found_break_stands_beside_its_prediction() -> None:
    said = {"predicted": 9_000, "predicted from": 8_000, "predicted to": 10_000, "found": 10_000}
    rows = [row(500, None, 0, "limit", phase="break"), *(row(size, None, 0, name, "count", "break") for name, size in said.items())]
    assert found(series(0.1, 1), rows)["breaks-limit-at-size"].title == "500 ms is broken from size 10\u202f000 on (predicted 9\u202f000, -10 %)"


@pytest.mark.parametrize(("worst", "held_up"), [(900.0, True), (30.0, False), (90.0, False)])
def test_a_bystander_that_waits_long_was_held_up(worst: float, held_up: bool) -> None:
    name = "watch GET /health"
    rows = [row(2.0, None, number, name, phase="idle") for number in range(5)] + [row(worst, 64_000, 9, name)]
    assert ("holds-up-others" in found(series(0.1, 1), rows)) is held_up
