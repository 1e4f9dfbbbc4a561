"""Two labels side by side: one pair of bars an endpoint, with the intervals of the runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from perfkit.analyses.comparison import Compared
from perfkit.analyses.measure import Measurement
from perfkit.figures.canvas import BASE_COLOUR, CANDIDATE_COLOUR, drawn
from perfkit.units import format_quantity

HEIGHT = 0.38


def comparison_figure(compared: Sequence[Compared], measured: Mapping[str, Mapping[str, Measurement]], *, title: str) -> Figure:
    """Bars on a logarithmic axis; measured maps a label to its measurements by subject."""
    (base, base_values), (candidate, candidate_values) = measured.items()
    with drawn(title, len(compared), f"{compared[0].unit if compared else ''}, logarithmic") as (figure, axes):
        for row, item in enumerate(compared):
            for offset, label, values, colour in (
                (-HEIGHT / 2, base, base_values, BASE_COLOUR),
                (HEIGHT / 2, candidate, candidate_values, CANDIDATE_COLOUR),
            ):
                value = values[item.subject]
                axes.barh(row + offset, value.value, HEIGHT, color=colour, label=label if row == 0 else None, xerr=_whiskers(value), ecolor="#444444")
                axes.annotate(
                    format_quantity(value.value, value.unit),
                    (value.hi or value.value, row + offset),
                    xytext=(5, 0),
                    textcoords="offset points",
                    va="center",
                )
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter("{x:g}")
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.set_yticks(range(len(compared)), [f"{item.subject}\n{item.verdict}" for item in compared])
        axes.invert_yaxis()
        axes.margins(x=0.15)
        axes.grid(visible=False, axis="y")
        figure.legend(loc="outside lower right", ncols=2)
    return figure


def _whiskers(value: Measurement) -> list[list[float]] | None:
    if value.lo is None or value.hi is None:
        return None
    return [[value.value - value.lo], [value.hi - value.value]]
