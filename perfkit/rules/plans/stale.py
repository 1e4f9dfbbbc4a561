"""Tables whose statistics are older than their rows: taken into account where a catalog run of the same label knows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from perfkit.analyses.table_statistics import TableStatistics
from perfkit.model.plan import Node
from perfkit.rules.plans.advice import number
from perfkit.rules.plans.bill import SCANS, Bill
from perfkit.rules.plans.causes import Suspicion
from perfkit.rules.plans.conditions import quoted
from perfkit.rules.plans.estimates import misestimated

CHANGED, ROWS_AT_LEAST = 0.10, 1000.0

Tables = Mapping[str, TableStatistics]


def tables_of(rows: Sequence[TableStatistics]) -> Tables:
    """By name, and by schema and name; of several snapshots the last one given stands."""
    return {name: row for row in rows for name in (row.relation, f"{row.schema}.{row.relation}")}


def stale_scans(bill: Bill, tables: Tables) -> Iterator[Suspicion]:
    """Scans of tables that changed much since they were analyzed, each table once a plan."""
    told: set[str] = set()
    for node in bill.plan.nodes if tables else ():
        if node.step.node_type in SCANS and node.step.relation and node.step.relation not in told:
            schema = node.facts.get("Schema")
            table = tables.get(f"{schema}.{node.step.relation}" if schema else node.step.relation)
            if table is not None and _is_stale(table):
                told.add(node.step.relation)
                yield _suspicion(node, table, bill)


def _is_stale(table: TableStatistics) -> bool:
    live = table.rows_live or 0.0
    return live >= ROWS_AT_LEAST and (table.analyzed_at is None or (table.modified_since_analyze or 0.0) >= CHANGED * live)


def _suspicion(node: Node, table: TableStatistics, bill: Bill) -> Suspicion:
    wrong = misestimated(node, bill)
    changed = f"{number(table.modified_since_analyze or 0.0)} of {number(table.rows_live or 0.0)} rows changed since"
    title = f"Statistics of {table.relation} are stale: {changed}" if table.analyzed_at else f"{table.relation} was never analyzed"
    name = quoted(table.relation)
    return Suspicion(
        "statistics-stale",
        node,
        rank=76 if wrong else 12,
        title=f"{title}; {wrong.title}" if wrong else title,
        remedy=f"analyze {name}; and let it come by itself: alter table {name} set (autovacuum_analyze_scale_factor = 0.02);",
        cost_ms=wrong.cost_ms if wrong else None,
        saves_ms=wrong.saves_ms if wrong else None,
        saving_basis=wrong.saving_basis if wrong else "no wrong estimate is seen yet",
        covers=wrong.covers if wrong else (),
        about="" if wrong else "statistics",
        impact=wrong.impact if wrong else "LOW",
    )
