"""A ladder of load: what was answered at each step, and how fast, up to where it was tested and a little beyond."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from perfkit.analyses.load_curve import Fitted
from perfkit.analyses.load_steps import LoadStep
from perfkit.figures.panels import (
    INK,
    LOOKS,
    QUIET,
    SMALL,
    caption,
    counted,
    failed_text,
    label_ends,
    note_at_top,
    panels,
    required,
    runs_text,
    scale_times,
)
from perfkit.units import format_quantity

FARTHEST = 1.2
"""Nothing is claimed beyond so many times the highest step."""


def throughput_figure(steps: Sequence[LoadStep], *, title: str, fitted: Fitted | None = None, unit: str = "users") -> Figure:
    """Throughput above, response times below, both over what the steps asked for."""
    required(steps, "steps of a ladder")
    highest = max(step.users for step in steps)
    with panels(title, (1, 1), inches=6.6) as (figure, [above, below]):
        for panel in (above, below):
            panel.set_xlim(0, highest * FARTHEST * 1.02)
            panel.axvspan(highest, highest * FARTHEST * 1.02, facecolor="none", edgecolor="#c4c4c4", hatch="///", linewidth=0, zorder=0)
            panel.axvline(highest, color=QUIET, linewidth=0.8, linestyle=":")
        note_at_top(above, highest, "not tested")
        ends = _throughput(above, steps, fitted, highest)
        above.tick_params(labelbottom=False)
        named = _times(below, steps)
        below.set_xlabel(unit)
        caption(figure, _facts(steps, unit, fitted))
        if len({step.run_id for step in steps}) > 1:
            figure.legend(*above.get_legend_handles_labels(), loc="outside upper right", ncols=3, fontsize=SMALL)
        label_ends(above, ends)
        label_ends(below, named)
    return figure


def _throughput(axes: Axes, steps: Sequence[LoadStep], fitted: Fitted | None, highest: int) -> list[tuple[float, float, str]]:
    """Points are measured; the model is a line, dashed where nothing was tested."""
    for number, (run_id, group) in enumerate(groupby(steps, key=lambda step: step.run_id)):
        rows = list(group)
        joined, marker = "none" if fitted else "-", LOOKS[number % len(LOOKS)].marker
        users, answered = [row.users for row in rows], [row.per_second for row in rows]
        axes.plot(users, answered, color=LOOKS[0].color, linestyle=joined, linewidth=1.2, marker=marker, label=run_id)
    axes.set_ylabel("requests answered a second")
    ends = []
    if fitted:
        inside, beyond = _parts(fitted, highest)
        axes.plot([x for x, _ in inside], [y for _, y in inside], color=INK, linewidth=1.2)
        axes.plot([x for x, _ in beyond], [y for _, y in beyond], color=INK, linewidth=1.2, linestyle=(0, (5, 3)))
        ends = [(*(beyond or inside)[-1], fitted.name)] if inside or beyond else []
        if fitted.knee_users is not None and fitted.knee_users <= highest * FARTHEST:
            axes.axvline(fitted.knee_users, color=INK, linewidth=1.0, linestyle="-.")
            note_at_top(axes, fitted.knee_users, f"knee at {fitted.knee_users:.3g}", line=1)
    axes.set_ylim(0, max([step.per_second for step in steps] + [y for _, y, _ in ends]) * 1.2)
    return ends


def _parts(fitted: Fitted, highest: int) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    """The curve up to the highest step, and from there as far as it may go."""
    curve = sorted(zip(fitted.users, fitted.per_second, strict=True))
    inside = [point for point in curve if point[0] <= highest]
    beyond = [point for point in curve if highest < point[0] <= highest * FARTHEST]
    return inside, [*inside[-1:], *beyond] if beyond else []


def _times(axes: Axes, steps: Sequence[LoadStep]) -> list[tuple[float, float, str]]:
    """P50 and P95; a cross with the share where requests failed."""
    ends: list[tuple[float, float, str]] = []
    for number, (_, group) in enumerate(groupby(steps, key=lambda step: step.run_id)):
        rows, marker = list(group), LOOKS[number % len(LOOKS)].marker
        users = [row.users for row in rows]
        axes.plot(users, [row.p95_ms for row in rows], color=LOOKS[1].color, linestyle="--", marker=marker, markersize=5)
        axes.plot(users, [row.p50_ms for row in rows], color=LOOKS[0].color, linestyle="-", marker=marker, markersize=5)
        ends += [(users[-1], rows[-1].p50_ms, "P50"), (users[-1], rows[-1].p95_ms, "P95")]
    scale_times(axes, [value for step in steps for value in (step.p50_ms, step.p95_ms)])
    for step in (row for row in steps if row.failed):
        axes.plot([step.users], [step.p95_ms], "x", color=INK, markersize=11, markeredgewidth=1.6)
        text = f"{format_quantity(step.error_rate, 'ratio')} failed"
        axes.annotate(text, (step.users, step.p95_ms), xytext=(-8, 6), textcoords="offset points", ha="right", fontsize=SMALL)
    return ends


def _facts(steps: Sequence[LoadStep], unit: str, fitted: Fitted | None) -> list[str]:
    n, failed = sum(step.n for step in steps), sum(step.failed for step in steps)
    return [
        "units: requests a second, ms",
        f"{counted(n, 'requests')} in {len(steps)}\u00a0{'step' if len(steps) == 1 else 'steps'}, {failed_text(failed, n)}",
        "a single step shows no course" if len({step.users for step in steps}) < 2 else "",
        "only the steady time of each step",
        "× requests failed" if failed else "",
        f"{fitted.name}: {fitted.about}, dashed beyond the highest step" if fitted else "",
        f"not tested above {max(step.users for step in steps)}\u00a0{unit}",
        runs_text(step.run_id for step in steps),
    ]
