"""Which pictures stand beside a report? Those that there is evidence for; drawn only when the report is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from perfkit.analyses.latency import ALL_REQUESTS
from perfkit.report.evidence import Evidence

if TYPE_CHECKING:
    from perfkit.analyses.comparison import Compared
    from perfkit.figures.rows_of_bars import RowsOfBars

MOST_ROWS = 16
"""Of one picture: more cannot be read."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One kind of picture."""

    about: str
    """Said in place of the picture where it cannot be seen."""
    possible: Callable[[Evidence], bool]
    draw: Callable[[Evidence], RowsOfBars]


def pictures_for(evidence: Evidence, folder: str) -> dict[str, str]:
    """Name → path of every picture that there is evidence for."""
    return {name: f"{folder}/{name}.svg" for name, picture in PICTURES.items() if picture.possible(evidence)}


def draw_pictures(text: str, evidence: Evidence, paths: Mapping[str, str], beside: Path) -> None:
    """Those that a report shows, as files next to it."""
    wanted = {name: beside / path for name, path in paths.items() if f"]({path})" in text}
    for name, place in wanted.items():
        place.parent.mkdir(parents=True, exist_ok=True)
        PICTURES[name].draw(evidence).save(place)


def _slowest(evidence: Evidence) -> list[Compared]:
    compared = [item for item in evidence.compared("latency.p95").values() if item.subject != ALL_REQUESTS]
    return sorted(compared, key=lambda item: -item.base)[:MOST_ROWS]


def _draw_latency(evidence: Evidence) -> RowsOfBars:
    from perfkit.figures.comparison import comparison_figure

    measured = {label: evidence.measured("latency.p95", label) for label in evidence.runs}
    return comparison_figure(_slowest(evidence), measured, title="P95 under load, with the interval of the runs")


def _draw_breakdown(evidence: Evidence) -> RowsOfBars:
    from perfkit.figures.request_time import request_time_figure

    return request_time_figure(evidence.breakdown[:MOST_ROWS], title=f"Where the requests of {evidence.base} spend their time")


PICTURES: dict[str, Picture] = {
    "latency": Picture("P95 of each endpoint before and after", lambda evidence: bool(_slowest(evidence)), _draw_latency),
    "time": Picture("Where the requests spend their time", lambda evidence: bool(evidence.breakdown), _draw_breakdown),
}
