"""What a statement spends outside of its nodes: planning, compilation, the result's way to the client, and cold buffers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from perfkit.model.plan import Node
from perfkit.rules.plans.advice import milliseconds, number
from perfkit.rules.plans.bill import Bill
from perfkit.rules.plans.causes import Suspicion

PLANNING_MS = 10.0
JIT_SHARE, JIT_MS = 0.20, 10.0
SERIAL_SHARE, SERIAL_MS = 0.20, 10.0
COLD_SHARE, COLD_BLOCKS = 0.10, 1000


def planning(bill: Bill) -> Iterator[Suspicion]:
    """A statement that is planned for longer than it runs, with everything in the caches."""
    head = bill.plan.head
    warm_ms, run_ms = head.planning_ms, head.execution_ms
    if head.cold_planning_ms is None or warm_ms is None or run_ms is None or warm_ms < max(run_ms, PLANNING_MS):
        return
    yield Suspicion(
        "planning-dominates",
        bill.plan.root,
        rank=50,
        title=f"Planning takes {milliseconds(warm_ms)}, running {milliseconds(run_ms)}",
        remedy="Prepare the statement once and execute it often (plan_cache_mode = force_generic_plan shows whether that suits it); "
        "fewer partitions, joins and indexes to consider; vacuum the catalogues where objects are created and dropped all the time.",
        cost_ms=warm_ms,
        saves_ms=warm_ms,
        saving_basis="planning time of the second run: a prepared statement is planned once",
        about="planning",
        impact="HIGH" if warm_ms >= 10 * PLANNING_MS else "MEDIUM",
    )


def compilation(bill: Bill) -> Iterator[Suspicion]:
    """Compilation that costs a good part of the run."""
    cost = bill.jit_ms
    if cost < JIT_MS or bill.share(cost) < JIT_SHARE:
        return
    swallowed = bill.jit_node
    where = f" It is part of the startup of {swallowed.place}." if swallowed is not None else ""
    yield Suspicion(
        "jit-dominates",
        bill.plan.root,
        rank=50,
        title=f"Compilation of expressions takes {milliseconds(cost)} of {milliseconds(bill.total_ms)}",
        remedy=f"Raise jit_above_cost above the cost of statements like this, or set local jit = off.{where}",
        cost_ms=cost,
        saves_ms=cost,
        saving_basis="time of the compilation, shared among the processes that compiled; running without it is a little slower",
        about="compilation",
    )


def serialization(bill: Bill) -> Iterator[Suspicion]:
    """A result that takes long to be written in the client's format."""
    details = bill.plan.head.details or ""
    facts = bill.plan.facts.get("Serialization") if '"Serialization"' in details else None
    cost = _time(facts) if isinstance(facts, dict) else 0.0
    if not bill.heavy(cost, SERIAL_SHARE, SERIAL_MS):
        return
    rows = bill.plan.root.rows or 0.0
    yield Suspicion(
        "result-serialization",
        bill.plan.root,
        rank=50,
        title=f"Writing {number(rows)} rows for the client takes {milliseconds(cost)} of {milliseconds(bill.total_ms)}",
        remedy="Select fewer rows and columns, fetch large values only when they are shown, or read the result in binary format.",
        cost_ms=cost,
        saves_ms=None,
        saving_basis="how many of the rows and columns the client needs is not known",
        effort="MEDIUM",
        about="serialization",
        impact="LOW",
    )


def cold_buffers(bill: Bill) -> Iterator[Suspicion]:
    """Blocks that were not in the server's cache."""
    readers = [node for node in bill.plan.nodes if (node.step.shared_read or 0) >= COLD_BLOCKS and _read_share(node) >= COLD_SHARE]
    if not readers:
        return
    node = max(readers, key=lambda each: each.step.shared_read or 0)
    blocks = sum(each.step.shared_read or 0 for each in readers)
    waited = sum(each.step.io_ms or 0.0 for each in readers)
    again = bill.plan.head.cold_ms is not None
    speed = f", {blocks * 8.192 / waited:.0f} MB/s" if waited else ""
    yield Suspicion(
        "cold-buffers",
        node,
        rank=15,
        title=f"{number(blocks)} blocks were not in the server's cache{' in the second run either' if again else ''}{speed}",
        remedy="The tables read do not fit into shared_buffers: raise it, or read less (an index, fewer columns, partitions)."
        if again
        else "Run it twice: only what the second run still reads is a fault of the statement or of shared_buffers.",
        cost_ms=waited or None,
        saves_ms=waited if again and waited else None,
        saving_basis="time of waiting for blocks" if again and waited else "a first run pays for what later ones find in the cache",
        effort="MEDIUM",
        about="cold",
    )


def _time(facts: Mapping[str, Any]) -> float:
    return float(facts.get("Time") or 0.0)


def _read_share(node: Node) -> float:
    read = node.step.shared_read or 0
    return read / ((node.step.shared_hit or 0) + read or 1)


WHOLE = (planning, compilation, serialization, cold_buffers)
