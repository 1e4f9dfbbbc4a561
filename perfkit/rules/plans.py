"""Plan nodes that read far more than they keep; gated by their share of the execution."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from perfkit.analyses.plan_steps import PlanStep, plan_steps
from perfkit.analyses.statement_owners import StatementOwner, statement_owners
from perfkit.model.finding import Finding
from perfkit.rules.drafts import draft
from perfkit.store import Store

DISTANCE = re.compile(r"<=>|<->|<#>|<\+>")
COLUMN = re.compile(r"([\w.]+)\)?\s*(?:<=>|<->|<#>|<\+>)")
OPERATOR_CLASS = {"<=>": "vector_cosine_ops", "<->": "vector_l2_ops", "<#>": "vector_ip_ops", "<+>": "vector_l1_ops"}
LEAST_MS, LEAST_SHARE = 5.0, 0.10
DISCARDED_PER_KEPT, DISCARDED_AT_LEAST = 10.0, 1000.0
VECTOR_ROWS_AT_LEAST = 1000.0

Owners = Mapping[str, StatementOwner]


def find(store: Store, run_ids: Sequence[str]) -> list[Finding]:
    """Findings of every plan; traced runs among the same ids say which endpoint pays."""
    owners = {owner.fingerprint: owner for owner in statement_owners(store, run_ids)}
    return judge(plan_steps(store, run_ids), owners)


def judge(steps: Sequence[PlanStep], owners: Owners) -> list[Finding]:
    """Exact vector searches first, then filters that discard nearly everything."""
    parents = {(step.run_id, step.plan_id, step.node_id): step for step in steps}
    findings = []
    for step in steps:
        if step.node_type != "Seq Scan" or step.self_ms is None:
            continue
        sort = _distance_sort(step, parents)
        if sort is not None:
            findings.append(_exact_search(step, sort, owners))
        elif _discards(step):
            findings.append(_filtering_scan(step, owners))
    return findings


def _distance_sort(scan: PlanStep, parents: Mapping[tuple[str, int, int], PlanStep]) -> PlanStep | None:
    """The sort by vector distance above a scan, where there is one and it matters."""
    if (scan.rows_actual or 0) * (scan.loops or 1) < VECTOR_ROWS_AT_LEAST:
        return None
    node: PlanStep | None = scan
    while node is not None and node.parent_id is not None:
        node = parents.get((node.run_id, node.plan_id, node.parent_id))
        if node is not None and node.sort_key and DISTANCE.search(node.sort_key):
            return node
    return None


def _exact_search(scan: PlanStep, sort: PlanStep, owners: Owners) -> Finding:
    key = sort.sort_key or ""
    column, operator = COLUMN.search(key), DISTANCE.search(key)
    name = column[1].split(".")[-1] if column else "the embedding column"
    symbol = operator[0] if operator else "distance"
    operator_class = OPERATOR_CLASS[operator[0]] if operator else "vector_cosine_ops"
    owner = owners.get(scan.fingerprint or "")
    own_ms = (scan.self_ms or 0) + (sort.self_ms or 0)
    return draft(
        "vector-search-without-index",
        scan.run_id,
        title=f"Exact vector search: every row of {scan.relation} is read and sorted by distance",
        place=f"Seq Scan on {scan.relation} below {sort.node_type} by {name} {symbol} … (plan {scan.plan_id}, node {scan.node_id})",
        subject=owner.subject if owner else None,
        file=owner.file if owner else None,
        line=owner.line if owner else None,
        cost_ms=own_ms,
        saves_ms=own_ms,
        saving_basis="own time of the scan and the sort; what an index scan costs instead is not known before it is built",
        remedy=f"create index on {scan.relation} using hnsw ({name} {operator_class}); measure recall beside latency.",
        effort="LOW",
    )


def _discards(step: PlanStep) -> bool:
    removed, kept = step.rows_removed or 0, max((step.rows_actual or 0) * (step.loops or 1), 1)
    costly = (step.self_ms or 0) >= LEAST_MS and (step.share or 0) >= LEAST_SHARE
    return costly and removed >= DISCARDED_AT_LEAST and removed >= DISCARDED_PER_KEPT * kept


def _filtering_scan(step: PlanStep, owners: Owners) -> Finding:
    owner = owners.get(step.fingerprint or "")
    return draft(
        "scan-discards-rows",
        step.run_id,
        title=f"Sequential scan of {step.relation} discards nearly every row that it reads",
        place=f"Seq Scan on {step.relation} (plan {step.plan_id}, node {step.node_id})",
        subject=owner.subject if owner else None,
        file=owner.file if owner else None,
        line=owner.line if owner else None,
        cost_ms=step.self_ms,
        saves_ms=step.self_ms,
        saving_basis="own time of the scan",
        remedy=f"An index on the columns of the filter: {step.condition or 'not printed'}.",
        effort="LOW",
    )
