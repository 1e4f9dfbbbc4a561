"""EXPLAIN's tree → own time and own buffers of every node. EXPLAIN counts per loop, per process and with children; own counts nothing twice."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

GATHERS = ("Gather", "Gather Merge")
INIT_PLAN = re.compile(r"InitPlan (?P<number>\d+)(?: \(returns (?P<parameters>[^)]*)\))?")
CTE = re.compile(r"CTE (?P<name>.+)")
ROUNDING_MS = 0.001
ROUNDING_MS_A_LOOP = 0.0005


@dataclass
class Node:
    """One node with its place in the tree; children are in the order of EXPLAIN."""

    number: int
    facts: Mapping[str, Any]
    parent: Node | None
    processes: float
    children: list[Node] = field(default_factory=list)

    @property
    def loops(self) -> float:
        return float(self.facts.get("Actual Loops") or 0)

    @property
    def wall_ms(self) -> float | None:
        """With children, all loops, as the clock on the wall saw it. None when the plan was not executed with timing."""
        time_ms = self.facts.get("Actual Total Time")
        return None if time_ms is None else float(time_ms) * self.loops / max(self.processes, 1e-9)

    @property
    def name(self) -> str:
        """What EXPLAIN calls a sub-plan, such as CTE x or InitPlan 1."""
        return str(self.facts.get("Subplan Name") or "")

    @property
    def is_separate(self) -> bool:
        """InitPlans and CTEs hang on one node but are executed by whichever node asks for them."""
        return self.facts.get("Parent Relationship") == "InitPlan"

    def walk(self) -> Iterator[Node]:
        """This node and all below it, in pre-order."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True, slots=True)
class Own:
    """Own amounts by node number, what ran beside the root (a writing CTE that nobody reads), and which nodes rounding cannot explain."""

    amounts: Sequence[float]
    left_over: float
    clamped: frozenset[int]


def tree_of(plan: Mapping[str, Any]) -> Node:
    """The plan's nodes, numbered in pre-order from 0."""
    root = Node(0, plan, None, 1.0)
    waiting = [root]
    while waiting:
        node = waiting.pop()
        facts = node.facts.get("Plans") or []
        node.children = [Node(0, child, node, _processes(node, child)) for child in facts if isinstance(child, Mapping)]
        waiting += node.children
    for number, node in enumerate(root.walk()):
        node.number = number
    return root


def own_times(root: Node) -> Own:
    """Own wall time; the sum less what is left over is the root's time."""
    walls = {node.number: node.wall_ms or 0.0 for node in root.walk()}
    return _own(root, walls, {node.number: _tolerance(node) for node in root.walk()})


def own_blocks(root: Node, key: str) -> Own:
    """Own buffers of one kind; EXPLAIN's are totals over loops and processes already."""
    blocks = {node.number: float(node.facts.get(key) or 0) for node in root.walk()}
    return _own(root, blocks, dict.fromkeys(blocks, 0.0))


def _processes(parent: Node, child: Mapping[str, Any]) -> float:
    """Processes that shared the work: below a Gather as many as its child was started in."""
    loops = float(child.get("Actual Loops") or 0)
    if child.get("Parent Relationship") == "InitPlan":
        return parent.processes if loops > 1 and parent.processes > 1 and loops >= parent.loops else 1.0
    if parent.facts.get("Node Type") in GATHERS:
        return max(loops / parent.loops, 1.0) if parent.loops and loops else 1.0
    return parent.processes


def _tolerance(node: Node) -> float:
    loops = [node.loops / max(node.processes, 1e-9), *(child.loops / max(child.processes, 1e-9) for child in node.children)]
    return ROUNDING_MS + ROUNDING_MS_A_LOOP * sum(loops)


def _own(root: Node, totals: Mapping[int, float], tolerances: Mapping[int, float]) -> Own:
    nodes = list(root.walk())
    own = [totals[node.number] - sum(totals[child.number] for child in node.children if not child.is_separate) for node in nodes]
    left_over = 0.0
    for node in nodes:
        if node.is_separate and totals[node.number] > 0:
            left_over += _deduct(node, totals[node.number], nodes, own)
    clamped = frozenset(node.number for node in nodes if own[node.number] < -tolerances[node.number])
    return Own([max(amount, 0.0) for amount in own], left_over, clamped)


def _deduct(separate: Node, amount: float, nodes: Sequence[Node], own: list[float]) -> float:
    """Take a separate plan's amount from the nodes that waited for it; returns what none of them can have spent."""
    inside = {node.number for node in separate.walk()}
    if cte := CTE.fullmatch(separate.name):
        for scan in _scans_of(separate, cte["name"]):
            taken = min(amount, max(own[scan.number], 0.0))
            own[scan.number] -= taken
            amount -= taken
        return amount
    asking = [node for node in nodes if node.number not in inside and node.loops and _mentions(node, separate.name)]
    owner = [separate.parent] if separate.parent else []
    below = sorted((node for node in owner[0].walk() if node.number not in inside), key=_depth, reverse=True) if owner else []
    for node in [*asking, *owner, *below]:
        if own[node.number] + _tolerance(node) >= amount:
            own[node.number] -= amount
            return 0.0
    return amount


def _scans_of(separate: Node, name: str) -> list[Node]:
    """CTE scans of this name where it is visible: below the node that owns it, and not below one that owns another of the name."""
    if separate.parent is None:
        return []
    found, waiting = [], [separate.parent]
    while waiting:
        node = waiting.pop(0)
        if node.facts.get("Node Type") == "CTE Scan" and node.facts.get("CTE Name") == name:
            found.append(node)
        shadowed = node is not separate.parent and any(child.name == f"CTE {name}" for child in node.children)
        waiting += [] if shadowed else [child for child in node.children if child is not separate]
    return found


def _mentions(node: Node, name: str) -> bool:
    """Whether one of the node's texts uses the InitPlan's result: (InitPlan 1).col1 from 17 on, $0 before."""
    match = INIT_PLAN.match(name)
    if match is None:
        return False
    uses = [rf"\(InitPlan {match['number']}\)", rf"InitPlan {match['number']}\b"]
    uses += [rf"{re.escape(parameter.strip())}(?!\d)" for parameter in (match["parameters"] or "").split(",") if parameter.strip()]
    pattern = re.compile("|".join(uses))
    return any(pattern.search(text) for key, value in node.facts.items() if key != "Subplan Name" for text in _texts(value))


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _depth(node: Node) -> int:
    depth = 0
    while node.parent is not None:
        node, depth = node.parent, depth + 1
    return depth
