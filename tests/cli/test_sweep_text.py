"""The sentence about a break point is only as sure as the medians that were measured."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from perfkit.analyses.sweep_growth import Sweep, sweeps_of
from perfkit.analyses.sweep_rounds import SweepRound
from perfkit.cli.collect.sweep_text import print_sweep


def swept(medians: Mapping[float, float], verified: Mapping[float, float], **breaking: float) -> Sweep:
    """Three equal rounds at each size; a limit of 50 ms."""
    rows = [
        SweepRound("r", "sort", None, "ms", phase, size, number, ms)
        for phase, found in (("steady", medians), ("verify", verified))
        for size, ms in found.items()
        for number in range(3)
    ]
    said = {"limit": 50.0, **{name.replace("_", " "): value for name, value in breaking.items()}}
    rows += [SweepRound("r", "sort", name, "ms" if name == "limit" else "count", "break", None, 0, value) for name, value in said.items()]
    [sweep] = sweeps_of(rows)
    return sweep


CLEAN = swept({1000: 10, 2000: 20, 4000: 40}, {4500: 45, 5500: 55}, predicted=5000, predicted_from=4900, predicted_to=5100, found=5001)
NOISY = swept({1000: 10, 2000: 52, 4000: 40}, {4500: 45, 5500: 55}, predicted=5000, predicted_from=3000, predicted_to=9000, found=5001)
WITHIN = swept({1000: 10, 2000: 20, 8000: 90}, {}, predicted=5000, predicted_from=3000, predicted_to=9000, found=4500)
FIRST = swept({1000: 60, 2000: 70, 4000: 80}, {})
NONE = swept({1000: 10, 2000: 11, 4000: 12}, {})


@pytest.mark.parametrize(
    ("sweep", "sentences"),
    [
        (
            CLEAN,
            [
                "predicted at size 5\u202f000 (4\u202f900 … 5\u202f100), extrapolated beyond the largest size.",
                "Found: broken between 4\u202f500 and 5\u202f500, at about 5\u202f001",
            ],
        ),
        (NOISY, ["; but size 2\u202f000 already took 52", "but size 4\u202f500 still took 45", "too noisy for one size"]),
        (WITHIN, ["(3\u202f000 … 9\u202f000); but size 8\u202f000 already took 90", "broken between 2\u202f000 and 8\u202f000, at about 4\u202f500"]),
        (FIRST, ["no size is predicted", "Found: size 1\u202f000 already took 60", "no smaller size was measured that kept the limit."]),
        (NONE, ["Found: no measured size broke it."]),
    ],
)
def test_the_break_point_is_told_as_surely_as_the_medians_allow(sweep: Sweep, sentences: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    print_sweep(sweep, [])
    printed = capsys.readouterr().out
    assert [sentence for sentence in sentences if sentence not in printed] == [], printed
