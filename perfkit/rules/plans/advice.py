"""Remedies with numbers: which index to create, which work_mem to set."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from perfkit.model.plan import Node, Plan
from perfkit.rules.plans.conditions import index_statement, wanted_columns, wanted_index
from perfkit.rules.plans.wanted import Wanted
from perfkit.units import format_quantity

HASH_MULTIPLIER = 2.0
"""hash_mem_multiplier since PostgreSQL 15, where the plan's settings do not name another."""
SORT_IN_MEMORY = 2.1
"""The same rows take so much more memory than space on disk (measured: 15,000 kB on disk, 31,039 kB in memory)."""
DAYS = re.compile(r"AS date\)|date_trunc\(", re.IGNORECASE)


def index_advice(node: Node, *, joins: bool = False, order_first: bool = False) -> str:
    """Which index serves the node's conditions, or why none can. joins: also what the join above compares."""
    wanted = [item for item in wanted_columns(node) if joins or item.source != "join"]
    if order_first and any(item.kind == "order" for item in wanted):
        wanted = [item for item in wanted if item.kind in {"equality", "order"}]
    statements = [f"{index_statement(node, columns)};" for columns in _indexes(wanted)]
    if not statements:
        condition = node.step.condition or "none is printed"
        return f"No index serves the condition as it is written ({condition}): compare a column by itself with what does not depend on the row."
    return " ".join([" ".join(statements), *_notes([item for item in wanted if item.source != "sort"])])


def _indexes(wanted: Sequence[Wanted]) -> list[list[Wanted]]:
    """One index of plain comparisons, else one for each comparison of its own kind, each arm of an OR having its own."""
    if any(item.method == "btree" and item.arm is None and item.kind != "order" for item in wanted):
        return [wanted_index(wanted)]
    apart = [[item] for item in wanted if item.method == "gin" and item.arm is None]
    arms = sorted({item.arm for item in wanted if item.arm is not None})
    if apart or arms:
        return apart or [wanted_index([item.without_arm() for item in wanted if item.arm == arm]) for arm in arms]
    return [wanted_index(wanted)] if wanted else []


def _notes(wanted: Sequence[Wanted]) -> list[str]:
    notes = []
    if any(item.operator_class == "gin_trgm_ops" for item in wanted):
        notes.append("It needs create extension pg_trgm.")
    if any(item.expression and DAYS.search(item.column) for item in wanted):
        notes.append("Where the column is a timestamptz, compare it with a range (at or after the day, before the next) and index the column itself.")
    if any(item.arm is not None for item in wanted):
        notes.append("Each arm of the OR needs its own.")
    return notes


def memory(kilobytes: float) -> str:
    """A value of work_mem, rounded up."""
    return f"{math.ceil(kilobytes / 1024)}MB" if kilobytes >= 1024 else f"{max(math.ceil(kilobytes), 64)}kB"


def hash_multiplier(plan: Plan) -> float:
    """How many times work_mem a hash may use."""
    settings = plan.facts.get("Settings")
    text = settings.get("hash_mem_multiplier") if isinstance(settings, dict) else None
    try:
        return float(text) if text is not None else HASH_MULTIPLIER
    except ValueError:
        return HASH_MULTIPLIER


def number(value: float) -> str:
    return format_quantity(round(value) if value >= 10 else value, "count")


def percent(share: float) -> str:
    return format_quantity(share, "ratio")


def milliseconds(value: float | None) -> str:
    return format_quantity(value, "ms")


def kilobytes(value: float) -> str:
    return format_quantity(value * 1024, "bytes")
