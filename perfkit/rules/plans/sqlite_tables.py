"""Which table a step of SQLite's plan reads: the plan prints aliases, and subqueries as if they were tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from perfkit.model.plan import Node, Plan
from perfkit.rules.plans.advice import number
from perfkit.rules.plans.sqlite_terms import Asked, Term, asked_of


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables of one plan."""

    sizes: Mapping[str, float]
    derived: frozenset[str]
    """What the plan makes itself: views, subqueries and WITH."""
    asked: Asked | None
    """None when the statement is not known or not read."""
    statement: str

    @classmethod
    def of(cls, plan: Plan) -> Self:
        statement = plan.head.statement or ""
        asked = asked_of(statement) if statement else None
        made = {node.step.subplan.lower() for node in plan.nodes if node.step.node_type in ("MATERIALIZE", "CO-ROUTINE") and node.step.subplan}
        sizes = {name.lower(): float(rows) for name, rows in (plan.facts.get("table_rows") or {}).items()}
        return cls(sizes, frozenset(made | (asked.derived if asked else set())), asked, statement)

    def table(self, node: Node) -> str | None:
        """The table behind the alias; None when it is none."""
        name = node.step.relation
        if not name or name.startswith("(") or node.facts.get("subquery") or node.facts.get("access") in ("virtual", "constant"):
            return None
        table = self.asked.tables.get(name.lower(), name) if self.asked else name
        return None if table is None or table.lower() in self.derived or name.lower() in self.derived else table

    def is_table(self, node: Node) -> bool:
        return self.table(node) is not None

    def named(self, node: Node) -> str:
        """The name, and how many rows it has where that is known."""
        rows = self.rows(node)
        name = self.table(node) or node.step.relation or "a subquery"
        return name if rows is None else f"{name} ({number(rows)} rows)"

    def rows(self, node: Node | None) -> float | None:
        """How many rows the table has; None when nobody counted them."""
        return None if node is None else self.sizes.get((self.table(node) or "").lower())

    def terms_on(self, node: Node) -> list[Term]:
        """What the statement compares in the table that the step reads."""
        name = node.facts.get("alias") or node.step.relation
        return self.asked.terms_on(name) if self.asked and name else []

    def alternatives_on(self, node: Node) -> list[Term]:
        """What it compares there between OR."""
        name = node.facts.get("alias") or node.step.relation
        return [term for term in self.asked.alternatives if term.source == name.lower()] if self.asked and name else []

    def condition_unread(self) -> bool:
        """Whether the statement has a condition that the grammar did not read."""
        return self.asked is None and " where " in f" {' '.join(self.statement.lower().split())} "

    def outer_of(self, node: Node) -> Node | None:
        """The loop around a step or a correlated subquery: the last scan before it under the same parent, or else the last search."""
        before: list[Node] = []
        for sibling in node.parent.children if node.parent else []:
            if sibling is node:
                break
            if sibling.step.node_type in ("SCAN", "SEARCH") and sibling.facts.get("access") != "constant":
                before.append(sibling)
        scans = [sibling for sibling in before if sibling.step.node_type == "SCAN"]
        return next(reversed(scans or before), None)
