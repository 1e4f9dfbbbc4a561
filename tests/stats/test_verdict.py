"""The whole truth table of a value against a limit."""

from __future__ import annotations

import subprocess
import sys

import pytest

from perfkit.stats.intervals import Interval
from perfkit.stats.verdict import Comparator, Verdict, judge


@pytest.mark.parametrize(
    ("lo", "hi", "verdicts"),
    [
        # <, <=, >, >= 500
        (400, 499, ("met", "met", "missed", "missed")),
        (400, 500, ("inconclusive", "met", "missed", "inconclusive")),
        (400, 600, ("inconclusive", "inconclusive", "inconclusive", "inconclusive")),
        (500, 500, ("missed", "met", "missed", "met")),
        (500, 600, ("missed", "inconclusive", "inconclusive", "met")),
        (501, 600, ("missed", "missed", "met", "met")),
        (None, 499, ("met", "met", "missed", "missed")),
        (None, 600, ("inconclusive", "inconclusive", "inconclusive", "inconclusive")),
        (501, None, ("missed", "missed", "met", "met")),
        (None, None, ("inconclusive", "inconclusive", "inconclusive", "inconclusive")),
    ],
)
def test_only_a_bound_decides(lo: float | None, hi: float | None, verdicts: tuple[Verdict, ...]) -> None:
    comparators: tuple[Comparator, ...] = ("<", "<=", ">", ">=")
    assert verdicts == tuple(judge(Interval(500, lo, hi, 5, "test"), comparator, 500) for comparator in comparators)


@pytest.mark.parametrize("interval", [None, Interval(0, None, None, 0, "too few"), Interval(0, 1, 2, 0, "test")])
def test_without_samples_there_is_no_verdict(interval: Interval | None) -> None:
    assert judge(interval, "<", 500) == "no_data"


def test_the_package_loads_no_numpy() -> None:
    source = "import sys, perfkit.stats; sys.exit('numpy' in sys.modules or 'scipy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", source], check=False).returncode == 0
