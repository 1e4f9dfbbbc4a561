"""Two labels side by side: one pair of bars an endpoint, with the intervals of the runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from perfkit.analyses.comparison import Compared
from perfkit.analyses.measure import Measurement
from perfkit.figures.rows_of_bars import BASE_COLOUR, CANDIDATE_COLOUR, Bar, Row, RowsOfBars
from perfkit.units import format_quantity


def comparison_figure(compared: Sequence[Compared], measured: Mapping[str, Mapping[str, Measurement]], *, title: str) -> RowsOfBars:
    """Bars on a logarithmic axis; measured maps a label to its measurements by subject."""
    sides = list(zip(measured.items(), (BASE_COLOUR, CANDIDATE_COLOUR), strict=True))
    rows = [Row((item.subject, item.verdict), [_bar(values[item.subject], colour) for (_, values), colour in sides]) for item in compared]
    unit = compared[0].unit if compared else ""
    return RowsOfBars(title, f"{unit}, logarithmic", rows, [(label, colour) for (label, _), colour in sides], logarithmic=True)


def _bar(value: Measurement, colour: str) -> Bar:
    bounds = None if value.lo is None or value.hi is None else (value.lo, value.hi)
    return Bar([(value.value, colour)], format_quantity(value.value, value.unit), bounds)
