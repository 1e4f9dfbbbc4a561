"""A plan as text: a tree with own time, rows and what the planner expected, for terminals, notebooks and reports."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from perfkit.analyses.plan_weights import MISJUDGED, Shown, misjudged, shown, weights
from perfkit.figures.amounts import shortened
from perfkit.figures.bars import CELLS, bar
from perfkit.model.plan import Node, Plan
from perfkit.units import format_quantity

OUTSIDE = "(outside the plan)"
AMOUNT_CELLS = 11
LONGEST_CONDITION = 100
WORTH_A_CONDITION = 0.05
LEAST_SHARE = 0.01
MOST_NODES = 60


@dataclass(frozen=True, slots=True)
class Line:
    """A line before its columns are aligned."""

    amount: str
    share: float
    rows: str
    name: str
    mark: str = ""
    """An exclamation mark where the node's children claim more time than the node has."""

    def text(self, width: int) -> str:
        part = share_text(self.share)
        return f"{self.amount:>{AMOUNT_CELLS}}  {part:>8} {bar(self.share)}  {self.rows:>{width}} {self.mark:1} {self.name}".rstrip()


def plan_text(plan: Plan, *, most: int = MOST_NODES) -> str:
    """The tree with its head line; of larger plans the weightiest nodes."""
    rows = shown(plan, most)
    what = weights(plan).what
    cells = [line for item, branch in zip(rows, _branches(rows), strict=True) for line in _lines(item, branch, weighed=bool(what))]
    outside = plan.head.outside_ms or 0.0
    if outside and plan.head.execution_ms:
        cells.append(Line(format_quantity(outside, "ms"), outside / plan.head.execution_ms, "", OUTSIDE))
    width = max(len(line.rows) for line in [*cells, Line("", 0.0, "rows", "")])
    header = f"{what or 'not measured':>{AMOUNT_CELLS}}  {'share':>8} {'':{CELLS}}  {'rows':>{width}}   node"
    return "\n".join([plan_heading(plan), "", header, *(line.text(width) for line in cells)])


def plan_heading(plan: Plan) -> str:
    """What was explained, and how long it took as a whole."""
    head = plan.head
    times = [execution_text(plan) + (f" (the first time {format_quantity(head.cold_ms, 'ms')})" if head.cold_ms is not None else "")]
    if head.planning_ms is not None:
        times.append(f"planning {format_quantity(head.planning_ms, 'ms')}")
    facts = ", ".join(times)
    return f"{plan.title}\n{head.engine}, run {head.run_id}, plan {head.plan_id}: {facts}"


def execution_text(plan: Plan) -> str:
    """How long it ran, or why nobody knows."""
    if plan.head.execution_ms is not None:
        return f"execution {format_quantity(plan.head.execution_ms, 'ms')}"
    return "executed, its time was not measured" if plan.executed else "not executed, only planned"


def share_text(share: float) -> str:
    """Below a hundredth it says nothing."""
    return format_quantity(share, "ratio") if share >= LEAST_SHARE else ""


def rows_text(node: Node) -> str:
    """Rows of a loop, and how many were expected where that was wrong."""
    step = node.step
    if step.rows_actual is None:
        return "" if step.rows_estimated is None else f"~{format_quantity(step.rows_estimated, 'count')}"
    if not node.executed:
        return "never run"
    loops = f" × {format_quantity(step.loops or 1, 'count')}" if (step.loops or 1) > 1 else ""
    factor = misjudged(node)
    wrong = ""
    if factor is not None and step.rows_estimated is not None and not 1 / MISJUDGED < factor < MISJUDGED:
        wrong = f" (expected {format_quantity(step.rows_estimated, 'count')})"
    return f"{format_quantity(step.rows_actual, 'count')}{loops}{wrong}"


def _lines(item: Shown, branch: tuple[str, str], *, weighed: bool) -> Iterator[Line]:
    joint, stem = branch
    unit = "ms" if item.node.step.self_ms is not None else "count"
    amount = format_quantity(item.amount, unit) if item.amount else ""
    if item.left_out:
        yield Line(amount, item.share, "", f"{joint}… {item.left_out} more node{'s' if item.left_out > 1 else ''}")
        return
    name = f"{item.node.step.subplan}: " if item.node.step.subplan else ""
    yield Line(amount, item.share, rows_text(item.node), f"{joint}{name}{item.node.shown}", "!" if item.node.step.clamped else "")
    for text in _notes(item, weighed=weighed):
        yield Line("", 0.0, "", f"{stem}   {text}")


def _notes(item: Shown, *, weighed: bool) -> Iterator[str]:
    """Conditions of the nodes that matter; where nothing was weighed, of all."""
    if item.share < WORTH_A_CONDITION and weighed:
        return
    step = item.node.step
    condition = step.condition if step.condition and step.condition not in item.node.shown else None
    for text in (condition, f"Sort Key: {step.sort_key}" if step.sort_key else None):
        if text:
            yield shortened(" ".join(text.split()), LONGEST_CONDITION)
    if step.rows_removed:
        yield f"removed {format_quantity(step.rows_removed, 'count')} rows"


def _branches(rows: list[Shown]) -> list[tuple[str, str]]:
    """For each row what stands before its name, and before the lines below the name."""
    found: list[tuple[str, str]] = []
    open_above: list[bool] = []
    for number, item in enumerate(rows):
        last = _is_last(rows, number)
        del open_above[max(item.depth - 1, 0) :]
        before = "".join("│  " if is_open else "   " for is_open in open_above)
        joint = "" if not item.depth else "└─ " if last else "├─ "
        below = "" if not item.depth else "   " if last else "│  "
        has_children = number + 1 < len(rows) and rows[number + 1].depth > item.depth
        found.append((before + joint, before + below + ("│" if has_children else " ")))
        if item.depth:
            open_above.append(not last)
    return found


def _is_last(rows: list[Shown], number: int) -> bool:
    """Whether no later row hangs on the same parent."""
    depth = rows[number].depth
    return next((item.depth < depth for item in rows[number + 1 :] if item.depth <= depth), True)
