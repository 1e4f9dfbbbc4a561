"""Remedies with numbers: which index to create, which work_mem to set."""

from __future__ import annotations

import math
from collections.abc import Sequence

from perfkit.model.plan import Node, Plan
from perfkit.rules.plans.conditions import index_statement, moment_of, wanted_columns, wanted_index
from perfkit.rules.plans.predicates import Predicate, predicates_of
from perfkit.rules.plans.wanted import Wanted
from perfkit.units import format_quantity

HASH_MULTIPLIER = 2.0
"""hash_mem_multiplier since PostgreSQL 15, where the plan's settings do not name another."""
SORT_IN_MEMORY = 2.1
"""The same rows take so much more memory than space on disk (measured: 15,000 kB on disk, 31,039 kB in memory)."""
ALTERNATIVES = 3


def index_advice(node: Node, *, joins: bool = False, order_first: bool = False, lead: str = "") -> str:
    """Which index serves the node's conditions, or why none can. joins: also what the join above compares; lead: what to say of such an index."""
    wanted = [item for item in wanted_columns(node) if joins or item.source != "join"]
    if lead and not any(item.source == "filter" for item in wanted):
        wanted = []  # the index has all that one can hold
    if order_first and any(item.kind == "order" for item in wanted):
        wanted = [item for item in wanted if item.kind in {"equality", "order"}]
    moments = {item.column: moment for item in wanted if (moment := moment_of(item)) is not None}
    predicates = [] if joins or order_first else predicates_of(str(node.facts.get("Filter") or ""))
    choices = _indexes([*moments.values(), *(item for item in wanted if item.column not in moments)], predicates)[:ALTERNATIVES]
    if not choices:
        condition = node.step.condition or "none is printed"
        return f"No index serves the condition as it is written ({condition}): compare a column by itself with what does not depend on the row."
    statements = " or ".join(" ".join(f"{index_statement(node, *index)};" for index in choice) for choice in choices)
    chosen = [item for choice in choices for columns, _ in choice for item in columns]
    return " ".join([*map(_rewriting, moments.values()), f"{'' if moments else lead}{statements}", *_notes(chosen, choices)])


Index = tuple[Sequence[Wanted], str]
"""Its columns, and the condition of a partial index or nothing."""


def _indexes(wanted: Sequence[Wanted], predicates: Sequence[Predicate]) -> list[list[Index]]:
    """The alternatives: one index of the plain comparisons, one for a comparison of its own kind, or one for each arm of an OR."""
    plain = [item for item in wanted if item.method == "btree" and item.arm is None]
    compared = [item for item in plain if item.kind != "order"]
    choices: list[list[Index]] = [[_plain(plain, predicates)]] if compared else []
    choices += [[([item], "")] for item in wanted if item.method == "gin" and item.arm is None]
    arms = sorted({item.arm for item in wanted if item.arm is not None})
    choices += [[(wanted_index([item.without_arm() for item in wanted if item.arm == arm]), "") for arm in arms]] if arms else []
    return choices or ([[(wanted_index(plain), "")]] if plain else [])


def _plain(plain: Sequence[Wanted], predicates: Sequence[Predicate]) -> Index:
    """Conditions without a value, such as deleted_at is null, hold for every execution: they leave rows out instead of being searched for."""
    held = {column for predicate in predicates for column in predicate.columns}
    searched = [item for item in plain if item.column not in held]
    if any(item.kind != "order" for item in searched):
        return wanted_index(searched), " and ".join(predicate.text for predicate in predicates)
    return wanted_index(plain), ""


def _rewriting(moment: Wanted) -> str:
    return f"Compare {moment.column} itself with a range (at or after the beginning, before the end), which an index of the column serves:"


def _notes(wanted: Sequence[Wanted], choices: Sequence[Sequence[Index]]) -> list[str]:
    notes = []
    if any(item.operator_class == "gin_trgm_ops" for item in wanted):
        notes.append("It needs create extension pg_trgm.")
    if any(len(choice) > 1 for choice in choices):
        notes.append("Each arm of the OR needs its own.")
    if len(choices) > 1:
        notes.append("The one that leaves the fewest rows is best; `perfkit diagnose --try-indexes` measures them.")
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
