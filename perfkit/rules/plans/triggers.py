"""Triggers that run after the statement, above all those of foreign keys: which of them an index mends, and which are the price of the key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from perfkit.model.plan import Node
from perfkit.rules.plans.advice import milliseconds, number, percent
from perfkit.rules.plans.bill import Bill
from perfkit.rules.plans.causes import Suspicion
from perfkit.rules.plans.conditions import quoted

SHARE, LEAST_MS = 0.10, 5.0
LOOKED_UP_MS = 0.1
"""Looking a row up by an index, or changing it, takes less."""
CHECK_MS = 50.0
"""Checks of new rows are worth a word from here on: nothing is wrong with them."""
CHECK = "RI_ConstraintTrigger_c_"
"""What the server calls the triggers that look up the row referred to; those of the other direction have an a."""


def triggers(bill: Bill) -> Iterator[Suspicion]:
    """Triggers with a good part of the execution."""
    listed = bill.plan.facts.get("Triggers") if '"Triggers"' in (bill.plan.head.details or "") else None
    root_ms = bill.plan.root.step.total_ms
    if not isinstance(listed, list) or bill.total_ms is None or root_ms is None:
        return
    left_ms = max(bill.total_ms - root_ms, 0.0)
    for trigger in sorted(listed, key=lambda each: (not each.get("Constraint Name"), -_time(each))):
        cost = min(_time(trigger), left_ms)
        left_ms -= cost
        if bill.heavy(cost, SHARE, LEAST_MS) and (suspicion := _suspicion(trigger, cost, bill)) is not None:
            yield suspicion


def _suspicion(trigger: Mapping[str, Any], cost: float, bill: Bill) -> Suspicion | None:
    table = str(trigger.get("Relation") or bill.plan.root.step.relation or "the table")
    node = _writer(bill.plan.root, table)
    if not trigger.get("Constraint Name"):
        return _of_function(trigger, table, node, cost, bill)
    if str(trigger.get("Trigger Name") or "").startswith(CHECK) or node.facts.get("Operation") == "Insert":
        return _of_check(trigger, table, node, cost, bill) if cost >= CHECK_MS else None
    key = _foreign_key(trigger, bill)
    quick = bool(key["indexed"]) if key is not None else cost / _calls(trigger) < LOOKED_UP_MS
    return None if quick else _of_search(trigger, table, node, cost, bill)


def _of_search(trigger: Mapping[str, Any], table: str, node: Node, cost: float, bill: Bill) -> Suspicion:
    name, key = str(trigger["Constraint Name"]), _foreign_key(trigger, bill)
    index = (
        f"create an index on the columns of {name} in the table that refers to {table} "
        f"(select conrelid::regclass, pg_get_constraintdef(oid) from pg_constraint where conname = '{name}')."
        if key is None
        else f"create index on {key['relation'].removeprefix('public.')} ({', '.join(key['columns'])});"
    )
    return Suspicion(
        "trigger-dominates",
        node,
        rank=90,
        title=f"Foreign key {name} on {table} takes {_told(trigger, cost, bill)}",
        remedy=f"Each row looks for rows that refer to it: {index}",
        cost_ms=cost,
        saves_ms=cost,
        saving_basis="time of the trigger; what it costs with an index is next to nothing",
        about=f"trigger {name}",
    )


def _of_check(trigger: Mapping[str, Any], table: str, node: Node, cost: float, bill: Bill) -> Suspicion:
    name = str(trigger["Constraint Name"])
    return Suspicion(
        "trigger-dominates",
        node,
        rank=90,
        title=f"Foreign key {name} on {table} takes {_told(trigger, cost, bill)}",
        remedy=f"Each new row of {quoted(table)} looks up the row that it refers to, by that one's unique index: the price of a foreign key. "
        "Where very many rows are loaded at once, add the constraint after them: one join then checks them all.",
        cost_ms=cost,
        saves_ms=None,
        saving_basis="what checking them all at once costs is not known",
        effort="MEDIUM",
        about=f"trigger {name}",
    )


def _of_function(trigger: Mapping[str, Any], table: str, node: Node, cost: float, bill: Bill) -> Suspicion:
    name = str(trigger.get("Trigger Name"))
    return Suspicion(
        "trigger-dominates",
        node,
        rank=90,
        title=f"Trigger {name} on {table} takes {_told(trigger, cost, bill)}",
        remedy="Look at the statements inside the trigger's function (auto_explain.log_nested_statements), or make it one for each statement, "
        "which sees all its rows at once (referencing new table as …).",
        cost_ms=cost,
        saves_ms=None,
        saving_basis="how much of what the trigger does can be left out is not known",
        effort="MEDIUM",
        about=f"trigger {name}",
    )


def _told(trigger: Mapping[str, Any], cost: float, bill: Bill) -> str:
    calls = _calls(trigger)
    return f"{percent(bill.share(cost))} of the execution: {number(calls)} calls, {milliseconds(cost / calls)} each"


def _foreign_key(trigger: Mapping[str, Any], bill: Bill) -> Mapping[str, Any] | None:
    """What the collector knows of the constraint; None where the plan comes from elsewhere, or two keys have the name."""
    known = bill.plan.facts.get("Foreign Keys")
    named = [key for key in known if _is_meant(key, trigger)] if isinstance(known, list) else []
    return named[0] if len(named) == 1 else None


def _is_meant(key: Any, trigger: Mapping[str, Any]) -> bool:
    if not isinstance(key, dict) or not {"constraint_name", "relation", "columns", "referenced", "indexed"} <= key.keys():
        return False
    referenced = str(key["referenced"]).rpartition(".")[2].strip('"')
    return bool(key["constraint_name"] == trigger["Constraint Name"] and referenced == trigger.get("Relation", referenced))


def _writer(root: Node, table: str) -> Node:
    return next((node for node in root.below() if node.step.node_type == "ModifyTable" and node.step.relation == table), root)


def _time(facts: Mapping[str, Any]) -> float:
    return float(facts.get("Time") or 0.0)


def _calls(trigger: Mapping[str, Any]) -> float:
    return float(trigger.get("Calls") or 1)


WHOLE = (triggers,)
