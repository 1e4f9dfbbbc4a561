"""Workers that did not come, or that shared the work unevenly."""

from __future__ import annotations

from collections.abc import Iterator

from perfkit.model.plan import Node
from perfkit.rules.plans.advice import number
from perfkit.rules.plans.bill import Bill
from perfkit.rules.plans.causes import Suspicion

SKEW, SKEW_SHARE, SKEW_MS, SKEW_ROWS = 2.0, 0.10, 50.0, 1000.0


def absent_workers(node: Node, bill: Bill) -> Suspicion | None:
    """Workers that were planned and not launched."""
    planned, launched = node.number("Workers Planned"), node.number("Workers Launched")
    if not node.executed or launched >= planned:
        return None
    section = bill.inside(node)
    return Suspicion(
        "workers-not-launched",
        node,
        rank=58,
        title=f"{number(launched)} of {number(planned)} planned workers were launched",
        remedy="max_parallel_workers and max_worker_processes leave too few for what runs at the same time: raise them, or plan fewer with "
        "max_parallel_workers_per_gather. pg_stat_database shows how often: parallel_workers_to_launch and _launched (PostgreSQL 18).",
        cost_ms=bill.ms(section),
        saves_ms=bill.ms(section * (1 - (launched + 1) / (planned + 1))),
        saving_basis="time of the parallel part, had all planned workers shared it evenly",
        about="workers",
    )


def uneven_workers(bill: Bill) -> Iterator[Suspicion]:
    """A node whose rows mostly one worker had; of those, the deepest."""
    if not any(node.step.node_type in {"Gather", "Gather Merge"} for node in bill.plan.nodes):
        return
    skewed = [(node, skew) for node in bill.plan.nodes if (skew := _skew(node, bill)) >= SKEW]
    blamed = [(node, skew) for node, skew in skewed if not any(child is other for child in node.below() if child is not node for other, _ in skewed)]
    for node, skew in blamed:
        yield Suspicion(
            "workers-uneven",
            node,
            rank=22,
            title=f"One worker had {skew:.1f} times the rows of the mean worker",
            remedy="The others wait for it. A large partition or few large values make it so: split them, or join before aggregating.",
            cost_ms=bill.ms(bill.own(node)),
            saves_ms=None,
            saving_basis="how evenly the rows can be shared is not known",
            effort="MEDIUM",
            about="workers",
        )


def _skew(node: Node, bill: Bill) -> float:
    if (node.step.processes or 1.0) < 2 or not bill.heavy(bill.own(node), SKEW_SHARE, SKEW_MS) or (node.rows or 0.0) < SKEW_ROWS:
        return 0.0
    workers = node.facts.get("Workers")
    listed = [worker for worker in workers if isinstance(worker, dict)] if isinstance(workers, list) else []
    rows = [float(worker.get("Actual Rows") or 0) * float(worker.get("Actual Loops") or 0) for worker in listed]
    mean = sum(rows) / len(rows) if len(rows) >= 2 else 0.0
    return max(rows) / mean if mean else 0.0


RULES = {"Gather": (absent_workers,), "Gather Merge": (absent_workers,)}
WHOLE = (uneven_workers,)
