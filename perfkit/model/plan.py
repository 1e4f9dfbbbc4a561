"""An execution plan as the store has it, linked into a tree: what rules, pictures and comparisons of plans walk through."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

AGGREGATES = {"Hashed": "HashAggregate", "Sorted": "GroupAggregate", "Mixed": "MixedAggregate"}
LONGEST_TITLE = 80
JOINS = ("Hash Join", "Merge Join", "Nested Loop")


@dataclass(frozen=True, slots=True)
class PlanHead:
    """A row of plans."""

    run_id: str
    plan_id: int
    engine: str
    name: str | None
    statement: str | None
    fingerprint: str | None
    planning_ms: float | None
    execution_ms: float | None
    """None when the statement was only planned."""
    outside_ms: float | None
    cold_ms: float | None
    cold_planning_ms: float | None
    nested_in: int | None
    details: str | None


class PlanStep(NamedTuple):
    """A row of plan_nodes; there are many of them."""

    run_id: str
    plan_id: int
    node_id: int
    parent_id: int | None
    node_type: str
    relation: str | None
    index_name: str | None
    relationship: str | None
    subplan: str | None
    loops: float | None
    processes: float | None
    rows_estimated: float | None
    rows_actual: float | None
    rows_removed: float | None
    total_ms: float | None
    self_ms: float | None
    clamped: bool
    shared_hit: int | None
    shared_read: int | None
    shared_dirtied: int | None
    shared_written: int | None
    local_hit: int | None
    local_read: int | None
    temp_read: int | None
    temp_written: int | None
    io_ms: float | None
    condition: str | None
    sort_key: str | None
    details: str | None


@dataclass(eq=False)
class Node:
    """One node between its parent and its children."""

    step: PlanStep
    plan: Plan
    parent: Node | None = None
    children: list[Node] = field(default_factory=list)

    @cached_property
    def facts(self) -> Mapping[str, Any]:
        """What the engine says of the node beyond the columns, by the engine's own names."""
        return _object(self.step.details)

    @property
    def rows(self) -> float | None:
        """Rows that came out, all loops together; a mean of 3.33 in 3 loops is 10. None when it was not executed or not counted."""
        return None if self.step.rows_actual is None else round(self.step.rows_actual * (self.step.loops or 0))

    @property
    def self_ms(self) -> float:
        """Own time; 0 when it was not measured."""
        return self.step.self_ms or 0.0

    @property
    def share(self) -> float:
        """Own time over the execution; 0 when either was not measured."""
        return self.self_ms / self.plan.head.execution_ms if self.plan.head.execution_ms else 0.0

    @property
    def executed(self) -> bool:
        return bool(self.step.loops)

    @property
    def kind(self) -> str:
        """The node's type as a person calls it: Partial HashAggregate, Hash Left Join, Update."""
        name, facts = self.step.node_type, self.facts
        if name == "ModifyTable":
            name = str(facts.get("Operation", name))
        elif name == "Aggregate":
            name = AGGREGATES.get(str(facts.get("Strategy")), name)
        elif facts.get("Join Type") not in (None, "Inner") and name in JOINS:
            name = f"{name.removesuffix(' Join')} {facts['Join Type']} Join"
        mode = facts.get("Partial Mode")
        part = f"{mode} " if mode in ("Partial", "Finalize") else ""
        return f"{'Parallel ' if facts.get('Parallel Aware') is True else ''}{part}{name}"

    @property
    def place(self) -> str:
        """Such as Index Scan using items_kind on items."""
        using = f" using {self.step.index_name}" if self.step.index_name else ""
        target = self.step.relation or self.facts.get("CTE Name") or self.facts.get("Function Name")
        return f"{self.kind}{using}{f' on {target}' if target else ''}"

    @property
    def shown(self) -> str:
        """In the engine's own words where it has a sentence for it, as SQLite has; else the place."""
        return str(self.facts.get("detail") or self.place)

    def may_say(self, fact: str) -> bool:
        """False: the facts hold no such key, and need not be parsed to know it."""
        return fact in (self.step.details or "")

    def number(self, fact: str) -> float:
        """A fact that is a number; 0 where it is not printed, as EXPLAIN leaves zeros out."""
        value = self.facts.get(fact) if self.may_say(fact) else None
        return float(value) if isinstance(value, int | float) else 0.0

    def below(self) -> Iterator[Node]:
        """This node and all below it, in pre-order."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting += reversed(node.children)

    def above(self) -> Iterator[Node]:
        """Its parent, the parent's parent and so on."""
        node = self.parent
        while node is not None:
            yield node
            node = node.parent


@dataclass(eq=False)
class Plan:
    """One plan with its nodes in pre-order."""

    head: PlanHead
    nodes: list[Node] = field(default_factory=list)

    @cached_property
    def facts(self) -> Mapping[str, Any]:
        """What the engine says of the whole plan, by the engine's own names."""
        return _object(self.head.details)

    @property
    def root(self) -> Node:
        return self.nodes[0]

    @property
    def title(self) -> str:
        """What to call it: its name, else the beginning of its statement."""
        statement = " ".join((self.head.statement or "").split())
        beginning = statement if len(statement) <= LONGEST_TITLE else f"{statement[: LONGEST_TITLE - 1]}…"
        return self.head.name or beginning or f"plan {self.head.plan_id}"

    @property
    def executed(self) -> bool:
        """Whether it ran, be it that nobody took the time."""
        return self.head.execution_ms is not None or any(node.executed for node in self.nodes)


def linked(heads: Iterable[PlanHead], steps: Sequence[PlanStep]) -> list[Plan]:
    """Plans from their rows; steps are in pre-order within their plan."""
    plans = {(head.run_id, head.plan_id): Plan(head) for head in heads}
    for step in steps:
        plan = plans[step.run_id, step.plan_id]
        parent = None if step.parent_id is None else plan.nodes[step.parent_id]
        node = Node(step, plan, parent)
        plan.nodes.append(node)
        if parent is not None:
            parent.children.append(node)
    return [plan for plan in plans.values() if plan.nodes]


def _object(text: str | None) -> Mapping[str, Any]:
    loaded = json.loads(text) if text else {}
    return loaded if isinstance(loaded, dict) else {}
