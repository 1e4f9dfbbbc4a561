"""EXPLAIN's tree → own time and own buffers of every node. EXPLAIN counts per loop, per process and with children; own counts nothing twice."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

GATHERS = ("Gather", "Gather Merge")
INIT_PLAN = re.compile(r"InitPlan (?P<number>\d+)(?: \(returns (?P<parameters>[^)]*)\))?")
USED = re.compile(r"\bInitPlan (?P<number>\d+)|(?P<parameter>\$\d+)")
"""How a node's texts name an InitPlan's result: (InitPlan 1).col1 from PostgreSQL 17 on, $0 before."""
CTE_PREFIX = "CTE "
ROUNDING_MS = 0.001
ROUNDING_MS_A_LOOP = 0.0005


@dataclass(eq=False)
class Node:
    """One node with its place in the tree; children are in the order of EXPLAIN."""

    facts: Mapping[str, Any]
    parent: Node | None
    gather: Node | None
    """The nearest Gather above, in whose section of the plan several processes work."""
    depth: int = 0
    number: int = 0
    """In pre-order."""
    end: int = 0
    """The number behind its last descendant's."""
    children: list[Node] = field(default_factory=list)
    loops: float = field(init=False)
    processes: float = field(init=False)
    """Processes that shared the work: below a Gather as many as it was started in."""
    wall_ms: float | None = field(init=False)
    """With children, all loops, as the clock on the wall saw it. None when the plan was not executed with timing."""
    relationship: str | None = field(init=False)

    def __post_init__(self) -> None:
        time_ms = self.facts.get("Actual Total Time")
        self.relationship = self.facts.get("Parent Relationship")
        self.loops = float(self.facts.get("Actual Loops") or 0)
        self.processes = 1.0 if self.gather is None or self.parent is None else self._processes(self.parent, self.gather)
        self.wall_ms = None if time_ms is None else float(time_ms) * self.loops / self.processes

    def _processes(self, parent: Node, gather: Node) -> float:
        if self.relationship == "InitPlan":
            # executed once and handed to the workers, unless each of them executed it
            return min(parent.processes, self.loops / gather.loops) if gather.loops and self.loops > gather.loops else 1.0
        if gather is parent and self.relationship != "SubPlan":
            return max(self.loops / parent.loops, 1.0) if parent.loops and self.loops else 1.0
        return parent.processes

    @property
    def is_separate(self) -> bool:
        """InitPlans and CTEs hang on one node but are executed by whichever node asks for them."""
        return self.relationship == "InitPlan" and self.parent is not None

    @cached_property
    def tolerance_ms(self) -> float:
        """EXPLAIN rounds the time of each loop."""
        return ROUNDING_MS + ROUNDING_MS_A_LOOP * (self.loops / self.processes + sum(child.loops / child.processes for child in self.children))

    @property
    def name(self) -> str:
        """What EXPLAIN calls a sub-plan, such as CTE x or InitPlan 1."""
        return str(self.facts.get("Subplan Name") or "")

    @property
    def cte(self) -> str | None:
        """The name of the CTE that begins here."""
        return self.name.removeprefix(CTE_PREFIX) if self.is_separate and self.name.startswith(CTE_PREFIX) else None

    def contains(self, node: Node) -> bool:
        """Whether the node is this one or below it."""
        return self.number <= node.number < self.end


@dataclass(frozen=True, slots=True)
class Own:
    """Own amounts by node number, what ran beside the root (a writing CTE that nobody reads), and which nodes rounding cannot explain."""

    amounts: Sequence[float]
    left_over: float
    clamped: frozenset[int]


class Tree:
    """A plan's nodes in pre-order, and who executes the plans that hang beside the tree."""

    def __init__(self, plan: Mapping[str, Any]) -> None:
        self.nodes = _numbered(plan)
        self._contained = [(node.number, node.parent.number) for node in self.nodes if node.parent is not None and not node.is_separate]
        """Nodes whose amounts are contained in those of the node above, with that node."""
        self._paid_by: dict[int, Node] = {}
        """InitPlans by number, and the nodes that waited for them."""
        self._separate = [node for node in self.nodes if node.is_separate]
        self._sub_plans = [node for node in self.nodes if node.relationship == "SubPlan"]

    @property
    def root(self) -> Node:
        return self.nodes[0]

    def part(self) -> None:
        """Nodes that know each other stay until Python's collector comes; afterwards they do not any more."""
        for node in self.nodes:
            node.children.clear()

    def own_times(self) -> Own:
        """Own wall time; the sum less what is left over is the root's time."""
        return self.own([node.wall_ms or 0.0 for node in self.nodes], lambda node: node.tolerance_ms)

    def own_totals(self, totals: Sequence[float], rounding: float = 0.0) -> Own:
        """Own amounts of what EXPLAIN counts over loops and processes together: buffers, I/O."""
        return self.own(totals, lambda node: rounding * (1 + len(node.children)))

    def own(self, totals: Sequence[float], tolerance: Callable[[Node], float]) -> Own:
        """What is a node's alone of amounts that include what was executed inside."""
        own = list(totals)
        for number, above in self._contained:
            own[above] -= totals[number]
        self._lift_sub_plans(totals, own, tolerance)
        left_over = 0.0
        if self._separate:
            left_over = self._deduct_ctes(totals, own)
            self._deduct_init_plans(totals, own, tolerance)
        clamped = frozenset(node.number for node, amount in zip(self.nodes, own, strict=True) if amount < 0 and amount < -tolerance(node))
        return Own([max(amount, 0.0) for amount in own], left_over, clamped)

    def _lift_sub_plans(self, totals: Sequence[float], own: list[float], tolerance: Callable[[Node], float]) -> None:
        """A SubPlan in an index condition is executed when the scan is started again, which EXPLAIN counts for the node above that does so."""
        for node in self._sub_plans:
            owner, amount = node.parent, totals[node.number]
            if owner is None or amount <= 0 or own[owner.number] >= -tolerance(owner):
                continue
            payer = owner.parent
            while payer is not None and own[payer.number] + tolerance(payer) < amount:
                payer = payer.parent
            if payer is not None:
                own[owner.number] += amount
                own[payer.number] -= amount

    @cached_property
    def _scans(self) -> Mapping[int, Sequence[Node]]:
        """The scans of each CTE, by the CTE's number: a name means the nearest node's CTE, the scan's own first, but not within that CTE itself."""
        visible: dict[str, list[Node]] = {}
        scans: dict[int, list[Node]] = {}
        for node, entering in _entering_and_leaving(self.nodes):
            if not entering:
                _leave(node, visible)
                continue
            if node.cte is not None:
                visible[node.cte].remove(node)
            for child in node.children:
                if child.cte is not None:
                    visible.setdefault(child.cte, []).append(child)
            if node.facts.get("Node Type") == "CTE Scan" and visible.get(str(node.facts.get("CTE Name"))):
                scans.setdefault(visible[str(node.facts["CTE Name"])][-1].number, []).append(node)
        return scans

    def _deduct_ctes(self, totals: Sequence[float], own: list[float]) -> float:
        """A CTE's amount is contained in its scans, first the one that pulls first; returns what no scan contains."""
        left_over = 0.0
        for node in self._separate:
            if node.cte is None:
                continue
            amount = totals[node.number]
            for scan in self._scans.get(node.number, ()):
                taken = min(amount, max(own[scan.number], 0.0))
                own[scan.number] -= taken
                amount -= taken
                if amount <= 0:
                    break
            left_over += amount
        return left_over

    @cached_property
    def _users(self) -> Mapping[str, Sequence[Node]]:
        """Executed nodes whose texts name an InitPlan's result, by that name; what workers use, their Gather computes before it starts them."""
        users: dict[str, list[Node]] = {}
        for node in self.nodes:
            if node.loops:
                names = {match["number"] or match["parameter"] for text in _texts(node.facts) for match in USED.finditer(text)}
                for name in names:
                    users.setdefault(name, []).extend((node.gather, node) if node.gather is not None else (node,))
        return users

    def _deduct_init_plans(self, totals: Sequence[float], own: list[float], tolerance: Callable[[Node], float]) -> None:
        """Take an InitPlan's amount from the node that waited for it; who paid its time pays its buffers, too."""
        asking = {name: _Payers(users, own, tolerance) for name, users in self._users.items()}
        below: dict[int, _Payers] = {}
        for node in sorted(self._separate, key=lambda node: totals[node.number]):
            amount, owner = totals[node.number], node.parent
            if amount <= 0 or node.cte is not None or owner is None:
                continue
            payer = self._paid_by.get(node.number)
            if payer is None or own[payer.number] + tolerance(payer) < amount:
                payer = _user(node, amount, asking) or (owner if own[owner.number] + tolerance(owner) >= amount else None)
            if payer is None:
                if owner.number not in below:
                    below[owner.number] = _Payers(sorted(self.nodes[owner.number : owner.end], key=lambda node: -node.depth), own, tolerance)
                payer = below[owner.number].first_but(node, amount) or owner
            self._paid_by.setdefault(node.number, payer)
            own[payer.number] -= amount


@dataclass
class _Payers:
    """Nodes in the order in which they are asked, for growing amounts: who could not pay one need not be asked for the next."""

    nodes: Sequence[Node]
    own: Sequence[float]
    tolerance: Callable[[Node], float]
    asked: int = 0

    def first_but(self, separate: Node, amount: float) -> Node | None:
        """The first that can pay and is not part of the separate plan itself."""
        while self.asked < len(self.nodes) and not self._can_pay(self.nodes[self.asked], amount):
            self.asked += 1
        for position in range(self.asked, len(self.nodes)):
            node = self.nodes[position]
            if not separate.contains(node) and self._can_pay(node, amount):
                return node
        return None

    def _can_pay(self, node: Node, amount: float) -> bool:
        return self.own[node.number] + self.tolerance(node) >= amount


def _user(init_plan: Node, amount: float, asking: Mapping[str, _Payers]) -> Node | None:
    """The first node that uses the InitPlan's result and can have waited for it."""
    users = [user for name in _results(init_plan) if name in asking and (user := asking[name].first_but(init_plan, amount))]
    return min(users, key=lambda user: user.number, default=None)


def _numbered(plan: Mapping[str, Any]) -> list[Node]:
    nodes: list[Node] = []
    waiting = [Node(plan, None, None)]
    while waiting:
        node = waiting.pop()
        node.number = len(nodes)
        nodes.append(node)
        gather = node if node.facts.get("Node Type") in GATHERS else node.gather
        for facts in node.facts.get("Plans") or ():
            node.children.append(Node(facts, node, gather, node.depth + 1))
        waiting += reversed(node.children)
    for node in reversed(nodes):
        node.end = node.children[-1].end if node.children else node.number + 1
    return nodes


def _entering_and_leaving(nodes: Sequence[Node]) -> Iterator[tuple[Node, bool]]:
    """Every node twice: before what is below it, with True, and behind it."""
    open_nodes: list[Node] = []
    for node in nodes:
        while open_nodes and open_nodes[-1].end <= node.number:
            yield open_nodes.pop(), False
        open_nodes.append(node)
        yield node, True
    while open_nodes:
        yield open_nodes.pop(), False


def _leave(node: Node, visible: Mapping[str, list[Node]]) -> None:
    """Behind a CTE its name is visible again; behind its owner no more."""
    if node.cte is not None:
        visible[node.cte].append(node)
    for child in node.children:
        if child.cte is not None:
            visible[child.cte].remove(child)


def _results(init_plan: Node) -> list[str]:
    """The names by which other nodes use its result."""
    match = INIT_PLAN.match(init_plan.name)
    if match is None:
        return []
    return [match["number"], *(parameter.strip() for parameter in (match["parameters"] or "").split(",") if parameter.strip())]


def _texts(facts: Mapping[str, Any]) -> Iterator[str]:
    for key, value in facts.items():
        if isinstance(value, str):
            if key != "Subplan Name":
                yield value
        elif isinstance(value, list) and key != "Plans":
            yield from (item for item in value if isinstance(item, str))
