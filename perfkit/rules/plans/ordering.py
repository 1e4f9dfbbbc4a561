"""Orders and limits: rows that are sorted or counted only to be left out."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from perfkit.model.plan import Node
from perfkit.rules.plans.advice import index_advice, number
from perfkit.rules.plans.bill import Bill, chain_below
from perfkit.rules.plans.causes import Suspicion
from perfkit.rules.plans.conditions import alias_of, nodes_of, order_of
from perfkit.rules.plans.vectors import distance_sort
from perfkit.rules.plans.wanted import Wanted

SORTED_AT_LEAST, SORTED_SHARE, SORTED_MS = 10_000.0, 0.20, 5.0
SKIPPED_PER_KEPT, SKIPPED_AT_LEAST = 10.0, 1000.0


def sort_for_few(node: Node, bill: Bill) -> Suspicion | None:
    """A LIMIT that sorts a whole table to take its first rows."""
    scan = node.children[0] if len(node.children) == 1 else node
    if scan.step.node_type != "Seq Scan" or (scan.rows or 0.0) < SORTED_AT_LEAST or node.facts.get("Sort Method") != "top-N heapsort":
        return None
    cost = bill.own(node) + bill.own(scan)
    if not bill.heavy(cost, SORTED_SHARE, SORTED_MS) or distance_sort(scan) is not None:
        return None
    limit = next((above for above in node.above() if above.step.node_type == "Limit"), node)
    return Suspicion(
        "sort-for-few-rows",
        scan,
        rank=85,
        title=f"{number(scan.rows or 0.0)} rows of {scan.step.relation} are read and sorted to take the first {number(limit.rows or 0.0)}",
        remedy=f"An index in the order of the sort ends the reading after the first rows: {index_advice(scan, order_first=True)}",
        cost_ms=bill.ms(cost),
        saves_ms=bill.ms(cost),
        saving_basis=f"{bill.basis} of the scan and the sort; what an index scan of so few rows costs instead is next to nothing",
        covers=(node,),
    )


def skipped_rows(node: Node, bill: Bill) -> Suspicion | None:
    """An OFFSET: rows are made only to be counted."""
    if len(node.children) != 1:
        return None
    [source] = node.children
    made, kept = source.rows or 0.0, node.rows or 0.0
    if made < SKIPPED_AT_LEAST or made < SKIPPED_PER_KEPT * max(kept, 1.0):
        return None
    cost = bill.inside(source)
    if not bill.heavy(cost, SORTED_SHARE):
        return None
    return Suspicion(
        "offset-skips-rows",
        node,
        rank=88,
        title=f"OFFSET: {number(made)} rows are made to return {number(kept)}",
        remedy="Page by the last key seen instead (where (sort columns) > (last values) order by sort columns limit n), with an index on them.",
        cost_ms=bill.ms(cost),
        saves_ms=bill.ms(cost * (1 - kept / made)),
        saving_basis="time below the limit, by the share of the rows that are skipped",
        effort="MEDIUM",
        covers=tuple(chain_below(node)),
    )


def statement_order(scan: Node) -> list[Wanted]:
    """What the ORDER BY over a scan's table asks of it, in the statement as it is written; empty where there is none, or it is not known."""
    alias = alias_of(scan) or ""
    return order_of(_order(scan.plan.head.statement or "", alias), alias)


@lru_cache(maxsize=64)
def _order(statement: str, alias: str) -> str:
    """Of the query that reads the table, which may be one within another; else the outermost one's."""
    from pglast import ast, parse_sql
    from pglast.parser import ParseError
    from pglast.stream import RawStream

    try:
        parsed = parse_sql(statement)
    except ParseError:
        return ""
    outermost = parsed[0].stmt if parsed else None
    ordered = [item for item in nodes_of(parsed, ast.SelectStmt) if item.sortClause]
    reading = [item for item in ordered if alias in map(_called, item.fromClause or ())]
    select = reading[0] if len(reading) == 1 else outermost
    terms = select.sortClause if isinstance(select, ast.SelectStmt) else None
    return ", ".join(RawStream()(term) for term in terms or ())


def _called(source: Any) -> str | None:
    """What a query calls a table that it reads; None for what is no plain table."""
    alias = getattr(source, "alias", None)
    return alias.aliasname if alias is not None else getattr(source, "relname", None)


RULES = {"Sort": (sort_for_few,), "Limit": (skipped_rows,)}
