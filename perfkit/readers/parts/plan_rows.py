"""Rows of plans and plan_nodes, for readers of every engine."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PlanRow:
    """A row of plans."""

    plan_id: int
    engine: str
    statement: str | None = None
    planning_ms: float | None = None
    execution_ms: float | None = None
    outside_ms: float | None = None
    name: str | None = None
    cold_ms: float | None = None
    cold_planning_ms: float | None = None
    nested_in: int | None = None
    details: str | None = None


@dataclass(frozen=True, slots=True)
class NodeRow:
    """A row of plan_nodes."""

    plan_id: int
    node_id: int
    parent_id: int | None
    node_type: str
    relation: str | None = None
    index_name: str | None = None
    relationship: str | None = None
    subplan: str | None = None
    loops: float | None = None
    processes: float | None = None
    rows_estimated: float | None = None
    rows_actual: float | None = None
    rows_removed: float | None = None
    total_ms: float | None = None
    self_ms: float | None = None
    clamped: bool = False
    shared_hit: int | None = None
    shared_read: int | None = None
    shared_dirtied: int | None = None
    shared_written: int | None = None
    local_hit: int | None = None
    local_read: int | None = None
    temp_read: int | None = None
    temp_written: int | None = None
    io_ms: float | None = None
    condition: str | None = None
    sort_key: str | None = None
    details: str | None = None
