"""Index scans that do more than their index is for."""

from __future__ import annotations

from perfkit.model.plan import Node
from perfkit.rules.plans.advice import index_advice, number
from perfkit.rules.plans.bill import NOTEWORTHY, Bill, deepest, of_processes, removed
from perfkit.rules.plans.causes import Suspicion
from perfkit.rules.plans.conditions import index_statement, wanted_columns, wanted_index
from perfkit.rules.plans.ordering import statement_order

INEFFICIENT, DISCARDED_AT_LEAST = 0.90, 1000.0
LEAST_SHARE = 0.10
FOR_ORDER_DISCARDED, FOR_ORDER_AT_LEAST = 100.0, 10_000.0
FETCHED, FETCHED_AT_LEAST = 0.10, 1000.0
RECHECKED = 10.0
LOSSY = 0.10


def inefficient_index(node: Node, bill: Bill) -> Suspicion | None:
    """An index that finds many rows which a filter then throws away."""
    own = bill.own(node)
    if (node.step.rows_removed or 0.0) < DISCARDED_AT_LEAST or not bill.heavy(own, LEAST_SHARE):
        return None
    discarded, kept = removed(node), node.rows or 0.0
    if discarded < DISCARDED_AT_LEAST or discarded / (discarded + kept) < INEFFICIENT:
        return None
    return Suspicion(
        "index-discards-rows",
        node,
        rank=82,
        title=f"Index scan of {node.step.relation} finds {number(discarded + kept)} rows to keep {number(kept)}",
        remedy=index_advice(node, lead="Put the filtered columns behind those that the index has, or make a partial index: "),
        cost_ms=bill.ms(own),
        saves_ms=bill.ms(own * discarded / (discarded + kept)),
        saving_basis=f"{bill.basis} of the scan, by the share of the rows that it discards",
    )


def index_for_order(node: Node, bill: Bill) -> Suspicion | None:
    """A LIMIT that walks an index in its order until enough rows pass the filter."""
    scan = deepest(node)
    if scan.step.node_type not in {"Index Scan", "Index Only Scan"} or scan.facts.get("Index Cond"):
        return None
    discarded, kept = removed(scan), scan.rows or 0.0
    if discarded < FOR_ORDER_AT_LEAST or discarded < FOR_ORDER_DISCARDED * max(kept, 1.0):
        return None
    own = bill.own(scan)
    wanted = [item for item in wanted_columns(scan) if item.source == "filter" and item.kind == "equality"]
    columns = wanted_index([*wanted, *statement_order(scan)])
    statement = f"{index_statement(scan, columns)};" if wanted else index_advice(scan)
    return Suspicion(
        "index-for-order-discards-rows",
        scan,
        rank=84,
        title=f"To find {number(kept)} rows in the order of {scan.step.index_name}, {number(discarded)} rows of {scan.step.relation} are discarded",
        remedy=f"An index of the filtered columns followed by those of the order: {statement}",
        cost_ms=bill.ms(own),
        saves_ms=bill.ms(own * discarded / (discarded + kept)),
        saving_basis=f"{bill.basis} of the scan, by the share of the rows that it discards",
        covers=(node,),
    )


def heap_fetches(node: Node, bill: Bill) -> Suspicion | None:
    """An index-only scan that has to look at the table, as its pages are not known to be visible to all."""
    fetches, read = node.number("Heap Fetches"), (node.rows or 0.0) + removed(node)
    if fetches < FETCHED_AT_LEAST or fetches < FETCHED * read:
        return None
    own = bill.own(node)
    if not bill.heavy(own, NOTEWORTHY):
        return None
    return Suspicion(
        "index-only-scan-visits-table",
        node,
        rank=60,
        title=f"Index-only scan of {node.step.relation} visits the table {number(fetches)} times for {number(read)} rows",
        remedy=f"vacuum {node.step.relation}; and let autovacuum come more often: alter table {node.step.relation} "
        "set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.02);",
        cost_ms=bill.ms(own),
        saves_ms=bill.ms(own * fetches / (fetches + max(read, fetches))),
        saving_basis=f"{bill.basis} of the scan, a visit of the table counted like a visit of the index",
    )


def rechecked(node: Node, bill: Bill) -> Suspicion | None:
    """An index whose answers are mostly wrong: the operator must look at the rows again."""
    discarded, kept = removed(node, "Index Recheck"), node.rows or 0.0
    if discarded < DISCARDED_AT_LEAST or discarded < RECHECKED * max(kept, 1.0) or lossy_share(node) >= LOSSY:
        return None
    own = bill.inside(node)
    if not bill.heavy(own, LEAST_SHARE):
        return None
    return Suspicion(
        "index-recheck-discards-rows",
        node,
        rank=70,
        title=f"The index of {node.step.relation} names {number(discarded)} rows that do not match, and {number(kept)} that do",
        remedy="The index cannot tell these rows apart: a longer search text (three letters and more for pg_trgm), a narrower condition beside it, "
        "or for BRIN a table in the order of the column, or a B-tree.",
        cost_ms=bill.ms(own),
        saves_ms=bill.ms(own * discarded / (discarded + kept)),
        saving_basis=f"{bill.basis} of the scan and of its index, by the share of the rows that the recheck discards",
        effort="MEDIUM",
        covers=tuple(node.children),
    )


def lossy_share(node: Node) -> float:
    """Of a bitmap's blocks, those that remember the block alone and not its rows."""
    exact, lossy = heap_blocks(node)
    return lossy / (exact + lossy) if lossy else 0.0


def heap_blocks(node: Node) -> tuple[float, float]:
    """Exact and lossy blocks of a bitmap, those of the workers with them."""
    return sum(of_processes(node, "Exact Heap Blocks")), sum(of_processes(node, "Lossy Heap Blocks"))


RULES = {
    "Index Scan": (inefficient_index, rechecked),
    "Index Only Scan": (inefficient_index, heap_fetches, rechecked),
    "Bitmap Heap Scan": (inefficient_index, rechecked),
    "Limit": (index_for_order,),
}
