"""What each node of a plan costs, by the best measure that the plan carries: time, else buffers, else nothing."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from perfkit.model.plan import Node, Plan

FLOOR_MS = 1.0
"""Below it no share is worth a finding."""
NOTEWORTHY = 0.02
"""Share of the execution from which a fault that is certain is worth a finding."""
JIT_IN_STARTUP = 0.5
"""Share of the compilation that a node's startup holds at least, where the node waited for it."""
JOINS = frozenset({"Nested Loop", "Hash Join", "Merge Join"})
SCANS = frozenset({"Seq Scan", "Index Scan", "Index Only Scan", "Bitmap Heap Scan", "Tid Scan", "Tid Range Scan", "Foreign Scan"})
CHAINED = frozenset({"Gather", "Gather Merge", "Sort", "Incremental Sort", "Subquery Scan", "Result", "Materialize", "Unique", "LockRows"})
"""Nodes that hand on the rows of their one input."""


class Bill:
    """The costs of one plan's nodes; compilation is not charged to the node that waited for it."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.total_ms = plan.head.execution_ms
        self.timed = any(node.step.self_ms for node in plan.nodes)

    @property
    def executed(self) -> bool:
        return self.plan.root.step.loops is not None

    @property
    def basis(self) -> str:
        """What a saving was computed from."""
        return "own time" if self.timed else "its share of the buffers, as no node was timed,"

    def own(self, node: Node) -> float:
        """Own milliseconds; by buffers where nothing was timed, 0 where nothing was measured."""
        return self._own[node.step.node_id] * self._scale

    def inside(self, node: Node) -> float:
        """Milliseconds of the node and everything below it."""
        return self._inside[node.step.node_id] * self._scale

    def share(self, amount_ms: float) -> float:
        """Of the execution."""
        return amount_ms / self._whole if self._whole else 0.0

    def heavy(self, amount_ms: float, share: float, least_ms: float = FLOOR_MS) -> bool:
        """Whether an amount is worth a finding; where only buffers were counted and no time at all, the share decides alone."""
        return self.share(amount_ms) >= share and (self.total_ms is None or amount_ms >= least_ms)

    def ms(self, amount: float) -> float | None:
        """An amount as a measured cost; None where no time was taken at all."""
        return amount if self.total_ms is not None else None

    @cached_property
    def jit_ms(self) -> float:
        """Compilation by each of the processes, as all of them do it at the same time."""
        details = self.plan.head.details
        if not details or '"JIT"' not in details:
            return 0.0
        timing = self.plan.facts["JIT"].get("Timing") or {}
        processes = max((node.step.processes or 1.0 for node in self.plan.nodes), default=1.0)
        return float(timing.get("Total") or 0.0) / processes

    @cached_property
    def jit_node(self) -> Node | None:
        """The deepest node whose start waited for the compilation."""
        if not self.jit_ms:
            return None
        waited = [node for node in self.plan.nodes if node.executed and node.number("Actual Startup Time") >= JIT_IN_STARTUP * self.jit_ms]
        return max(waited, key=lambda node: (sum(1 for _ in node.above()), -node.step.node_id), default=None)

    @cached_property
    def _own(self) -> list[float]:
        amounts = [node.step.self_ms or 0.0 if self.timed else _blocks(node) for node in self.plan.nodes]
        if self.timed and self.jit_node is not None:
            number = self.jit_node.step.node_id
            amounts[number] = max(amounts[number] - self.jit_ms, 0.0)
        return amounts

    @cached_property
    def _inside(self) -> list[float]:
        amounts = list(self._own)
        for node in reversed(self.plan.nodes):
            if node.parent is not None:
                amounts[node.parent.step.node_id] += amounts[node.step.node_id]
        return amounts

    @cached_property
    def _scale(self) -> float:
        """Milliseconds of a buffer, where buffers are all that was counted."""
        if self.timed or self.total_ms is None:
            return 1.0
        return self.total_ms / (sum(self._own) or 1.0)

    @cached_property
    def _whole(self) -> float:
        return self.total_ms if self.total_ms is not None else sum(self._own)


def chain_below(node: Node) -> Iterator[Node]:
    """The nodes that hand their rows straight up to this one, down to the first that makes them."""
    while len(node.children) == 1:
        [node] = node.children
        yield node
        if node.step.node_type not in CHAINED:
            return


def deepest(node: Node) -> Node:
    """The node that makes the rows which this one gets."""
    return [node, *chain_below(node)][-1]


def removed(node: Node, by: str = "Filter") -> float:
    """Rows that a filter discarded, all loops together."""
    return node.number(f"Rows Removed by {by}") * (node.step.loops or 0)


def of_processes(node: Node, fact: str) -> list[float]:
    """A number of the node and of its workers, each process by itself."""
    if not node.may_say(fact):
        return []
    workers = node.facts.get("Workers")
    listed = [worker.get(fact) for worker in workers if isinstance(worker, dict)] if isinstance(workers, list) else []
    return [float(value) for value in [node.facts.get(fact), *listed] if isinstance(value, int | float)]


def _blocks(node: Node) -> float:
    step = node.step
    counts = (step.shared_hit, step.shared_read, step.local_hit, step.local_read, step.temp_read, step.temp_written)
    return float(sum(count or 0 for count in counts))
