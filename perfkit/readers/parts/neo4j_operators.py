"""Operators of Neo4j's PROFILE → rows of plans and plan_nodes. DbHits, Rows and Time are own values: they sum to the statement's."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from perfkit.readers.parts.plan_envelope import as_details, totals
from perfkit.readers.parts.plan_rows import NodeRow, PlanRow

ENGINE = "neo4j"
LABEL = re.compile(r"^\(?\w*:`?(\w+)`?")
SCANS = ("NodeByLabelScan", "NodeIndex", "NodeUniqueIndex", "PartitionedNodeByLabelScan", "DirectedRelationship", "UndirectedRelationship")


@dataclass(frozen=True, slots=True)
class Operator:
    """One operator; None is what was not measured or not printed."""

    parent: int | None
    type: str
    second: bool
    """True: the right-hand side of its parent, which runs for the rows of the left-hand side or is joined with them."""
    estimated: float | None
    rows: float | None
    db_hits: float | None
    page_hits: float | None
    page_misses: float | None
    time_ms: float | None
    details: str | None
    other: Mapping[str, Any] = field(default_factory=dict)


def plan_row(plan_id: int, operators: Sequence[Operator], statement: str | None, facts: Mapping[str, Any]) -> PlanRow:
    """The plan; its time is the sum of the operators' where the runtime measures them."""
    times = [operator.time_ms for operator in operators if operator.time_ms is not None]
    hits = [operator.db_hits for operator in operators if operator.db_hits is not None]
    return PlanRow(
        plan_id=plan_id,
        engine=ENGINE,
        statement=statement,
        execution_ms=sum(times) if times else None,
        outside_ms=0.0 if times else None,
        details=as_details({"db_hits": sum(hits) if hits else None, **facts}),
    )


def node_rows(plan_id: int, operators: Sequence[Operator]) -> list[NodeRow]:
    """The operators, which are in pre-order."""
    timed = any(operator.time_ms is not None for operator in operators)
    with_children = totals([operator.parent for operator in operators], [operator.time_ms or 0 for operator in operators])
    return [_node_row(plan_id, number, operator, with_children[number] if timed else None) for number, operator in enumerate(operators)]


def _node_row(plan_id: int, number: int, operator: Operator, total_ms: float | None) -> NodeRow:
    label = LABEL.match(operator.details or "") if operator.type.startswith(SCANS) else None
    return NodeRow(
        plan_id=plan_id,
        node_id=number,
        parent_id=operator.parent,
        node_type=operator.type,
        relation=label[1] if label else None,
        relationship=None if operator.parent is None else "Inner" if operator.second else "Outer",
        loops=None if operator.rows is None else 1.0,
        rows_estimated=operator.estimated,
        rows_actual=operator.rows,
        total_ms=total_ms,
        self_ms=operator.time_ms if operator.time_ms is not None or total_ms is None else 0.0,
        shared_hit=None if operator.page_hits is None else int(operator.page_hits),
        shared_read=None if operator.page_misses is None else int(operator.page_misses),
        condition=operator.details or None,
        details=as_details({"DbHits": operator.db_hits, **operator.other}),
    )
