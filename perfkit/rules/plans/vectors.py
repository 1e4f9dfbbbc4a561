"""Vector searches that read and sort every row."""

from __future__ import annotations

import re
from collections.abc import Sequence

from perfkit.model.finding import Finding
from perfkit.model.plan import Node, Plan
from perfkit.rules.plans.drafts import Owners, node_finding

DISTANCE = re.compile(r"<=>|<->|<#>|<\+>")
COLUMN = re.compile(r"([\w.]+)\)?\s*(?:<=>|<->|<#>|<\+>)")
OPERATOR_CLASS = {"<=>": "vector_cosine_ops", "<->": "vector_l2_ops", "<#>": "vector_ip_ops", "<+>": "vector_l1_ops"}
ROWS_AT_LEAST = 1000.0


def judge(plans: Sequence[Plan], owners: Owners) -> list[Finding]:
    """Exact searches that an index could answer."""
    found = []
    for plan in plans:
        for node in plan.nodes:
            sort = distance_sort(node)
            if sort is not None:
                found.append(_exact_search(node, sort, owners))
    return found


def distance_sort(scan: Node) -> Node | None:
    """The sort by vector distance above a sequential scan, where there is one and it matters."""
    if scan.step.node_type != "Seq Scan" or scan.step.self_ms is None or (scan.rows or 0) < ROWS_AT_LEAST:
        return None
    return next((node for node in scan.above() if node.step.sort_key and DISTANCE.search(node.step.sort_key)), None)


def _exact_search(scan: Node, sort: Node, owners: Owners) -> Finding:
    key = sort.step.sort_key or ""
    column, operator = COLUMN.search(key), DISTANCE.search(key)
    name = column[1].split(".")[-1] if column else "the embedding column"
    operator_class = OPERATOR_CLASS[operator[0]] if operator else "vector_cosine_ops"
    own_ms = scan.self_ms + sort.self_ms
    return node_finding(
        "vector-search-without-index",
        scan,
        owners,
        title=f"Exact vector search: every row of {scan.step.relation} is read and sorted by distance",
        cost_ms=own_ms,
        saves_ms=own_ms,
        saving_basis="own time of the scan and the sort; what an index scan costs instead is not known before it is built",
        remedy=f"create index on {scan.step.relation} using hnsw ({name} {operator_class}); measure recall beside latency.",
        effort="LOW",
    )
