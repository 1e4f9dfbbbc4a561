"""Where the time of one pipeline goes: a bar a stage, its own work solid and what it waits for behind it."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from perfkit.analyses.stages import ITSELF, Stage
from perfkit.figures.amounts import how_many, shortened
from perfkit.figures.canvas import drawn
from perfkit.figures.panels import LONGEST_NAME, required
from perfkit.figures.rows_of_bars import BASE_COLOUR, CANDIDATE_COLOUR
from perfkit.units import format_quantity

MOST = 14


def stages_figure(rows: Sequence[Stage], *, title: str) -> Figure:
    """Stages of one whole, heaviest first; the light part of a bar are nested stages, and what does not fit is summed up in a last bar."""
    required(rows, "stages")
    shown, rest = rows[:MOST], rows[MOST:]
    with drawn(title, len(shown) + bool(rest), f"ms of a whole, which takes {format_quantity(rows[0].whole_ms, 'ms')} on average") as (figure, axes):
        names, own, shares = [_name(row) for row in shown], [row.own_ms for row in shown], [row.share for row in shown]
        nested = [max(0.0, row.total_ms - row.own_ms) for row in shown]
        if rest:
            names.append(f"other, {how_many(len(rest), 'stage')}")
            own.append(sum(row.own_ms for row in rest))
            shares.append(sum(row.share for row in rest))
            nested.append(0.0)
        places = range(len(names))
        axes.barh(places, own, 0.6, color=CANDIDATE_COLOUR, label="own work")
        if any(nested):
            label = "nested or parallel stages"
            axes.barh(places, nested, 0.6, left=own, color="#ffffff", edgecolor=BASE_COLOUR, hatch="////", linewidth=0.8, label=label)
        for place, share in enumerate(shares):
            end = own[place] + nested[place]
            text = f"{format_quantity(own[place], 'ms')}, {share * 100:.1f} %"
            axes.annotate(text, (end, place), xytext=(5, 0), textcoords="offset points", va="center")
        axes.set_yticks(places, names)
        axes.invert_yaxis()
        axes.margins(x=0.25)
        axes.grid(visible=False, axis="y")
        figure.legend(loc="outside lower right", ncols=2)
    return figure


def _name(row: Stage) -> str:
    return shortened(f"{row.subject} itself" if row.stage == ITSELF else row.stage, LONGEST_NAME)
