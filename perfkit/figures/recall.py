"""Recall against latency: what a faster answer costs in answers that are missed."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from perfkit.analyses.vector_trials import EXACT, VectorTrial
from perfkit.figures.panels import INK, LOOKS, QUIET, SMALL, caption, panels, plain_ticks, required, runs_text
from perfkit.units import format_quantity

SHORT = {"probes": "probes", "ef_search": "ef"}
MOST_LINES = len(LOOKS)
NEARLY_ALL = 0.99


def recall_figure(trials: Sequence[VectorTrial], *, title: str) -> Figure:
    """One line an index, its points labelled by what it was searched with; at the largest number of rows where there are several."""
    required(trials, "trials of a vector search")
    rows = {source: max(trial.row_count for trial in trials if trial.source == source) for source in (trial.source for trial in trials)}
    shown = [trial for trial in trials if trial.row_count >= 0.9 * rows[trial.source]]
    lines = dict.fromkeys(_line(trial) for trial in shown if trial.method != EXACT)
    with panels(title, (1,), inches=5.2) as (figure, [axes]):
        axes.set_xscale("log")
        _exact(axes, [trial for trial in shown if trial.method == EXACT])
        for number, name in enumerate(list(lines)[:MOST_LINES]):
            _draw(axes, name, sorted((trial for trial in shown if _line(trial) == name), key=_effort), number)
        times = [trial.p50_ms for trial in shown]
        axes.set_xlim(min(times) / 1.3, max(times) * 1.5)
        least = min(min(trial.recall for trial in shown) - 0.05, 0.85)
        axes.set_ylim(least, 1.03)
        axes.set_yticks([tick for tick in axes.get_yticks() if least <= tick <= 1])
        plain_ticks(axes.xaxis)
        axes.set_xlabel("median time of a query, ms, logarithmic")
        axes.set_ylabel(f"recall@{shown[0].k}")
        if wanted := shown[0].wanted_recall:
            axes.axhline(wanted, color=QUIET, linewidth=0.8, linestyle=":")
        axes.legend(loc="lower right", fontsize=SMALL)
        caption(figure, _facts(shown, len(lines)))
    return figure


def _line(trial: VectorTrial) -> str:
    return f"{trial.built}{' (in place)' if trial.in_place else ''}"


def _effort(trial: VectorTrial) -> int:
    return trial.probes or trial.ef_search or 0


def _draw(axes: Axes, name: str, trials: Sequence[VectorTrial], number: int) -> None:
    look = LOOKS[number]
    axes.plot(
        [trial.p50_ms for trial in trials],
        [trial.recall for trial in trials],
        color=look.color,
        linestyle=look.linestyle,
        marker=look.marker,
        markersize=5,
        label=name,
    )
    below = number % 2 == 1
    nearly = next((place for place, trial in enumerate(trials) if trial.recall >= NEARLY_ALL), len(trials))
    for trial in trials[: nearly + 1]:  # beyond it all points lie on the upper edge
        text = next((f"{short} {value}" for key, short in SHORT.items() if (value := getattr(trial, key)) is not None), "")
        place = (4, -11) if below else (-4, 6)
        axes.annotate(
            text,
            (trial.p50_ms, trial.recall),
            xytext=place,
            textcoords="offset points",
            fontsize=SMALL - 1,
            color=look.color,
            ha="left" if below else "right",
        )


def _exact(axes: Axes, trials: Sequence[VectorTrial]) -> None:
    if trials:
        axes.plot([trials[-1].p50_ms], [trials[-1].recall], "*", color=INK, markersize=12, label="exact search")


def _facts(trials: Sequence[VectorTrial], lines: int) -> list[str]:
    first = trials[0]
    counts = sorted({trial.row_count for trial in trials})
    rows = format_quantity(counts[0], "count") + (f" to {format_quantity(counts[-1], 'count')}" if len(counts) > 1 else "")
    queries = format_quantity(min(trial.n for trial in trials), "count")
    return [
        ", ".join(dict.fromkeys(trial.source for trial in trials)),
        f"metric {first.metric}",
        f"k = {first.k}",
        f"{rows} vectors of {first.dimensions} dimensions",
        f"n = {queries} queries a setting",
        f"labelled up to recall {NEARLY_ALL:g}",
        "dotted: recall that is wanted" if first.wanted_recall else "",
        f"{lines - MOST_LINES} more indexes are not drawn" if lines > MOST_LINES else "",
        runs_text(trial.run_id for trial in trials),
    ]
