"""Scans that read far more than they keep."""

from __future__ import annotations

from collections.abc import Sequence

from perfkit.model.finding import Finding
from perfkit.model.plan import Node, Plan
from perfkit.rules.plans.drafts import Owners, node_finding
from perfkit.rules.plans.vectors import distance_sort

LEAST_MS, LEAST_SHARE = 5.0, 0.10
DISCARDED_PER_KEPT, DISCARDED_AT_LEAST = 10.0, 1000.0


def judge(plans: Sequence[Plan], owners: Owners) -> list[Finding]:
    """Sequential scans whose filter discards nearly everything."""
    nodes = [node for plan in plans if plan.head.engine == "postgresql" for node in plan.nodes]
    return [_filtering_scan(node, owners) for node in nodes if _discards(node) and distance_sort(node) is None]


def _discards(node: Node) -> bool:
    if node.step.node_type != "Seq Scan":
        return False
    removed, kept = node.step.rows_removed or 0, max(node.rows or 0, 1)
    costly = node.self_ms >= LEAST_MS and node.share >= LEAST_SHARE
    return costly and removed >= DISCARDED_AT_LEAST and removed >= DISCARDED_PER_KEPT * kept


def _filtering_scan(node: Node, owners: Owners) -> Finding:
    return node_finding(
        "scan-discards-rows",
        node,
        owners,
        title=f"Sequential scan of {node.step.relation} discards nearly every row that it reads",
        cost_ms=node.self_ms,
        saves_ms=node.self_ms,
        saving_basis="own time of the scan",
        remedy=f"An index on the columns of the filter: {node.step.condition or 'not printed'}.",
        effort="LOW",
    )
