"""DuckDB's EXPLAIN (ANALYZE, FORMAT json), of 1.x and of 2.x. Its times are own times in seconds, summed over threads; estimates are texts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perfkit.model.artefact import Head
from perfkit.model.batch import Batch, columns_of
from perfkit.model.run import Manifest
from perfkit.readers.parts.parsing import json_of, refuse
from perfkit.readers.parts.plan_envelope import as_details, engine_in, entries, is_envelope, non_negative, totals
from perfkit.readers.parts.plan_rows import NodeRow, PlanRow

NAME = "duckdb-plan"
KIND = "plans"
TOOL = "duckdb"
ABOUT = "DuckDB EXPLAIN (ANALYZE, FORMAT json) of 1.x and 2.x, without ANALYZE too, or what perfkit collect plans leaves"
BY_LINE = False

ENGINE = "duckdb"
PLANNED = re.compile(r'\[\s*\{\s*"name"\s*:\s*"[A-Z_ ]+"\s*,\s*"children"\s*:')
EXPLAINED = re.compile(r"\s*explain\s+(?:analyze\s+|\([^)]*\)\s*)?", re.IGNORECASE)
FRAMES = frozenset({"RESULT_COLLECTOR", "EXPLAIN_ANALYZE", "QUERY"})
"""Operators around the statement that only EXPLAIN and the client put there."""
ALIKE = {"SEQ_SCAN": "TABLE_SCAN"}
"""What 1.x calls otherwise where it only plans."""
CONDITIONS = ("Filters", "Conditions", "Condition", "Expression", "Dynamic Filters")
PHASES = ("planner", "optimizer", "physical_planner")


@dataclass(frozen=True, slots=True)
class Operator:
    """One operator, by the same names whatever the version."""

    parent: int | None
    type: str
    info: Mapping[str, Any]
    facts: Mapping[str, Any]
    seconds: float | None
    rows: float | None
    """None when the statement was only planned."""
    scanned: float | None


def sniff(head: Head) -> bool:
    """An envelope of DuckDB's plans, or the tree of one of the versions."""
    text = head.text.lstrip("\ufeff \t\r\n")
    if text[:1] not in ("{", "[") or '"Node Type"' in text:
        return False
    old, new = '"operator_timing"' in text and '"operator_type"' in text, '"intermediate_rows"' in text and '"operator"' in text
    return engine_in(head) == ENGINE or old or new or PLANNED.match(text) is not None


def read(path: Path) -> Iterator[Batch]:
    """Plans and their operators."""
    document = json_of(path, NAME)
    known = entries(path, NAME, document, ENGINE) if is_envelope(document) else [{"profile": document}]
    versions = {str(entry["version"]) for entry in known if entry.get("version")}
    if len(versions) == 1:
        yield Manifest(tool_version=versions.pop())
    plans, nodes = [], []
    for plan_id, entry in enumerate(known):
        where = f"plan {plan_id}"
        operators = _operators(path, where, entry.get("profile"))
        plan = _plan_row(path, where, plan_id, entry, operators)
        plans.append(plan)
        nodes += _node_rows(plan, operators)
    yield columns_of("plans", plans)
    yield columns_of("plan_nodes", nodes)


def _operators(path: Path, where: str, profile: Any) -> list[Operator]:
    """In pre-order, without the frames around them."""
    roots = profile.get("operator", profile.get("children")) if isinstance(profile, dict) else profile
    while isinstance(roots, list) and len(roots) == 1 and isinstance(roots[0], dict) and _type(roots[0]) in FRAMES:
        roots = roots[0].get("children")
    if not isinstance(roots, list) or len(roots) != 1:
        raise refuse(path, NAME, f"{where} has no tree of operators with one root.")
    found: list[Operator] = []
    waiting: list[tuple[Any, int | None]] = [(roots[0], None)]
    while waiting:
        node, parent = waiting.pop()
        found.append(_operator(path, f"{where}, operator {len(found)}", node, parent))
        children = node.get("children", [])
        if not isinstance(children, list):
            raise refuse(path, NAME, f"{where}, operator {len(found) - 1}: its children are no list.")
        number = len(found) - 1
        waiting += [(child, number) for child in reversed(children)]
    return found


def _type(node: Mapping[str, Any]) -> str | None:
    named = node.get("type", node.get("operator_type", node.get("name")))
    return named.strip() if isinstance(named, str) else None


def _operator(path: Path, where: str, node: Any, parent: int | None) -> Operator:
    named = _type(node) if isinstance(node, dict) else None
    info = node.get("extra_info", {}) if isinstance(node, dict) else None
    if not named or not isinstance(info, dict):
        raise refuse(path, NAME, f"{where} has no type with its extra_info.")

    def first(*keys: str) -> float | None:
        return next((non_negative(path, NAME, node[key], f"{where}: its {key}") for key in keys if key in node), None)

    return Operator(
        parent=parent,
        type=ALIKE.get(named, named),
        info=info,
        facts={key: value for key, value in node.items() if key not in ("children", "extra_info", "cpu_time") and not key.startswith("cumulative_")},
        seconds=first("timing", "operator_timing"),
        rows=first("intermediate_rows", "operator_cardinality"),
        scanned=first("rows_scanned", "operator_rows_scanned") or None,
    )


def _plan_row(path: Path, where: str, plan_id: int, entry: Mapping[str, Any], operators: Sequence[Operator]) -> PlanRow:
    profile: Mapping[str, Any] = entry["profile"] if isinstance(entry["profile"], dict) else {}
    query, system = _part(path, where, profile, "query"), _part(path, where, profile, "system")

    def seconds(part: Mapping[str, Any], key: str) -> float | None:
        return non_negative(path, NAME, part.get(key), f"{where}: its {key}")

    phases = [seconds(_part(path, where, profile, phase), "total_time") for phase in PHASES]
    planning = sum(phase or 0 for phase in phases) if any(phase is not None for phase in phases) else None
    whole = seconds(query, "total_time") if query else seconds(profile, "latency")
    execution = None if whole is None else max(whole - (planning or 0), 0)
    own = sum(operator.seconds or 0 for operator in operators)
    asked = query.get("sql", profile.get("query_name"))
    peak = system.get("peak_temp_dir_size", profile.get("system_peak_temp_dir_size"))
    facts = {
        "cpu_ms": own * 1e3 if execution is not None else None,
        "peak_temp_dir_size": non_negative(path, NAME, peak, f"{where}: its peak_temp_dir_size"),
        "peak_buffer_memory": system.get("peak_buffer_memory", profile.get("system_peak_buffer_memory")),
        "rows_scanned": query.get("total_rows_scanned", profile.get("cumulative_rows_scanned")),
        "version": entry.get("version"),
    }
    return PlanRow(
        plan_id=plan_id,
        engine=ENGINE,
        name=entry.get("name"),
        statement=entry.get("statement") or (EXPLAINED.sub("", asked, count=1) if isinstance(asked, str) else None),
        planning_ms=None if planning is None else planning * 1e3,
        execution_ms=None if execution is None else execution * 1e3,
        outside_ms=None if execution is None else max(execution - own, 0) * 1e3,
        cold_ms=entry.get("cold_ms"),
        cold_planning_ms=entry.get("cold_planning_ms"),
        details=as_details(facts),
    )


def _part(path: Path, where: str, profile: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    part = profile.get(key, {})
    if not isinstance(part, dict):
        raise refuse(path, NAME, f"{where}: its {key} is {str(part)[:40]!r}, not an object.")
    return part


def _node_rows(plan: PlanRow, operators: Sequence[Operator]) -> list[NodeRow]:
    """Threads that worked at once add up to more than the clock; they are taken to have shared every operator alike."""
    own = [(operator.seconds or 0) * 1e3 for operator in operators]
    processes = max(sum(own) / plan.execution_ms, 1.0) if plan.execution_ms else 1.0
    wall = [amount / processes for amount in own]
    with_children = totals([operator.parent for operator in operators], wall)
    return [_node_row(plan.plan_id, number, operators[number], wall[number], with_children[number], processes) for number in range(len(operators))]


def _node_row(plan_id: int, number: int, operator: Operator, self_ms: float, total_ms: float, processes: float) -> NodeRow:
    info, timed = operator.info, operator.seconds is not None
    conditions = [f"{key}: {_joined(info[key])}" for key in CONDITIONS if info.get(key)]
    table = info.get("Table")
    filtered = operator.scanned is not None and operator.rows is not None and "Filters" in info
    return NodeRow(
        plan_id=plan_id,
        node_id=number,
        parent_id=operator.parent,
        node_type=operator.type,
        relation=table.split(".")[-1] if isinstance(table, str) else None,
        loops=1.0 if operator.rows is not None else None,
        processes=processes if timed else None,
        rows_estimated=_estimate(info.get("Estimated Cardinality")),
        rows_actual=operator.rows,
        rows_removed=max((operator.scanned or 0) - (operator.rows or 0), 0) if filtered else None,
        total_ms=total_ms if timed else None,
        self_ms=self_ms if timed else None,
        condition="; ".join(conditions) or None,
        sort_key=_joined(info["Order By"]) if info.get("Order By") else None,
        details=as_details({**operator.facts, **info, "rows_scanned": operator.scanned}),
    )


def _joined(value: Any) -> str:
    return " AND ".join(map(str, value)) if isinstance(value, list) else str(value)


def _estimate(text: Any) -> float | None:
    digits = str(text).replace("~", "").strip()
    return float(digits) if digits.isdecimal() and len(digits) < 20 else None
