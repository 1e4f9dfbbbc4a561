"""What PostgreSQL explains, whether read from JSON, from text or from a server's log, as rows."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import orjson

from perfkit.errors import ArtefactError
from perfkit.model.batch import Batch, Columns, columns_of
from perfkit.readers.parts.pg_checks import check_plan
from perfkit.readers.parts.plan_rows import PlanRow
from perfkit.readers.parts.plan_tree import Node, Own, Tree

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
SAID = {
    "node_type": "Node Type",
    "relation": "Relation Name",
    "index_name": "Index Name",
    "relationship": "Parent Relationship",
    "subplan": "Subplan Name",
    "loops": "Actual Loops",
    "rows_estimated": "Plan Rows",
    "rows_actual": "Actual Rows",
}
"""Columns that are what EXPLAIN says."""
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
ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
NOTHING = b"null"
"""So orjson also writes what is not finite, which the encoder refuses."""


def batches(explained: Sequence[tuple[str, Mapping[str, Any]]]) -> Iterator[Batch]:
    """Plans and their nodes, in pre-order; each explained statement comes with what an error calls it. Raises for what EXPLAIN never writes."""
    plans: list[PlanRow] = []
    nodes: dict[str, list[Any]] = defaultdict(list)
    for plan_id, (where, facts) in enumerate(explained):
        check_plan(facts, where)
        tree = Tree(facts["Plan"])
        times = tree.own_times()
        try:
            plans.append(_plan_row(plan_id, facts, tree, times))
            columns = _node_columns(plan_id, facts, tree, times)
        except ValueError as error:
            raise ArtefactError(f"{where}: a number in it is not finite.") from error
        for column, values in columns.items():
            nodes[column] += values
    yield columns_of("plans", plans)
    yield Columns("plan_nodes", nodes)


def _plan_row(plan_id: int, explained: Mapping[str, Any], tree: Tree, times: Own) -> PlanRow:
    execution_ms = _execution_ms(explained)
    outside_ms = None
    if tree.root.wall_ms is not None and execution_ms is not None:
        outside_ms = max(execution_ms - sum(times.amounts), 0.0)
    return PlanRow(
        plan_id=plan_id,
        engine=ENGINE,
        statement=explained.get("Query Text"),
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


def _node_columns(plan_id: int, explained: Mapping[str, Any], tree: Tree, times: Own) -> dict[str, Sequence[Any]]:
    """The rows of plan_nodes, column by column."""
    nodes = tree.nodes
    facts = [node.facts for node in nodes]
    breaking = times.clamped | _longer_than_the_execution(explained, tree, times)
    return {
        "plan_id": [plan_id] * len(nodes),
        "node_id": [node.number for node in nodes],
        "parent_id": [None if node.parent is None else node.parent.number for node in nodes],
        **{column: [said.get(key) for said in facts] for column, key in SAID.items()},
        "processes": [node.processes for node in nodes],
        "rows_removed": list(map(_rows_removed, nodes)),
        "total_ms": [node.wall_ms for node in nodes],
        "self_ms": [None if node.wall_ms is None else own for node, own in zip(nodes, times.amounts, strict=True)],
        "clamped": [node.number in breaking for node in nodes],
        **{column: _own_blocks(tree, key) for column, key in BUFFERS.items()},
        "io_ms": _own_io(tree),
        "condition": list(map(_condition, facts)),
        "sort_key": list(map(_sort_key, facts)),
        "details": [_details(said, SHOWN_APART) for said in facts],
    }


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


def _rows_removed(node: Node) -> float | None:
    """In all loops; None when it was not executed."""
    if "Actual Loops" not in node.facts:
        return None
    return sum([float(node.facts[key]) for key in REMOVED if key in node.facts]) * node.loops


def _condition(facts: Mapping[str, Any]) -> str | None:
    return "; ".join([f"{key}: {facts[key]}" for key in CONDITIONS if facts.get(key)]) or None


def _sort_key(facts: Mapping[str, Any]) -> str | None:
    sort_key = facts.get("Sort Key")
    return ", ".join(map(str, sort_key)) if isinstance(sort_key, list) else None


def _details(facts: Mapping[str, Any], apart: frozenset[str]) -> str:
    """What has no column of its own."""
    told = _told(facts, apart)
    try:
        encoded = orjson.dumps(told)
    except TypeError:  # a whole number of more than 64 bits
        return ENCODER.encode(told)
    return ENCODER.encode(told) if NOTHING in encoded else encoded.decode()


def _told(facts: Mapping[str, Any], apart: frozenset[str] = frozenset()) -> dict[str, Any]:
    """False, nothing and such zeros as text leaves out say no more than a key that is not there."""
    told = {key: value for key, value in facts.items() if (value or (value == 0 and value is not False and not _left_out(key))) and key not in apart}
    if "Workers" in told and isinstance(told["Workers"], list):
        told["Workers"] = [_told(worker) if isinstance(worker, dict) else worker for worker in told["Workers"]]
    return told


@lru_cache
def _left_out(key: str) -> bool:
    return LEFT_OUT_WHEN_ZERO.fullmatch(key) is not None
