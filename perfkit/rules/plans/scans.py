"""Sequential scans: those that discard what an index would not have read, and those that are needed but dear."""

from __future__ import annotations

from perfkit.model.plan import Node
from perfkit.rules.plans.advice import index_advice, number, percent
from perfkit.rules.plans.bill import Bill
from perfkit.rules.plans.causes import Suspicion
from perfkit.rules.plans.vectors import distance_sort

LEAST_MS, LEAST_SHARE = 5.0, 0.10
DISCARDED_PER_KEPT, DISCARDED_AT_LEAST = 10.0, 1000.0
HOT_SHARE, HOT_MS = 0.30, 50.0
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


RULES = {"Seq Scan": (discarding_scan, hot_scan)}
