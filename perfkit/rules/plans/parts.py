"""Parts of a statement that are made as a whole though little of them is used: CTEs and partitions."""

from __future__ import annotations

from collections.abc import Iterator

from perfkit.model.plan import Node
from perfkit.rules.plans.advice import number, percent
from perfkit.rules.plans.bill import Bill, removed
from perfkit.rules.plans.causes import Suspicion

READ_AT_LEAST, FILTERED, SCANS_AT_LEAST = 10_000.0, 0.90, 2
PARTITIONS = 50
CTE_SHARE = 0.10


def read_ctes(bill: Bill) -> Iterator[Suspicion]:
    """CTEs that are kept in full and then read often, or hardly at all."""
    roots = [node for node in bill.plan.nodes if (node.step.subplan or "").startswith("CTE ")]
    for root in roots:
        name = (root.step.subplan or "").removeprefix("CTE ")
        scans = [node for node in bill.plan.nodes if node.step.node_type == "CTE Scan" and node.executed and _is_meant(node, name, root)]
        if scans and root.step.node_type not in {"Recursive Union", "ModifyTable"}:
            yield from _judged(root, name, scans, bill)


def _is_meant(scan: Node, name: str, root: Node) -> bool:
    """Whether a scan reads this CTE: names can be given again further down, and the nearest owner counts."""
    if scan.facts.get("CTE Name") != name:
        return False
    owners = (owner for owner in (scan, *scan.above()) if any(child.step.subplan == f"CTE {name}" for child in owner.children))
    return next(owners, None) is root.parent


def _judged(root: Node, name: str, scans: list[Node], bill: Bill) -> Iterator[Suspicion]:
    discarded = sum(removed(scan) for scan in scans)
    read = discarded + sum(scan.rows or 0.0 for scan in scans)
    filtered = discarded >= FILTERED * read
    if read < READ_AT_LEAST or not (filtered or len(scans) >= SCANS_AT_LEAST):
        return
    own = sum(bill.own(scan) for scan in scans)
    cost = bill.inside(root) + own
    if not bill.heavy(cost, CTE_SHARE):
        return
    yield Suspicion(
        "cte-materialized",
        root,
        rank=78 if filtered else 25,
        title=f"CTE {name} is kept in full: {number(read)} rows are read from it"
        + (f", {percent(discarded / read)} of them discarded" if filtered else f" in {len(scans)} scans"),
        remedy=f"with {name} as not materialized (…) lets its readers' conditions reach its tables and their indexes"
        + ("." if len(scans) == 1 else f"; it is then computed {len(scans)} times, which pays only when each reader wants little of it."),
        cost_ms=bill.ms(cost),
        saves_ms=bill.ms(cost * discarded / read) if filtered else None,
        saving_basis="time of the CTE and its scans, by the share of the rows that are discarded"
        if filtered
        else "whether computing it more often costs less is not known",
        covers=tuple(scans),
    )


def unpruned(node: Node, bill: Bill) -> Suspicion | None:
    """An Append that reads very many partitions."""
    members = [child for child in node.children if child.executed and child.step.relationship not in {"InitPlan", "SubPlan"}]
    if len(members) < PARTITIONS or node.number("Subplans Removed"):
        return None
    cost = bill.inside(node)
    return Suspicion(
        "partitions-not-pruned",
        node,
        rank=40,
        title=f"{len(members)} parts are read and none is left out",
        remedy="A condition on the partition key by itself (no function, no cast around it) lets the others be left out; "
        "where all of them are wanted, fewer and larger partitions.",
        cost_ms=bill.ms(cost),
        saves_ms=None,
        saving_basis="how many partitions the statement needs is not known",
        effort="MEDIUM",
    )


RULES = {"Append": (unpruned,), "Merge Append": (unpruned,)}
WHOLE = (read_ctes,)
