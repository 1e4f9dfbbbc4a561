"""Orders and limits: rows that are sorted or counted only to be left out."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from perfkit.model.plan import Node
from perfkit.rules.plans.advice import index_advice, number
from perfkit.rules.plans.bill import Bill, chain_below, removed
from perfkit.rules.plans.causes import Suspicion
from perfkit.rules.plans.conditions import alias_of, index_statement, nodes_of, order_of, wanted_columns, wanted_index
from perfkit.rules.plans.vectors import distance_sort
from perfkit.rules.plans.wanted import Wanted

SORTED_AT_LEAST, SORTED_SHARE, SORTED_MS = 10_000.0, 0.20, 5.0
EXTREME = re.compile(r"(?:min|max)\((?P<of>(?!PARTIAL|DISTINCT)[^()]*)\)")
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


def extreme_value(node: Node, bill: Bill) -> Suspicion | None:
    """A smallest or largest value for which a whole table is read, though an index holds it at its end."""
    column, scan = _extreme_of(node), _read_whole(node)
    if column is None or scan is None or (scan.rows or 0.0) + removed(scan) < SORTED_AT_LEAST:
        return None
    cost = bill.inside(node)
    tested = [item for item in wanted_columns(scan) if item.source == "filter"]
    ordered = order_of(column, alias_of(scan) or "")
    simple = not scan.facts.get("Filter") or (tested and all(item.kind == "equality" and item.arm is None for item in tested))
    if not ordered or not simple or not bill.heavy(cost, SORTED_SHARE, SORTED_MS):
        return None
    return Suspicion(
        "extreme-reads-whole-table",
        scan,
        rank=83,
        title=f"{number((scan.rows or 0.0) + removed(scan))} rows of {scan.step.relation} are read to find the {_end(node)} {ordered[0].column}",
        remedy=f"An index has it at its end: {index_statement(scan, wanted_index([*tested, *ordered]))};",
        cost_ms=bill.ms(cost),
        saves_ms=bill.ms(cost),
        saving_basis=f"{bill.basis} of the aggregate and the scan; one entry of an index costs next to nothing",
        covers=(node,),
    )


def _extreme_of(aggregate: Node) -> str | None:
    """What the only output of an ungrouped aggregate is the smallest or largest of; EXPLAIN (VERBOSE) prints outputs."""
    output = aggregate.facts.get("Output")
    alone = (
        isinstance(output, list) and len(output) == 1 and aggregate.facts.get("Partial Mode") != "Partial" and not aggregate.facts.get("Group Key")
    )
    match = EXTREME.fullmatch(str(output[0])) if alone and isinstance(output, list) else None
    return match["of"] if match else None


def _end(aggregate: Node) -> str:
    return "smallest" if str(aggregate.facts["Output"][0]).startswith("min") else "largest"


def _read_whole(aggregate: Node) -> Node | None:
    """The sequential scan whose rows the aggregate gets, where nothing else is between but its workers."""
    below = aggregate
    while len(below.children) == 1 and below.children[0].step.node_type in {"Gather", "Aggregate", "Seq Scan"}:
        [below] = below.children
    return below if below.step.node_type == "Seq Scan" else None


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


RULES = {"Sort": (sort_for_few,), "Limit": (skipped_rows,), "Aggregate": (extreme_value,)}
