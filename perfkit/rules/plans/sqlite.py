"""SQLite's plans. It neither times steps nor estimates rows: sizes of tables and the whole time, where known, decide what is worth a finding."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from perfkit.model.finding import Finding, Level
from perfkit.model.plan import Node, Plan
from perfkit.rules.plans.drafts import Owners, node_finding
from perfkit.rules.plans.sqlite_advice import index_for, sort_index
from perfkit.rules.plans.sqlite_tables import Tables

ROWS_AT_LEAST = 1000.0
PAIRS_AT_LEAST = 10_000.0
"""Rows that a table inside a loop is read for, all rounds together."""
LEAST_MS = 0.2
"""A statement that is faster has nothing to gain; reading 1000 rows takes less."""
LEAST_MS_A_ROW = 2e-5
"""SQLite reads no row faster: who took less did not read them all."""
WHOLE = "at most the time of the whole statement: SQLite times no single step"
UNKNOWN = "SQLite times no single step, so what this one costs is not known"


def judge(plans: Sequence[Plan], owners: Owners) -> list[Finding]:
    """One finding a cause: what a correlated subquery or an inner loop reads is theirs, and a sort that a better index ends is not told twice."""
    found = []
    for plan in plans:
        if plan.head.engine == "sqlite" and (plan.head.execution_ms is None or plan.head.execution_ms >= LEAST_MS):
            found += list(_Judging(plan, owners).findings())
    return found


class _Judging:
    """One plan, with what its statement says."""

    def __init__(self, plan: Plan, owners: Owners) -> None:
        self.plan, self.owners, self.tables = plan, owners, Tables.of(plan)
        self.judged: set[Node] = set()

    def findings(self) -> Iterator[Finding]:
        rules = (self._correlated, self._nested_scan, self._automatic_index, self._min_max, self._full_scan, self._full_index_scan, self._sort)
        for rule in rules:
            for node in self.plan.nodes:
                finding = None if node in self.judged else rule(node)
                if finding:
                    self.judged.add(node)
                    yield finding

    def _correlated(self, node: Node) -> Finding | None:
        if not node.step.node_type.startswith("CORRELATED"):
            return None
        reads = [child for child in node.children if child.facts.get("access") in ("scan", "min/max") and self.tables.is_table(child)]
        outer = self.tables.outer_of(node)
        self.judged.update(reads)
        if outer is None or outer.facts.get("access") == "primary key":
            return None
        rounds = self.tables.rows(outer) if outer.step.node_type == "SCAN" else None
        inner = self.tables.rows(reads[0]) if reads else 1
        if rounds is not None and (rounds < ROWS_AT_LEAST if inner is None else rounds * inner < PAIRS_AT_LEAST):
            return None
        every = f"for every row of {self.tables.named(outer)}"
        if reads:
            title, saves = f"A subquery reads all of {self.tables.named(reads[0])} again {every}", self.plan.head.execution_ms
            remedy = f"{index_for(reads[0], self.tables)} Or join the table once, grouped by the column that it is matched on."
        elif outer.facts.get("access") == "scan" and (rounds is not None or self.plan.head.execution_ms is not None):
            title, saves = f"A subquery runs once {every}", None
            remedy = "Join the table once, grouped by the column that it is matched on, instead of asking for each row."
        else:
            return None
        return self._finding("sqlite-correlated-subquery", node, title, remedy, saves, "MEDIUM")

    def _nested_scan(self, node: Node) -> Finding | None:
        outer = self.tables.outer_of(node)
        if outer is None or not self._loops(outer) or not self._scans_table(node):
            return None
        rounds, inner = self.tables.rows(outer), self.tables.rows(node)
        if rounds is not None and inner is not None and rounds * inner < PAIRS_AT_LEAST:
            return None
        terms = self.tables.terms_on(node)
        remedy = index_for(node, self.tables)
        if self.tables.asked and not any(term.joins for term in terms):
            missing = f"No condition compares a column of {self.tables.named(node)} with the tables before it: is one missing?"
            remedy = f"{missing} {remedy}" if terms else missing
        self.judged.add(outer)
        title = f"All of {self.tables.named(node)} is read again for every row of {self.tables.named(outer)}"
        return self._finding("sqlite-nested-scan", node, title, remedy, self.plan.head.execution_ms, "LOW")

    def _automatic_index(self, node: Node) -> Finding | None:
        if node.facts.get("access") != "automatic index" or not self.tables.is_table(node) or self._small(node):
            return None
        columns = ", ".join(node.facts.get("columns", []))
        self.judged.update(child for child in (node.parent.children if node.parent else []) if child.facts.get("access") == "scan")
        return self._finding(
            "sqlite-automatic-index",
            node,
            f"SQLite builds an index on {self.tables.named(node)} ({columns}) every time the statement runs",
            index_for(node, self.tables),
            self.plan.head.execution_ms,
            "LOW",
        )

    def _min_max(self, node: Node) -> Finding | None:
        """SEARCH without USING looks like a search and reads rows until the first that counts; on the rowid it reads one."""
        if node.facts.get("access") != "min/max" or not self.tables.is_table(node) or self._small(node):
            return None
        alone = sum(other.step.relation is not None for other in self.plan.nodes) == 1
        least_ms = (self.tables.rows(node) or 0) * LEAST_MS_A_ROW
        if self.plan.head.execution_ms is None or self.plan.head.execution_ms < least_ms or not alone:
            return None
        title = f"min() or max() reads the rows of {self.tables.named(node)} one by one, though the plan calls it a search"
        return self._finding("sqlite-min-max-scan", node, title, index_for(node, self.tables), self.plan.head.execution_ms, "LOW")

    def _full_scan(self, node: Node) -> Finding | None:
        outer = self.tables.outer_of(node)
        terms = [term for term in self.tables.terms_on(node) if not term.joins or (outer and not self._loops(outer))]
        either = self.tables.alternatives_on(node)
        if not self._scans_table(node) or self._small(node) or not (terms or either or self.tables.condition_unread()):
            return None
        self.judged.update(child for child in (node.parent.children if node.parent else []) if child.step.node_type == "USE TEMP B-TREE")
        compared = ", ".join(dict.fromkeys(term.expression for term in terms or either)) or "values, which columns cannot be told,"
        title = f"All of {self.tables.named(node)} is read to find the rows with the wanted {compared}"
        return self._finding("sqlite-full-scan", node, title, index_for(node, self.tables), self.plan.head.execution_ms, "LOW")

    def _full_index_scan(self, node: Node) -> Finding | None:
        terms = [term for term in self.tables.terms_on(node) if not term.joins]
        if node.step.node_type != "SCAN" or node.facts.get("access") != "index" or self._small(node) or not terms:
            return None
        compared = ", ".join(dict.fromkeys(term.expression for term in terms))
        title = f"The whole index {node.step.index_name} of {self.tables.named(node)} is walked, and {compared} compared row by row"
        return self._finding("sqlite-full-index-scan", node, title, index_for(node, self.tables), None, "LOW")

    def _sort(self, node: Node) -> Finding | None:
        loops = [child for child in (node.parent.children if node.parent else []) if child.step.node_type == "SCAN" and self.tables.is_table(child)]
        if node.step.node_type != "USE TEMP B-TREE" or not loops or all(self._small(loop) for loop in loops):
            return None
        purpose = str(node.facts.get("purpose"))
        title = f"SQLite sorts the rows of {self.tables.named(loops[0])} in a temporary B-tree for {purpose}"
        return self._finding("sqlite-sort", node, title, sort_index(loops[0], purpose, self.tables), None, "LOW")

    def _scans_table(self, node: Node) -> bool:
        return node.step.node_type == "SCAN" and node.facts.get("access") == "scan" and self.tables.is_table(node)

    def _loops(self, outer: Node) -> bool:
        """Whether it gives many rows: a search may give one, and a subquery often does."""
        return outer.step.node_type == "SCAN" and self.tables.is_table(outer)

    def _small(self, node: Node) -> bool:
        rows = self.tables.rows(node)
        return rows is not None and rows < ROWS_AT_LEAST

    def _finding(self, rule: str, node: Node, title: str, remedy: str, saves_ms: float | None, effort: Level) -> Finding:
        return node_finding(
            rule,
            node,
            self.owners,
            title=title,
            remedy=remedy,
            effort=effort,
            cost_ms=self.plan.head.execution_ms,
            saves_ms=saves_ms,
            saving_basis=WHOLE if saves_ms is not None else UNKNOWN,
        )
