"""Times that are not work: waiting for blocks, and reading the clock."""

from __future__ import annotations

from collections.abc import Iterator

from perfkit.model.plan import Node
from perfkit.rules.plans.advice import milliseconds, number, percent
from perfkit.rules.plans.bill import Bill
from perfkit.rules.plans.causes import Suspicion

IO_SHARE, NODE_SHARE, NODE_MS = 0.50, 0.10, 5.0
CLOCK_NS = 25.0
"""One reading of a common clock source; pg_test_timing tells a server's own."""
CLOCK_SHARE = 0.10


def waits_for_disk(node: Node, bill: Bill) -> Suspicion | None:
    """A node that spends its time waiting for blocks."""
    waited = node.step.io_ms or 0.0
    own = bill.own(node) if waited else 0.0
    if not bill.timed or not waited or waited < IO_SHARE * own or not bill.heavy(own, NODE_SHARE, NODE_MS):
        return None
    blocks = (node.step.shared_read or 0) + (node.step.temp_read or 0) + (node.step.temp_written or 0)
    return Suspicion(
        "waits-for-disk",
        node,
        rank=18,
        title=f"{node.place} waits {milliseconds(waited)} of its {milliseconds(own)} for {number(blocks)} blocks",
        remedy="Keep what it reads in shared_buffers, or read less of it; effective_io_concurrency lets bitmap scans read ahead.",
        cost_ms=bill.ms(own),
        saves_ms=bill.ms(min(waited, own)),
        saving_basis="time of waiting for blocks, by track_io_timing",
        effort="MEDIUM",
    )


def dear_clock(bill: Bill) -> Iterator[Suspicion]:
    """A node that is called so often that reading the clock is a good part of its time."""
    if not bill.timed:
        return
    read = [(2 * node.step.loops * CLOCK_NS / 1e6, node) for node in bill.plan.nodes if node.step.loops and node.step.loops > 1]
    told = [(cost, node) for cost, node in read if cost >= CLOCK_SHARE * bill.own(node) and bill.heavy(bill.own(node), NODE_SHARE, NODE_MS)]
    if not told:
        return
    cost, node = max(told, key=lambda each: each[0])
    yield Suspicion(
        "clock-distorts-plan",
        node,
        rank=10,
        title=f"Measuring takes about {percent(min(cost / bill.own(node), 1.0))} of the time of {node.place}: {number(node.step.loops or 0.0)} loops",
        remedy="explain (analyze, timing off) tells the whole without it; pg_test_timing tells what one reading of the clock costs.",
        cost_ms=cost,
        saves_ms=None,
        saving_basis=f"two readings of the clock a loop, {CLOCK_NS:.0f} ns each; without EXPLAIN nobody pays them",
        about="clock",
    )


EVERY = (waits_for_disk,)
WHOLE = (dear_clock,)
