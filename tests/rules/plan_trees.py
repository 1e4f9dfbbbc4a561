"""Plans for tests of rules, node by node and without a server."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

from perfkit.model.plan import Plan, PlanHead, PlanStep, linked

COLUMNS = set(PlanStep._fields)


def plan_of(*nodes: dict[str, Any], execution_ms: float | None = 30.0, engine: str = "postgresql", **head: Any) -> Plan:
    """A plan whose nodes name their parent by its position; what is no column of plan_nodes becomes a fact."""
    details = json.dumps(head.pop("facts", {}))
    names = {item.name for item in fields(PlanHead)}
    known = {
        "run_id": "r",
        "plan_id": 0,
        "engine": engine,
        "statement": "select …",
        "fingerprint": "f",
        "execution_ms": execution_ms,
        "details": details,
    }
    [plan] = linked([PlanHead(**{**dict.fromkeys(names), **known, **head})], [_step(number, node) for number, node in enumerate(nodes)])
    return plan


def _step(number: int, node: dict[str, Any]) -> PlanStep:
    given = {name: value for name, value in node.items() if name in COLUMNS}
    facts = {name: value for name, value in node.items() if name not in COLUMNS and name != "parent"}
    parent = node.get("parent", number - 1 if number else None)
    usual = {"run_id": "r", "plan_id": 0, "node_id": number, "parent_id": parent, "loops": 1.0, "clamped": False, "details": json.dumps(facts)}
    return PlanStep(**{**dict.fromkeys(COLUMNS), **usual, **given})
