"""What PostgreSQL explains, whether read from JSON, from text or from a server's log, as rows."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from perfkit.errors import ArtefactError
from perfkit.model.batch import Batch, columns_of
from perfkit.readers.parts.pg_checks import check_plan
from perfkit.readers.parts.plan_rows import NodeRow, PlanRow
from perfkit.readers.parts.plan_tree import Node, Own, Tree
from perfkit.trace.fingerprint import describe

ENGINE = "postgresql"
CONDITIONS = (
    *("Index Cond", "Recheck Cond", "Filter", "Hash Cond", "Merge Cond", "Join Filter", "TID Cond", "One-Time Filter"),
    "Order By",
)
REMOVED = ("Rows Removed by Filter", "Rows Removed by Join Filter", "Rows Removed by Index Recheck")
BUFFERS = {
    "shared_hit": "Shared Hit Blocks",
    "shared_read": "Shared Read Blocks",
    "shared_dirtied": "Shared Dirtied Blocks",
    "shared_written": "Shared Written Blocks",
    "local_hit": "Local Hit Blocks",
    "local_read": "Local Read Blocks",
    "temp_read": "Temp Read Blocks",
    "temp_written": "Temp Written Blocks",
}
IO_TIMES = frozenset(f"{kind}I/O {way} Time" for kind in ("", "Shared ", "Local ", "Temp ") for way in ("Read", "Write"))
"""Up to version 14 of one kind; 15 and 16 add the temporary files, 17 names the shared and the local ones."""
IO_ROUNDING_MS = 0.001
SHOWN_APART = frozenset(
    {"Plans", "Node Type", "Relation Name", "Index Name", "Sort Key", "Actual Total Time", "Plan Rows", "Actual Rows", "Actual Loops"}
)
WHOLE_SHOWN_APART = frozenset(
    {"Plan", "Query Text", "Planning Time", "Execution Time", "Total Runtime", "Name", "Nested In", "Cold Execution Time", "Cold Planning Time"}
)
LEFT_OUT_WHEN_ZERO = re.compile(
    r".* Blocks|.*I/O (?:Read|Write) Time|WAL .*|Rows Removed by .*|Subplans Removed|Planned Partitions|Disk Usage|Tuples .*"
)
"""JSON says so many zeros; text leaves them out."""
ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False)


def batches(explained: Sequence[tuple[str, Mapping[str, Any]]]) -> Iterator[Batch]:
    """Plans and their nodes; each explained statement comes with what an error calls it."""
    plans: list[PlanRow] = []
    nodes: list[NodeRow] = []
    for plan_id, (where, facts) in enumerate(explained):
        plan, own = rows_of(plan_id, facts, where)
        plans.append(plan)
        nodes += own
    yield columns_of("plans", plans)
    yield columns_of("plan_nodes", nodes)


def rows_of(plan_id: int, explained: Mapping[str, Any], where: str) -> tuple[PlanRow, list[NodeRow]]:
    """The plan's row and its nodes', in pre-order; raises ArtefactError for what EXPLAIN never writes."""
    check_plan(explained, where)
    tree = Tree(explained["Plan"])
    times = tree.own_times()
    try:
        return _plan_row(plan_id, explained, tree, times), _node_rows(plan_id, explained, tree, times)
    except ValueError as error:
        raise ArtefactError(f"{where}: a number in it is not finite.") from error


def _plan_row(plan_id: int, explained: Mapping[str, Any], tree: Tree, times: Own) -> PlanRow:
    statement = explained.get("Query Text")
    execution_ms = _execution_ms(explained)
    outside_ms = None
    if tree.root.wall_ms is not None and execution_ms is not None:
        outside_ms = max(execution_ms - sum(times.amounts), 0.0)
    return PlanRow(
        plan_id=plan_id,
        engine=ENGINE,
        statement=statement,
        fingerprint=describe(statement)[1] if statement else None,
        planning_ms=explained.get("Planning Time"),
        execution_ms=execution_ms if execution_ms is not None else tree.root.wall_ms,
        outside_ms=outside_ms,
        name=explained.get("Name"),
        cold_ms=explained.get("Cold Execution Time"),
        cold_planning_ms=explained.get("Cold Planning Time"),
        nested_in=explained.get("Nested In"),
        details=_details(explained, WHOLE_SHOWN_APART),
    )


def _execution_ms(explained: Mapping[str, Any]) -> float | None:
    found = explained.get("Execution Time", explained.get("Total Runtime"))
    return None if found is None else float(found)


def _node_rows(plan_id: int, explained: Mapping[str, Any], tree: Tree, times: Own) -> list[NodeRow]:
    columns = {column: _own_blocks(tree, key) for column, key in BUFFERS.items()}
    io_ms = _own_io(tree)
    breaking = times.clamped | _longer_than_the_execution(explained, tree, times)
    return [
        _node_row(plan_id, node, times, node.number in breaking, {column: own[node.number] for column, own in columns.items()}, io_ms[node.number])
        for node in tree.nodes
    ]


def _longer_than_the_execution(explained: Mapping[str, Any], tree: Tree, times: Own) -> frozenset[int]:
    """The root, when its own times add up to more than the execution that they are part of."""
    execution_ms = _execution_ms(explained)
    if execution_ms is None or times.clamped or sum(times.amounts) <= execution_ms * 1.01 + tree.root.tolerance_ms:
        return frozenset()
    return frozenset({tree.root.number})


def _own_blocks(tree: Tree, key: str) -> Sequence[int | None]:
    totals = [node.facts.get(key) for node in tree.nodes]
    if not any(totals):
        return totals
    own = tree.own_totals([float(total or 0) for total in totals]).amounts
    return [None if total is None else round(amount) for total, amount in zip(totals, own, strict=True)]


def _own_io(tree: Tree) -> Sequence[float | None]:
    """Time of reading and writing; None where track_io_timing was off."""
    totals = [_io_ms(node.facts) for node in tree.nodes]
    if not any(totals):
        return totals
    own = tree.own_totals([total or 0.0 for total in totals], rounding=IO_ROUNDING_MS).amounts
    return [None if total is None else amount for total, amount in zip(totals, own, strict=True)]


def _io_ms(facts: Mapping[str, Any]) -> float | None:
    found = IO_TIMES & facts.keys()
    return sum(float(facts[key]) for key in found) if found else None


def _node_row(plan_id: int, node: Node, times: Own, clamped: bool, blocks: Mapping[str, int | None], io_ms: float | None) -> NodeRow:
    facts = node.facts
    sort_key = facts.get("Sort Key")
    return NodeRow(
        plan_id=plan_id,
        node_id=node.number,
        parent_id=node.parent.number if node.parent else None,
        node_type=facts["Node Type"],
        relation=facts.get("Relation Name"),
        index_name=facts.get("Index Name"),
        relationship=facts.get("Parent Relationship"),
        subplan=facts.get("Subplan Name"),
        loops=facts.get("Actual Loops"),
        processes=node.processes,
        rows_estimated=facts.get("Plan Rows"),
        rows_actual=facts.get("Actual Rows"),
        rows_removed=sum(float(facts[key]) for key in REMOVED if key in facts) * node.loops if "Actual Loops" in facts else None,
        total_ms=node.wall_ms,
        self_ms=times.amounts[node.number] if node.wall_ms is not None else None,
        clamped=clamped,
        **blocks,
        io_ms=io_ms,
        condition="; ".join(f"{key}: {facts[key]}" for key in CONDITIONS if facts.get(key)) or None,
        sort_key=", ".join(map(str, sort_key)) if isinstance(sort_key, list) else None,
        details=_details(facts, SHOWN_APART),
    )


def _details(facts: Mapping[str, Any], apart: frozenset[str]) -> str:
    """What has no column of its own."""
    return ENCODER.encode(_told(facts, apart))


def _told(facts: Mapping[str, Any], apart: frozenset[str] = frozenset()) -> dict[str, Any]:
    """False, nothing and such zeros as text leaves out say no more than a key that is not there."""
    told = {key: value for key, value in facts.items() if key not in apart and (value or (value == 0 and value is not False and not _left_out(key)))}
    if "Workers" in told and isinstance(told["Workers"], list):
        told["Workers"] = [_told(worker) if isinstance(worker, dict) else worker for worker in told["Workers"]]
    return told


@lru_cache
def _left_out(key: str) -> bool:
    return LEFT_OUT_WHEN_ZERO.fullmatch(key) is not None
