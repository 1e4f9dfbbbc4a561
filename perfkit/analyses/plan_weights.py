"""Which nodes of a plan matter? By own time where it was measured, else by own buffers, else by the planner's own cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from perfkit.model.plan import Node, Plan

MISJUDGED = 10.0
"""From this factor on an estimate is called wrong."""


@dataclass(frozen=True, slots=True)
class Weights:
    """A plan's nodes weighed."""

    what: str
    """own time, own buffers or own cost; empty when nothing is known."""
    unit: str
    amounts: Sequence[float]
    """By position in the plan."""
    whole: float
    """What a share is a share of."""

    def share(self, position: int) -> float:
        return self.amounts[position] / self.whole if self.whole else 0.0


@dataclass(frozen=True, slots=True)
class Shown:
    """A node that is shown, or the ones below a node that are not."""

    node: Node
    """The node; of left-out ones their parent."""
    depth: int
    left_out: int
    """How many nodes this row stands for instead; 0 for a node of its own."""
    amount: float
    share: float


def weights(plan: Plan) -> Weights:
    """The best measure that the plan has."""
    if any(node.step.self_ms is not None for node in plan.nodes):
        times = [node.self_ms for node in plan.nodes]
        return Weights("own time", "ms", times, plan.head.execution_ms or sum(times))
    buffers = [float((node.step.shared_hit or 0) + (node.step.shared_read or 0)) for node in plan.nodes]
    if any(buffers):
        return Weights("own buffers", "count", buffers, sum(buffers))
    costs = [max(node.number("Total Cost") - sum(child.number("Total Cost") for child in node.children), 0.0) for node in plan.nodes]
    return Weights("own cost" if any(costs) else "", "count", costs, sum(costs))


def misjudged(node: Node) -> float | None:
    """Actual over estimated rows of a loop; below 1 there were fewer than expected. None where one of them is unknown."""
    step = node.step
    if step.rows_estimated is None or step.rows_actual is None or not node.executed:
        return None
    return max(step.rows_actual, 1.0) / max(step.rows_estimated, 1.0)


def shown(plan: Plan, most: int) -> list[Shown]:
    """Every node in pre-order; of larger plans the weightiest with all nodes above them, the others as one row a parent."""
    weighed = weights(plan)
    position = {id(node): number for number, node in enumerate(plan.nodes)}
    kept = _kept(plan, weighed, position, most)
    rows: list[Shown] = []
    waiting: list[tuple[Node, int, bool]] = [(plan.root, 0, False)]
    while waiting:
        node, depth, is_rest = waiting.pop()
        if is_rest:
            rest = [item for child in node.children if id(child) not in kept for item in child.below()]
            amount = sum(weighed.amounts[position[id(item)]] for item in rest)
            rows.append(Shown(node, depth, len(rest), amount, amount / weighed.whole if weighed.whole else 0.0))
            continue
        number = position[id(node)]
        rows.append(Shown(node, depth, 0, weighed.amounts[number], weighed.share(number)))
        chosen = [child for child in node.children if id(child) in kept]
        if len(chosen) < len(node.children):
            waiting.append((node, depth + 1, True))
        waiting += [(child, depth + 1, False) for child in reversed(chosen)]
    return rows


def _kept(plan: Plan, weighed: Weights, position: dict[int, int], most: int) -> set[int]:
    if len(plan.nodes) <= most:
        return set(position)
    kept = {id(plan.root)}
    for node in sorted(plan.nodes, key=lambda item: -weighed.amounts[position[id(item)]]):
        path = [node, *node.above()]
        new = {id(item) for item in path} - kept
        if len(kept) + len(new) <= most:
            kept |= new
    return kept
