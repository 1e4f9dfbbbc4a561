"""What changed between two plans of one statement, and what did it cost? Access to each table, the joins and their order, estimates, the rest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from perfkit.analyses.plan_weights import misjudged
from perfkit.model.plan import Node, Plan

JOINS = {"Nested Loop", "Hash Join", "Merge Join"}
SILENT = {"Hash", "Materialize", "Memoize", "Sort", "Incremental Sort", "Gather", "Gather Merge", "Limit", "Result", "Aggregate", "Bitmap Index Scan"}
"""Nodes that carry rows of others: no part of the order of joins."""
REJUDGED = 3.0
"""Estimates whose error changed by less are the same."""


@dataclass(frozen=True, slots=True)
class PlanChange:
    """One part of two plans side by side."""

    part: str
    base: str
    candidate: str
    base_ms: float | None
    """Own time of the part, where it was measured."""
    candidate_ms: float | None
    changed: bool


@dataclass(frozen=True, slots=True)
class PlanPair:
    """Two plans of one statement."""

    base: Plan
    candidate: Plan
    changes: Sequence[PlanChange] = field(default_factory=tuple)

    @property
    def changed(self) -> bool:
        return any(change.changed for change in self.changes)


def pairs(base: Sequence[Plan], candidate: Sequence[Plan]) -> list[PlanPair]:
    """Plans of the same statement on both sides, the costliest first; of several plans of a statement the last one of each side."""
    sides = [{_statement(plan): plan for plan in plans} for plans in (base, candidate)]
    common = [PlanPair(plan, sides[1][key], changes(plan, sides[1][key])) for key, plan in sides[0].items() if key in sides[1]]
    return sorted(common, key=lambda pair: -max(pair.base.head.execution_ms or 0, pair.candidate.head.execution_ms or 0))


def changes(base: Plan, candidate: Plan) -> list[PlanChange]:
    """Part by part: the whole first, then what changed, then what did not."""
    planning = PlanChange("planning", "", "", base.head.planning_ms, candidate.head.planning_ms, changed=False)
    whole = PlanChange("the whole statement", "", "", base.head.execution_ms, candidate.head.execution_ms, changed=False)
    parts = [*_accesses(base, candidate), *_order(base, candidate), *_others(base, candidate)]
    parts.sort(key=lambda part: (not part.changed, -abs((part.candidate_ms or 0) - (part.base_ms or 0))))
    return [whole, planning, *parts]


def join_order(node: Node) -> str:
    """Who is joined with whom, in the order of execution: ((kinds, items), tags)."""
    sides = [join_order(child) for child in node.children if child.step.relationship not in ("InitPlan", "SubPlan")]
    sides = [side for side in sides if side]
    if node.step.node_type in JOINS and len(sides) > 1:
        return f"({', '.join(sides)})"
    if sides:
        return ", ".join(sides)
    return "" if node.step.node_type in SILENT else _name(node)


def _statement(plan: Plan) -> str:
    return plan.head.fingerprint or plan.head.name or plan.title


def _accesses(base: Plan, candidate: Plan) -> list[PlanChange]:
    sides = [_scans(plan) for plan in (base, candidate)]
    found = []
    for name in [*sides[0], *(name for name in sides[1] if name not in sides[0])]:
        old, new = sides[0].get(name, []), sides[1].get(name, [])
        before, after = _scan_text(old), _scan_text(new)
        found.append(PlanChange(f"access to {name}", before, after, _own(old), _own(new), before != after))
        found += _estimates(name, old, new)
    return found


def _scans(plan: Plan) -> Mapping[str, list[Node]]:
    """Nodes that read a table, by the table's name in the statement; index parts of a bitmap scan belong to their table."""
    found: dict[str, list[Node]] = defaultdict(list)
    for node in plan.nodes:
        if node.step.node_type == "Bitmap Index Scan" and node.parent is not None:
            heap = next((item for item in node.above() if item.step.relation), node.parent)
            found[_name(heap)].append(node)
        elif node.step.relation and node.step.node_type != "ModifyTable":
            found[_name(node)].append(node)
    return found


def _scan_text(nodes: Sequence[Node]) -> str:
    """How a table is read: Seq Scan, Index Scan using items_kind, Bitmap Heap Scan using a and b."""
    if not nodes:
        return "not read"
    texts = []
    for node in nodes:
        if node.step.node_type == "Bitmap Index Scan":
            continue
        indexes = [item.step.index_name for item in node.below() if item.step.index_name and (item is node or not item.step.relation)]
        texts.append(f"{node.kind} using {' and '.join(indexes)}" if indexes else node.kind)
    return "; ".join(dict.fromkeys(texts))


def _estimates(name: str, old: Sequence[Node], new: Sequence[Node]) -> list[PlanChange]:
    """A scan whose estimate became much better or worse."""
    factors = [max((_off(node) for node in side), default=1.0) for side in (old, new)]
    if not old or not new or max(factors) / min(factors) < REJUDGED:
        return []
    texts = [f"{factor:.3g} times off" if factor >= REJUDGED else "about right" for factor in factors]
    return [PlanChange(f"estimated rows of {name}", texts[0], texts[1], None, None, changed=True)]


def _off(node: Node) -> float:
    factor = misjudged(node) or 1.0
    return max(factor, 1 / factor)


def _order(base: Plan, candidate: Plan) -> list[PlanChange]:
    orders = [join_order(plan.root) for plan in (base, candidate)]
    joins = [[node for node in plan.nodes if node.step.node_type in JOINS] for plan in (base, candidate)]
    if not any(joins):
        return []
    methods = [", ".join(node.kind for node in side) for side in joins]
    return [
        PlanChange("order of the joins", orders[0], orders[1], None, None, changed=orders[0] != orders[1]),
        PlanChange("joins", methods[0], methods[1], _own(joins[0]), _own(joins[1]), changed=methods[0] != methods[1]),
    ]


def _others(base: Plan, candidate: Plan) -> list[PlanChange]:
    """Sorts, aggregates, gathers and so on, a kind a row."""
    sides = [_by_kind(plan) for plan in (base, candidate)]
    found = []
    for kind in [*sides[0], *(kind for kind in sides[1] if kind not in sides[0])]:
        old, new = sides[0].get(kind, []), sides[1].get(kind, [])
        texts = [_times(len(side)) for side in (old, new)]
        found.append(PlanChange(kind, texts[0], texts[1], _own(old), _own(new), changed=len(old) != len(new)))
    return found


def _by_kind(plan: Plan) -> Mapping[str, list[Node]]:
    found: dict[str, list[Node]] = defaultdict(list)
    for node in plan.nodes:
        if node.step.node_type not in JOINS and not node.step.relation and node.step.node_type != "Bitmap Index Scan":
            found[node.kind].append(node)
    return found


def _times(count: int) -> str:
    return "none" if not count else "once" if count == 1 else f"{count} times"


def _own(nodes: Sequence[Node]) -> float | None:
    measured = [node.step.self_ms for node in nodes if node.step.self_ms is not None]
    return sum(measured) if measured else None


def _name(node: Node) -> str:
    """The table's alias where it has one, because a table may be read twice."""
    alias = node.facts.get("Alias")
    relation = node.step.relation or node.facts.get("CTE Name") or node.facts.get("Function Name")
    return f"{relation} {alias}" if alias and relation and alias != relation else str(alias or relation or node.kind)
