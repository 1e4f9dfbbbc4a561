"""Statements that were only planned: hints by the planner's cost, said to be so."""

from __future__ import annotations

from collections.abc import Iterator

from perfkit.model.plan import Node
from perfkit.rules.plans.advice import index_advice, number, percent
from perfkit.rules.plans.bill import Bill
from perfkit.rules.plans.causes import Suspicion
from perfkit.rules.plans.joins import sides
from perfkit.rules.plans.vectors import distance_sort

COST_SHARE, COST_AT_LEAST = 0.40, 1000.0
COST_A_ROW = 0.15
"""At most, with the usual settings: a row of one kilobyte, its share of the page and a condition."""
LOOPS = 1000.0
BASIS = "the planner's estimate, nothing was executed; explain (analyze) tells"


def hints(bill: Bill) -> Iterator[Suspicion]:
    """What looks wrong by estimates alone."""
    whole = bill.plan.root.number("Total Cost")
    for node in bill.plan.nodes:
        if node.step.node_type == "Seq Scan" and distance_sort(node) is None:
            yield from _scan(node, whole)


def _scan(scan: Node, whole: float) -> Iterator[Suspicion]:
    cost, kept = scan.number("Total Cost"), scan.step.rows_estimated or 0.0
    loop = next((above for above in scan.above() if above.step.node_type == "Nested Loop"), None)
    outer, inner = sides(loop) if loop is not None else (None, None)
    inside = inner is scan and outer is not None and (outer.step.rows_estimated or 0.0) >= LOOPS
    if inside and outer is not None:
        repeated = number(outer.step.rows_estimated or 0.0)
        yield _hint("nested-loop-repeats", scan, 92, f"Nested loop is expected to read all of {scan.step.relation} {repeated} times")
    at_least = cost / COST_A_ROW
    if scan.facts.get("Filter") and cost >= COST_AT_LEAST and cost >= COST_SHARE * whole and at_least >= 10 * kept:
        title = f"Sequential scan of {scan.step.relation} is expected to keep {number(kept)} of more than {number(at_least)} rows"
        yield _hint("scan-discards-rows", scan, 80, f"{title}, at {percent(min(cost / whole, 1.0))} of the cost")


def _hint(rule: str, scan: Node, rank: int, title: str) -> Suspicion:
    return Suspicion(
        rule,
        scan,
        rank,
        f"{title} (estimate)",
        index_advice(scan, joins=rule == "nested-loop-repeats"),
        cost_ms=None,
        saves_ms=None,
        saving_basis=BASIS,
        impact="LOW",
    )
