"""PostgreSQL's EXPLAIN (FORMAT JSON): one plan or several, as psql, auto_explain or perfkit collect plans leave them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perfkit.errors import ArtefactError
from perfkit.model.artefact import Head, open_artefact
from perfkit.model.batch import Batch, columns_of
from perfkit.readers.plan_tree import Node, own_blocks, own_times, tree_of
from perfkit.trace.fingerprint import describe

NAME = "pg-explain"
KIND = "plans"
TOOL = "postgresql"
ABOUT = "PostgreSQL EXPLAIN (FORMAT JSON), one plan or an array of plans with their Query Text"
BY_LINE = False

ENGINE = "postgresql"
CONDITIONS = (
    *("Index Cond", "Recheck Cond", "Filter", "Hash Cond", "Merge Cond", "Join Filter", "TID Cond", "One-Time Filter"),
    "Order By",
)
REMOVED = ("Rows Removed by Filter", "Rows Removed by Join Filter", "Rows Removed by Index Recheck")
SHOWN_APART = frozenset(
    {"Plans", "Node Type", "Relation Name", "Index Name", "Sort Key", "Actual Total Time", "Plan Rows", "Actual Rows", "Actual Loops"}
)


@dataclass(frozen=True, slots=True)
class PlanRow:
    """A row of plans."""

    plan_id: int
    engine: str
    statement: str | None
    fingerprint: str | None
    planning_ms: float | None
    execution_ms: float | None
    outside_ms: float | None


@dataclass(frozen=True, slots=True)
class NodeRow:
    """A row of plan_nodes."""

    plan_id: int
    node_id: int
    parent_id: int | None
    node_type: str
    relation: str | None
    index_name: str | None
    loops: float | None
    rows_estimated: float | None
    rows_actual: float | None
    total_ms: float | None
    self_ms: float | None
    shared_hit: int | None
    shared_read: int | None
    temp_written: int | None
    clamped: bool
    rows_removed: float | None
    condition: str | None
    sort_key: str | None
    details: str


def sniff(head: Head) -> bool:
    """JSON in which a Plan with a Node Type comes early."""
    text = head.text.lstrip("\ufeff \t\r\n")
    return text[:1] in ("[", "{") and '"Plan"' in text and '"Node Type"' in text


def read(path: Path) -> Iterator[Batch]:
    """Plans and their nodes."""
    plans, nodes = [], []
    for plan_id, explained in enumerate(_explained(path)):
        root = tree_of(explained["Plan"])
        plans.append(_plan_row(plan_id, explained, root))
        nodes += _node_rows(plan_id, root)
    yield columns_of("plans", plans)
    yield columns_of("plan_nodes", nodes)


def _explained(path: Path) -> list[Mapping[str, Any]]:
    with open_artefact(path) as file:
        content = file.read()
    try:
        loaded = json.loads(content)
    except UnicodeDecodeError as error:
        raise ArtefactError(f"{path}: tried as {NAME}: not a text: {error.reason} at byte {error.start}.") from error
    except json.JSONDecodeError as error:
        raise ArtefactError(f"{path}: tried as {NAME}: {error.msg} in line {error.lineno}, column {error.colno}; was the file cut off?") from error
    except RecursionError as error:
        raise ArtefactError(f"{path}: tried as {NAME}: nested deeper than any plan.") from error
    listed = loaded if isinstance(loaded, list) else [loaded]
    for number, explained in enumerate(listed):
        plan = explained.get("Plan") if isinstance(explained, dict) else None
        if not isinstance(plan, dict) or "Node Type" not in plan:
            raise ArtefactError(f"{path}: tried as {NAME}: entry {number} has no Plan with a Node Type.")
        _check_numbers(path, number, plan)
    return listed


def _check_numbers(path: Path, number: int, plan: Mapping[str, Any]) -> None:
    waiting: list[Any] = [plan]
    while waiting:
        node = waiting.pop()
        if not isinstance(node, dict) or not isinstance(node.get("Node Type"), str) or not isinstance(node.get("Plans", []), list):
            raise ArtefactError(f"{path}: tried as {NAME}: plan {number} has a node without a Node Type.")
        for key in ("Actual Total Time", "Actual Loops", "Actual Rows", "Plan Rows"):
            if not isinstance(node.get(key, 0), int | float):
                raise ArtefactError(f"{path}: tried as {NAME}: plan {number}: {key} is {node[key]!r}, not a number.")
        waiting += node.get("Plans", [])


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
        loops=facts.get("Actual Loops"),
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
