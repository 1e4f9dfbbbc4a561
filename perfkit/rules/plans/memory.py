"""Sorts, hashes, aggregates and bitmaps that did not fit into work_mem."""

from __future__ import annotations

from collections.abc import Iterator

from perfkit.model.finding import Level
from perfkit.model.plan import Node
from perfkit.rules.plans.advice import SORT_IN_MEMORY, hash_multiplier, index_advice, kilobytes, memory, number, percent
from perfkit.rules.plans.bill import JOINS, Bill, deepest, of_processes
from perfkit.rules.plans.causes import Suspicion
from perfkit.rules.plans.indexes import LOSSY, heap_blocks, lossy_share

SPILLED_SORT, SPILLED_HASH = 0.3, 0.4
"""Part of the own time that the disk takes, measured on a warm cache: what is left is the sorting or hashing itself."""
AGGREGATE_IN_MEMORY = 2.0
"""Groups take so much more memory than the rows that were put aside on disk for them."""
TEMPORARY_BLOCKS = 256
BYTES_A_BLOCK_OF_BITMAP = 128
SERIOUS_KB, GRAVE_KB = 1024.0, 102_400.0
TEMPORARY_FILES_OF_OTHERS = frozenset({"Sort", "Incremental Sort", "Hash", "Hash Join", "Aggregate"})


def sort_on_disk(node: Node, bill: Bill) -> Suspicion | None:
    """A sort that went through temporary files."""
    space_kb = max(_disk_spaces(node), default=0.0)
    if not space_kb:
        return None
    own = bill.own(node)
    needed = memory(SORT_IN_MEMORY * space_kb)
    scan = deepest(node)
    by_index = f" Or let an index give the order: {index_advice(scan, order_first=True)}" if scan.step.node_type == "Seq Scan" else ""
    return Suspicion(
        "sort-on-disk",
        node,
        rank=65,
        title=f"Sort wrote {kilobytes(space_kb)} to disk",
        remedy=f"set local work_mem = '{needed}' for this statement: in memory rows take {SORT_IN_MEMORY} times their space on disk.{by_index}",
        cost_ms=bill.ms(own),
        saves_ms=bill.ms(own * SPILLED_SORT),
        saving_basis=f"{percent(SPILLED_SORT)} of the sort's {bill.basis}: what temporary files were measured to add",
        impact=_impact(space_kb),
    )


def hash_on_disk(node: Node, bill: Bill) -> Suspicion | None:
    """A hash table in several batches, all but one of them on disk."""
    batches = max(of_processes(node, "Hash Batches"), default=1.0)
    if batches <= 1:
        return None
    peak_kb = max(of_processes(node, "Peak Memory Usage"), default=0.0)
    first = max(of_processes(node, "Original Hash Batches"), default=batches)
    join = node.parent if node.parent is not None and node.parent.step.node_type in JOINS else node
    own = bill.own(node) + (bill.own(join) if join is not node else 0.0)
    grew = f", after {number(first)} had been planned: more rows came than were expected" if batches > first else ""
    needed = memory(batches * peak_kb / hash_multiplier(node.plan))
    return Suspicion(
        "hash-on-disk",
        node,
        rank=65,
        title=f"Hash join in {number(batches)} batches, all but one on disk{grew}",
        remedy=f"set local work_mem = '{needed}' for this statement: {number(batches)} batches of {kilobytes(peak_kb)} "
        f"by a hash_mem_multiplier of {hash_multiplier(node.plan):g}.",
        cost_ms=bill.ms(own),
        saves_ms=bill.ms(own * SPILLED_HASH),
        saving_basis=f"{percent(SPILLED_HASH)} of the {bill.basis} of hash and join: what temporary files were measured to add",
        covers=(join,),
        impact=_impact(batches * peak_kb),
    )


def aggregate_on_disk(node: Node, bill: Bill) -> Suspicion | None:
    """A hashed aggregate that put rows aside on disk."""
    disk_kb = max(of_processes(node, "Disk Usage"), default=0.0)
    if not disk_kb:
        return None
    batches = number(max(of_processes(node, "HashAgg Batches"), default=0.0))
    own = bill.own(node)
    peak_kb = max(of_processes(node, "Peak Memory Usage"), default=0.0)
    needed = memory((peak_kb + AGGREGATE_IN_MEMORY * disk_kb) / hash_multiplier(node.plan))
    return Suspicion(
        "aggregate-on-disk",
        node,
        rank=65,
        title=f"Aggregate put {kilobytes(disk_kb)} aside on disk in {batches} batches",
        remedy=f"set local work_mem = '{needed}' for this statement, or group by fewer columns, or let an index give the order of the groups.",
        cost_ms=bill.ms(own),
        saves_ms=bill.ms(own * SPILLED_HASH),
        saving_basis=f"{percent(SPILLED_HASH)} of the aggregate's {bill.basis}: what temporary files were measured to add",
        impact=_impact(disk_kb),
    )


def temporary_file(node: Node, bill: Bill) -> Suspicion | None:
    """Other nodes that keep rows in temporary files."""
    written = node.step.temp_written or 0
    if written < TEMPORARY_BLOCKS or node.step.node_type in TEMPORARY_FILES_OF_OTHERS:
        return None
    own = bill.own(node)
    return Suspicion(
        "temporary-file",
        node,
        rank=55,
        title=f"{node.step.node_type} wrote {kilobytes(written * 8)} of temporary files",
        remedy=f"set local work_mem = '{memory(SORT_IN_MEMORY * written * 8)}' for this statement, or keep fewer rows and columns.",
        cost_ms=bill.ms(own),
        saves_ms=bill.ms(own * SPILLED_SORT),
        saving_basis=f"{percent(SPILLED_SORT)} of the {bill.basis}: what temporary files were measured to add",
        impact=_impact(written * 8.0),
    )


def lossy_bitmap(node: Node, bill: Bill) -> Suspicion | None:
    """A bitmap that forgot rows and kept only their blocks."""
    share = lossy_share(node)
    if share < LOSSY:
        return None
    blocks = sum(heap_blocks(node))
    own = bill.own(node)
    rechecked, kept = node.number("Rows Removed by Index Recheck") * (node.step.loops or 0.0), node.rows or 0.0
    return Suspicion(
        "bitmap-lossy",
        node,
        rank=75,
        title=f"{percent(share)} of the blocks of {node.step.relation} were read whole, as the bitmap did not fit",
        remedy=f"set local work_mem = '{memory(blocks / max(node.step.loops or 1.0, 1.0) * BYTES_A_BLOCK_OF_BITMAP / 1024)}' for this statement.",
        cost_ms=bill.ms(own),
        saves_ms=bill.ms(own * rechecked / max(rechecked + kept, 1.0)),
        saving_basis=f"{bill.basis} of the scan, by the share of the rows that the recheck discards",
    )


def _disk_spaces(node: Node) -> Iterator[float]:
    """Kilobytes on disk of the sort, of each worker's, and of an incremental sort's groups."""
    workers = node.facts.get("Workers")
    for facts in [node.facts, *(workers if isinstance(workers, list) else ())]:
        if not isinstance(facts, dict | type(node.facts)):
            continue
        if facts.get("Sort Space Type") == "Disk" or "external" in str(facts.get("Sort Method") or ""):
            yield float(facts.get("Sort Space Used") or 1.0)
        for groups in ("Full-sort Groups", "Pre-sorted Groups"):
            space = (facts.get(groups) or {}).get("Sort Space Disk") or {}
            if space:
                yield float(space.get("Peak Sort Space Used") or 1.0)


def _impact(space_kb: float) -> Level:
    return "HIGH" if space_kb >= GRAVE_KB else "MEDIUM" if space_kb >= SERIOUS_KB else "LOW"


RULES = {
    "Sort": (sort_on_disk,),
    "Incremental Sort": (sort_on_disk,),
    "Hash": (hash_on_disk,),
    "Aggregate": (aggregate_on_disk,),
    "Bitmap Heap Scan": (lossy_bitmap,),
}
EVERY = (temporary_file,)
