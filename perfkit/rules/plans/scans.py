"""Sequential scans: those that discard what an index would not have read, and those that are needed but dear."""

from __future__ import annotations

from perfkit.model.plan import Node
from perfkit.rules.plans.advice import index_advice, number, percent
from perfkit.rules.plans.bill import Bill
from perfkit.rules.plans.causes import Suspicion
from perfkit.rules.plans.conditions import index_statement, join_keys, partitioned, wanted_columns, wanted_index
from perfkit.rules.plans.vectors import distance_sort

LEAST_MS, LEAST_SHARE = 5.0, 0.10
DISCARDED_PER_KEPT, DISCARDED_AT_LEAST = 10.0, 1000.0
HOT_SHARE, HOT_MS = 0.30, 50.0
JOINED_AT_LEAST, JOINED_PER_KEPT = 10_000.0, 100.0
"""A join that needs fewer of the rows looks them up by an index, where there is one."""
WORTH_AN_INDEX = 0.10
"""Of the rows: a filter that keeps more is not helped by an index."""


def discarding_scan(node: Node, bill: Bill) -> Suspicion | None:
    """A filter that throws away nearly all that was read."""
    own = bill.own(node)
    if not bill.heavy(own, LEAST_SHARE, LEAST_MS) or distance_sort(node) is not None:
        return None
    discarded, kept = node.step.rows_removed or 0.0, node.rows or 0.0
    if discarded < DISCARDED_AT_LEAST or discarded < DISCARDED_PER_KEPT * max(kept, 1.0):
        return None
    return Suspicion(
        "scan-discards-rows",
        node,
        rank=80,
        title=f"Sequential scan of {node.step.relation} reads {number(discarded + kept)} rows to keep {number(kept)}",
        remedy=index_advice(node),
        cost_ms=bill.ms(own),
        saves_ms=bill.ms(own * discarded / (discarded + kept)),
        saving_basis=f"{bill.basis} of the scan, by the share of the rows that it discards",
    )


def hot_scan(node: Node, bill: Bill) -> Suspicion | None:
    """A scan that keeps most of what it reads and is still most of the work."""
    own = bill.own(node)
    if not bill.heavy(own, HOT_SHARE, HOT_MS) or distance_sort(node) is not None:
        return None
    discarded, kept = node.step.rows_removed or 0.0, node.rows or 0.0
    if discarded >= DISCARDED_PER_KEPT * max(kept, 1.0):
        return None
    share = kept / max(discarded + kept, 1.0)
    no_index = f"An index on the filter is not worth it: it keeps {percent(share)} of the rows. " if discarded and share > WORTH_AN_INDEX else ""
    return Suspicion(
        "scan-reads-whole-table",
        node,
        rank=20,
        title=f"Sequential scan of {node.step.relation} takes {percent(bill.share(own))} of the execution",
        remedy=f"{no_index}Is the whole table needed? Otherwise: an aggregate kept beside it, an index that covers the columns read, or partitions.",
        cost_ms=bill.ms(own),
        saves_ms=None,
        saving_basis="what replaces the scan is not known",
        effort="MEDIUM",
    )


def searched_partitions(node: Node, bill: Bill) -> Suspicion | None:
    """The same filter on every part of a table: what each part costs is little, and all of them together are the statement."""
    scans = [child for child in node.children if child.step.node_type == "Seq Scan" and child.executed and child.facts.get("Filter")]
    dearest = max(scans, key=bill.own, default=node)
    table = partitioned(dearest)
    cost, discarded = sum(map(bill.own, scans)), sum(scan.step.rows_removed or 0.0 for scan in scans)
    kept = sum(scan.rows or 0.0 for scan in scans)
    if len(scans) < 2 or table is None or not bill.heavy(cost, LEAST_SHARE, LEAST_MS):
        return None
    if discarded < DISCARDED_AT_LEAST or discarded < DISCARDED_PER_KEPT * max(kept, 1.0):
        return None
    return Suspicion(
        "scan-discards-rows",
        dearest,
        rank=81,
        title=f"Sequential scans of {number(len(scans))} partitions of {table} read {number(discarded + kept)} rows to keep {number(kept)}",
        remedy=f"{index_advice(dearest)} A condition on the partition key by itself leaves the other partitions out.",
        cost_ms=bill.ms(cost),
        saves_ms=bill.ms(cost * discarded / (discarded + kept)),
        saving_basis=f"{bill.basis} of the scans, by the share of the rows that they discard",
        covers=(node, *scans),
    )


def joined_scan(node: Node, bill: Bill) -> Suspicion | None:
    """A large table that is read whole for a join which keeps next to nothing of it."""
    side, join = _joined(node)
    if join is None or node.step.relation is None:
        return None
    read, matched = node.rows or 0.0, join.rows or 0.0
    others = sum(child.rows or 0.0 for child in join.children if child is not side and not child.step.subplan)
    cost = bill.own(node) + bill.own(join) + (bill.own(side) if side is not node else 0.0)
    if read < JOINED_AT_LEAST or max(others, matched) * JOINED_PER_KEPT > read or not bill.heavy(cost, HOT_SHARE, LEAST_MS):
        return None
    keys = join_keys(node, join)
    if not keys:
        return None
    tested = [item for item in wanted_columns(node) if item.source == "filter" and item.kind == "equality" and item.arm is None]
    return Suspicion(
        "join-reads-whole-table",
        node,
        rank=79,
        title=f"All {number(read)} rows of {node.step.relation} are read for a join that keeps {number(matched)}",
        remedy=f"An index on the join's key lets it look up only the rows that it needs: {index_statement(node, wanted_index([*keys, *tested]))};",
        cost_ms=bill.ms(cost),
        saves_ms=bill.ms(cost * (1 - max(others, matched) / read)),
        saving_basis=f"{bill.basis} of the scan and the join, by the share of the rows that nothing asks for",
        covers=(join, side),
    )


def _joined(node: Node) -> tuple[Node, Node | None]:
    """The side of a hash or merge join that the scan is, and the join."""
    side = node
    for parent in node.above():
        if parent.step.node_type in {"Hash Join", "Merge Join"}:
            return side, parent
        if parent.step.node_type not in {"Hash", "Sort"}:
            break
        side = parent
    return side, None


RULES = {
    "Seq Scan": (discarding_scan, joined_scan, hot_scan),
    "Append": (searched_partitions,),
    "Merge Append": (searched_partitions,),
}
