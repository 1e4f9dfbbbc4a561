"""What PostgreSQL explains, whether read from JSON, from text or from a server's log, as rows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from perfkit.errors import ArtefactError
from perfkit.readers.plan_rows import NodeRow, PlanRow
from perfkit.readers.plan_tree import Node, own_blocks, own_times, tree_of
from perfkit.trace.fingerprint import describe

ENGINE = "postgresql"
CONDITIONS = (
    *("Index Cond", "Recheck Cond", "Filter", "Hash Cond", "Merge Cond", "Join Filter", "TID Cond", "One-Time Filter"),
    "Order By",
)
REMOVED = ("Rows Removed by Filter", "Rows Removed by Join Filter", "Rows Removed by Index Recheck")
SHOWN_APART = frozenset(
    {"Plans", "Node Type", "Relation Name", "Index Name", "Sort Key", "Actual Total Time", "Plan Rows", "Actual Rows", "Actual Loops"}
)
NUMBERS = ("Actual Total Time", "Actual Loops", "Actual Rows", "Plan Rows")


def check(plan: Mapping[str, Any], where: str) -> None:
    """Raises ArtefactError for a tree that EXPLAIN never writes; where says which one of which file."""
    waiting: list[Any] = [plan]
    while waiting:
        node = waiting.pop()
        if not isinstance(node, dict) or not isinstance(node.get("Node Type"), str) or not isinstance(node.get("Plans", []), list):
            raise ArtefactError(f"{where} has a node without a Node Type.")
        for key in NUMBERS:
            if not isinstance(node.get(key, 0), int | float):
                raise ArtefactError(f"{where}: {key} is {node[key]!r}, not a number.")
        waiting += node.get("Plans", [])


def rows_of(plan_id: int, explained: Mapping[str, Any]) -> tuple[PlanRow, list[NodeRow]]:
    """The plan's row and its nodes', in pre-order."""
    root = tree_of(explained["Plan"])
    return _plan_row(plan_id, explained, root), _node_rows(plan_id, root)


def _plan_row(plan_id: int, explained: Mapping[str, Any], root: Node) -> PlanRow:
    statement = explained.get("Query Text")
    execution_ms = explained.get("Execution Time", explained.get("Total Runtime"))
    outside_ms = None
    if root.wall_ms is not None and execution_ms is not None:
        outside_ms = max(float(execution_ms) - sum(own_times(root).amounts), 0.0)
    return PlanRow(
        plan_id=plan_id,
        engine=ENGINE,
        statement=statement,
        fingerprint=describe(statement)[1] if statement else None,
        planning_ms=explained.get("Planning Time"),
        execution_ms=execution_ms if execution_ms is not None else root.wall_ms,
        outside_ms=outside_ms,
    )


def _node_rows(plan_id: int, root: Node) -> list[NodeRow]:
    times = own_times(root)
    blocks = {key: own_blocks(root, f"{key} Blocks").amounts for key in ("Shared Hit", "Shared Read", "Temp Written")}
    return [_node_row(plan_id, node, times.amounts[node.number], node.number in times.clamped, blocks) for node in root.walk()]


def _node_row(plan_id: int, node: Node, own_ms: float, clamped: bool, blocks: Mapping[str, Sequence[float]]) -> NodeRow:
    facts = node.facts
    own = {key: int(amounts[node.number]) if f"{key} Blocks" in facts else None for key, amounts in blocks.items()}
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
        total_ms=node.wall_ms,
        self_ms=own_ms if node.wall_ms is not None else None,
        shared_hit=own["Shared Hit"],
        shared_read=own["Shared Read"],
        temp_written=own["Temp Written"],
        clamped=clamped,
        rows_removed=sum(float(facts[key]) for key in REMOVED if key in facts) * node.loops if "Actual Loops" in facts else None,
        condition="; ".join(f"{key}: {facts[key]}" for key in CONDITIONS if facts.get(key)) or None,
        sort_key=", ".join(map(str, facts["Sort Key"])) if isinstance(facts.get("Sort Key"), list) else None,
        details=json.dumps({key: value for key, value in facts.items() if key not in SHOWN_APART}, default=str),
    )
