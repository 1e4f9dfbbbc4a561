"""A plan as a picture: the tree on the left, a bar of own time for each node, and a mark where the planner was far off."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from perfkit.analyses.plan_weights import MISJUDGED, Shown, misjudged, shown, weights
from perfkit.figures.amounts import shortened
from perfkit.figures.panels import INK, QUIET, SMALL, caption, panels, runs_text
from perfkit.figures.plan_text import OUTSIDE, execution_text, rows_text, share_text
from perfkit.model.plan import Node, Plan
from perfkit.units import format_quantity

MOST_NODES = 48
ROW_INCHES = 0.27
HEAT = LinearSegmentedColormap.from_list("heat", ["#e3e8ee", "#f2c14e", "#d1731f", "#8c2d2d"])
"""From pale to dark, so that print and grey keep the order."""
INDENT = 0.35
LONGEST_NAME = 64
AXIS = {"own time": "own time, ms", "own buffers": "own buffers, pages of the server", "own cost": "the planner's own cost, not measured"}


def plan_figure(plan: Plan, *, most: int = MOST_NODES) -> Figure:
    """The tree with bars; of larger plans the weightiest nodes."""
    rows = shown(plan, most)
    outside = plan.head.outside_ms or 0.0
    weighed = weights(plan)
    amounts = [item.amount for item in rows] + ([outside] if outside else [])
    with panels(shortened(plan.title, LONGEST_NAME), [1], widths=(3, 2), inches=1.6 + ROW_INCHES * len(amounts)) as (figure, (tree, bars)):
        _tree(tree, rows, has_outside=bool(outside))
        _bars(bars, rows, amounts, weighed.whole, "ms" if weighed.unit == "ms" else "count")
        bars.set_xlabel(AXIS.get(weighed.what, "no node was measured"))
        if not any(amounts):
            bars.set_xticks([])
        for axes in (tree, bars):
            axes.set_ylim(len(amounts) - 0.4, -0.6)
        caption(figure, _facts(plan, rows))
    return figure


def _tree(axes: Axes, rows: Sequence[Shown], *, has_outside: bool) -> None:
    axes.set_axis_off()
    deepest = max(item.depth for item in rows)
    axes.set_xlim(-0.3, max(deepest * INDENT + 5, 6))
    last_at: dict[int, int] = {}
    for number, item in enumerate(rows):
        x = item.depth * INDENT
        if item.depth:
            parent = last_at[item.depth - 1]
            axes.plot([x - INDENT, x - INDENT, x], [parent, number, number], color="#9aa4b2", linewidth=0.8, zorder=1)
        last_at[item.depth] = number
        if item.left_out:
            axes.text(x + 0.12, number, f"… {item.left_out} more", va="center", fontsize=SMALL, color=QUIET)
            continue
        axes.plot(x, number, "o", markersize=6, color=HEAT(min(item.share, 1.0)), markeredgecolor=INK, markeredgewidth=0.5, zorder=2)
        axes.text(x + 0.18, number, _name(item.node), va="center", fontsize=SMALL, color=INK if item.node.executed or item.amount else QUIET)
    if has_outside:
        axes.text(0.0, len(rows), OUTSIDE, va="center", fontsize=SMALL, color=QUIET)


def _name(node: Node) -> str:
    name = shortened(f"{node.step.subplan}: {node.shown}" if node.step.subplan else node.shown, LONGEST_NAME)
    return f"{name}  (children claim more time than it has)" if node.step.clamped else name


def _bars(axes: Axes, rows: Sequence[Shown], amounts: Sequence[float], whole: float, unit: str) -> None:
    shares = [amount / whole if whole else 0.0 for amount in amounts]
    axes.barh(range(len(amounts)), amounts, 0.62, color=[HEAT(min(share, 1.0)) for share in shares], edgecolor=INK, linewidth=0.4)
    axes.set_yticks([])
    axes.set_xlim(0, max([*amounts, 1e-9]) * 2.0)
    axes.grid(visible=False)
    for number, (amount, share) in enumerate(zip(amounts, shares, strict=True)):
        texts = [", ".join(filter(None, [format_quantity(amount, unit), share_text(share)])) if amount else ""]
        node = rows[number].node if number < len(rows) and not rows[number].left_out else None
        wrong = node is not None and _is_wrong(node)
        if node is not None and (wrong or not node.executed):
            texts.append(f"{'▲ ' if wrong else ''}{rows_text(node)}")
        axes.annotate(
            "  ".join(text for text in texts if text), (amount, number), xytext=(4, 0), textcoords="offset points", va="center", fontsize=SMALL
        )


def _is_wrong(node: Node) -> bool:
    factor = misjudged(node)
    return factor is not None and not 1 / MISJUDGED < factor < MISJUDGED


def _facts(plan: Plan, rows: Sequence[Shown]) -> list[str]:
    head = plan.head
    planning = f"planning {format_quantity(head.planning_ms, 'ms')}" if head.planning_ms is not None else ""
    left_out = sum(item.left_out for item in rows)
    count = f"{len(plan.nodes)} nodes" + (f", {left_out} of them summed up" if left_out else "")
    marked = f"▲ rows {MISJUDGED:.0f} times off the estimate" if any(_is_wrong(item.node) for item in rows if not item.left_out) else ""
    return [f"{head.engine}, {execution_text(plan)}", planning, count, marked, runs_text([head.run_id]) + f", plan {head.plan_id}"]
