"""Hot functions: own time and what they call, largest first."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

from matplotlib.figure import Figure

from perfkit.analyses.functions import FunctionTime
from perfkit.figures.amounts import how_many, shortened
from perfkit.figures.canvas import drawn
from perfkit.figures.panels import LONGEST_NAME
from perfkit.figures.rows_of_bars import BASE_COLOUR, CANDIDATE_COLOUR


def functions_figure(rows: Sequence[FunctionTime], *, title: str, most: int = 12) -> Figure:
    """The functions with most own time; the rest is one row, so that nothing is lost."""
    shown, others = rows[:most], rows[most:]
    unit = rows[0].unit.replace("_", " ") if rows else "s"
    names = [_name(row) for row in shown]
    own, total = [row.own for row in shown], [row.total for row in shown]
    if others:
        names.append(f"other, {how_many(len(others), 'function')}")
        own.append(sum(row.own for row in others))
        total.append(own[-1])
    with drawn(title, len(names), unit) as (figure, axes):
        axes.barh(range(len(names)), total, 0.6, color=BASE_COLOUR, label="with what it calls")
        axes.barh(range(len(names)), own, 0.6, color=CANDIDATE_COLOUR, label="own")
        axes.set_yticks(range(len(names)), names)
        axes.invert_yaxis()
        axes.grid(visible=False, axis="y")
        figure.legend(loc="outside lower right", ncols=2)
    return figure


def _name(row: FunctionTime) -> str:
    """Built-in functions have no file."""
    name = shortened(row.function, LONGEST_NAME)
    return f"{name} ({PurePath(row.file).name}:{row.line})" if row.line else name.strip("<>")
