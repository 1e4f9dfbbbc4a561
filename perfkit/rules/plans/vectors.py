"""Vector searches in plans: those that read and sort every row, and those whose index returns fewer rows than were asked for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import takewhile

from perfkit.model.finding import Finding
from perfkit.model.plan import Node, Plan
from perfkit.rules.plans.bill import Bill
from perfkit.rules.plans.causes import impact_of
from perfkit.rules.plans.drafts import Owners, node_finding

DISTANCE = re.compile(r"<=>|<->|<#>|<\+>")
COLUMN = re.compile(r"([\w.]+)\)?\s*(?:<=>|<->|<#>|<\+>)")
DESCENDING = re.compile(r"\bDESC\b", re.IGNORECASE)
LIMITED = re.compile(r"\b(?:limit|fetch\s+(?:first|next))\s+\(?'?(\d+)", re.IGNORECASE)
OPERATOR_CLASS = {"<=>": "vector_cosine_ops", "<->": "vector_l2_ops", "<#>": "vector_ip_ops", "<+>": "vector_l1_ops"}
ROWS_AT_LEAST = 1000.0
EF_SEARCH_AT_MOST = 1000.0
BASIS = "own time of the scan and the sort; what an index scan costs instead is not known before it is built"
NO_TIME = "what is missing is rows, not time: a complete answer may take longer"
MEASURE = "`perfkit collect vectors` measures recall beside latency"


def judge(plans: Sequence[Plan], owners: Owners) -> list[Finding]:
    """Exact searches that an index could answer, and answers of indexes that are too short."""
    found = []
    for plan in plans:
        for node in plan.nodes:
            sort = distance_sort(node)
            if sort is not None:
                found.append(_exact_search(node, sort, owners))
            limit = _short_limit(node)
            if limit is not None:
                found.append(_too_few(node, limit, owners))
    return found


def distance_sort(scan: Node) -> Node | None:
    """The sort by vector distance above a sequential scan, where there is one and it matters."""
    if scan.step.node_type != "Seq Scan" or scan.step.self_ms is None or (scan.rows or 0) < ROWS_AT_LEAST:
        return None
    return next((node for node in scan.above() if node.step.sort_key and DISTANCE.search(node.step.sort_key)), None)


def _exact_search(scan: Node, sort: Node, owners: Owners) -> Finding:
    key = sort.step.sort_key or ""
    own_ms = scan.self_ms + sort.self_ms
    return node_finding(
        "vector-search-without-index",
        scan,
        owners,
        title=f"Exact vector search: every row of {scan.step.relation} is read and sorted by distance",
        cost_ms=own_ms,
        saves_ms=None if DESCENDING.search(key) else own_ms,
        saving_basis=BASIS,
        remedy=_descending() if DESCENDING.search(key) else _index(scan, key),
        effort="LOW",
        impact=impact_of(own_ms, Bill(scan.plan)),
    )


def _index(scan: Node, key: str) -> str:
    column, operator = COLUMN.search(key), DISTANCE.search(key)
    name = column[1].split(".")[-1] if column else "the embedding column"
    sign = operator[0] if operator else "<=>"
    return (
        f"create index on {scan.step.relation} using hnsw ({name} {OPERATOR_CLASS[sign]}); An index of another "
        f"operator class does not serve {sign}, and none serves an order without a LIMIT. Its answers are approximate: {MEASURE}."
    )


def _descending() -> str:
    return (
        "No vector index answers ORDER BY distance DESC: order by the distance itself, ascending. "
        "For similarity write ORDER BY embedding <=> $1 and compute 1 - distance in the select list."
    )


def _short_limit(scan: Node) -> Node | None:
    """The LIMIT above an index scan in the order of a distance, where fewer rows came out than it asks for and than there should be."""
    if scan.step.node_type != "Index Scan" or not scan.executed or '"Order By"' not in (scan.step.details or ""):
        return None
    if not DISTANCE.search(str(scan.facts.get("Order By"))):
        return None
    limit = next((node for node in scan.above() if node.step.node_type == "Limit"), None)
    if limit is None or limit.step.rows_actual is None:
        return None
    asked = _asked(limit)
    enough = asked is not None and limit.step.rows_actual < asked <= (scan.step.rows_estimated or 0)
    return limit if enough and _alone(limit, scan) else None


def _alone(limit: Node, scan: Node) -> bool:
    """Nothing between the two leaves rows out."""
    between = takewhile(lambda node: node is not limit, scan.above())
    return all(len([child for child in node.children if child.step.subplan is None]) == 1 and not node.step.rows_removed for node in between)


def _asked(limit: Node) -> float | None:
    """What the statement says, else what the planner expects: it knows the LIMIT, but expects no more rows than there are."""
    written = LIMITED.findall(limit.plan.head.statement or "")
    return float(written[0]) if len(written) == 1 else limit.step.rows_estimated


def _search_wider(asked: float) -> str:
    """The plan does not say of which kind the index is."""
    hnsw = (
        f"set hnsw.ef_search to at least {asked:.0f} (its default is 40)" if asked <= EF_SEARCH_AT_MOST else "set hnsw.iterative_scan = strict_order"
    )
    return f"If it is an HNSW index, {hnsw}; if it is an IVFFlat index, search more of its lists: set ivfflat.probes (its default is 1)."


def _too_few(scan: Node, limit: Node, owners: Owners) -> Finding:
    asked, got = _asked(limit) or 0.0, limit.step.rows_actual or 0.0
    removed = scan.step.rows_removed or 0.0
    filtered = f"; the filter left out {removed:.0f} of the {removed + got:.0f} rows that the index offered" if removed else ""
    more = (
        "An index applies its filter after the search: set hnsw.iterative_scan = strict_order (or ivfflat.iterative_scan = relaxed_order), "
        "or give the filter's values partial indexes."
        if removed
        else _search_wider(asked)
    )
    return node_finding(
        "vector-search-returns-too-few-rows",
        scan,
        owners,
        title=f"{scan.step.index_name} returns {got:.0f} of the {asked:.0f} rows that LIMIT asks for{filtered}",
        cost_ms=scan.self_ms,
        saves_ms=None,
        saving_basis=NO_TIME,
        remedy=f"{more} {MEASURE}.",
        effort="LOW",
        impact="HIGH",
    )
