"""What PostgreSQL explains, whether read from JSON, from text or from a server's log, as rows."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import orjson

from perfkit.errors import ArtefactError
from perfkit.model.batch import Batch, Columns
from perfkit.readers.parts.pg_checks import checked
from perfkit.readers.parts.pg_forms import BUFFERS, SAID, Form, Values, details_of
from perfkit.readers.parts.plan_tree import Node, Own, Tree

ENGINE = "postgresql"
IO_ROUNDING_MS = 0.001
WHOLE = {
    "statement": "Query Text",
    "planning_ms": "Planning Time",
    "name": "Name",
    "cold_ms": "Cold Execution Time",
    "cold_planning_ms": "Cold Planning Time",
    "nested_in": "Nested In",
}
"""Columns that are what is said of the plan."""
WHOLE_SHOWN_APART = frozenset({"Plan", "Execution Time", "Total Runtime", *WHOLE.values()})
ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
NOTHING = b"null"
"""So orjson also writes what is not finite, which the encoder refuses."""


def batches(explained: Iterable[tuple[str, Mapping[str, Any]]]) -> Iterator[Batch]:
    """Plans and their nodes, in pre-order; each explained statement comes with what an error calls it. Raises for what EXPLAIN never writes."""
    plans: dict[str, list[Any]] = defaultdict(list)
    nodes: dict[str, list[Any]] = defaultdict(list)
    for plan_id, (where, facts) in enumerate(explained):
        said = checked(facts, where)
        tree = Tree(facts["Plan"])
        times = tree.own_times()
        try:
            whole = {"plan_id": plan_id, "engine": ENGINE, **_whole(facts, tree, times)}
            columns = {"plan_id": [plan_id] * len(said), **_measured(facts, tree, times), **_said(tree, said)}
        except ValueError as error:
            raise ArtefactError(f"{where}: a number in it is not finite.") from error
        for column, value in whole.items():
            plans[column].append(value)
        for column, values in columns.items():
            nodes[column] += values
        tree.part()
    yield Columns("plans", plans)
    yield Columns("plan_nodes", nodes)


def _whole(explained: Mapping[str, Any], tree: Tree, times: Own) -> dict[str, Any]:
    """What is said of the plan as a whole, by column."""
    execution_ms = _execution_ms(explained)
    outside_ms = None
    if tree.root.wall_ms is not None and execution_ms is not None:
        outside_ms = max(execution_ms - sum(times.amounts), 0.0)
    return {
        **{column: explained.get(key) for column, key in WHOLE.items()},
        "execution_ms": execution_ms if execution_ms is not None else tree.root.wall_ms,
        "outside_ms": outside_ms,
        "details": _encoded(details_of(explained, WHOLE_SHOWN_APART)),
    }


def _execution_ms(explained: Mapping[str, Any]) -> float | None:
    found = explained.get("Execution Time", explained.get("Total Runtime"))
    return None if found is None else float(found)


def _measured(explained: Mapping[str, Any], tree: Tree, times: Own) -> dict[str, Sequence[Any]]:
    """The nodes' places and times, column by column."""
    nodes = tree.nodes
    breaking = times.clamped | _longer_than_the_execution(explained, tree, times)
    return {
        "node_id": range(len(nodes)),
        "parent_id": [None if node.parent is None else node.parent.number for node in nodes],
        "processes": [node.processes for node in nodes],
        "total_ms": [node.wall_ms for node in nodes],
        "self_ms": [None if node.wall_ms is None else own for node, own in zip(nodes, times.amounts, strict=True)],
        "clamped": [node.number in breaking for node in nodes],
    }


def _longer_than_the_execution(explained: Mapping[str, Any], tree: Tree, times: Own) -> frozenset[int]:
    """The root, when its own times add up to more than the execution that they are part of."""
    execution_ms = _execution_ms(explained)
    if execution_ms is None or times.clamped or sum(times.amounts) <= execution_ms * 1.01 + tree.root.tolerance_ms:
        return frozenset()
    return frozenset({tree.root.number})


def _said(tree: Tree, said: Sequence[tuple[Form, Values]]) -> dict[str, Sequence[Any]]:
    """What EXPLAIN says of the nodes, column by column."""
    columns = dict(zip((*SAID, *BUFFERS, "sort_key"), zip(*(form.columns(values) for form, values in said), strict=True), strict=True))
    return {
        **columns,
        **{column: _own_blocks(tree, columns[column]) for column in BUFFERS},
        "sort_key": [", ".join(map(str, key)) if isinstance(key, list) else None for key in columns["sort_key"]],
        "io_ms": _own_io(tree, said),
        "rows_removed": [_rows_removed(node, *of_node) for node, of_node in zip(tree.nodes, said, strict=True)],
        "condition": [_condition(form, values) for form, values in said],
        "details": [_encoded(form.details.of(values)) for form, values in said],
    }


def _own_blocks(tree: Tree, totals: Sequence[int | None]) -> Sequence[int | None]:
    if not any(totals):
        return totals
    own = tree.own_totals([float(total or 0) for total in totals]).amounts
    return [None if total is None else round(amount) for total, amount in zip(totals, own, strict=True)]


def _own_io(tree: Tree, said: Sequence[tuple[Form, Values]]) -> Sequence[float | None]:
    """Time of reading and writing; None where track_io_timing was off."""
    totals = [sum(map(float, form.io_times(values))) if form.has_io_times else None for form, values in said]
    if not any(totals):
        return totals
    own = tree.own_totals([total or 0.0 for total in totals], rounding=IO_ROUNDING_MS).amounts
    return [None if total is None else amount for total, amount in zip(totals, own, strict=True)]


def _rows_removed(node: Node, form: Form, values: Values) -> float | None:
    """In all loops; None when it was not executed."""
    return float(sum(form.removed(values))) * node.loops if form.is_executed else None


def _condition(form: Form, values: Values) -> str | None:
    if not form.condition_keys:
        return None
    return "; ".join([f"{key}: {text}" for key, text in zip(form.condition_keys, form.conditions(values), strict=True) if text]) or None


def _encoded(details: Mapping[str, Any]) -> str:
    try:
        encoded = orjson.dumps(details)
    except TypeError:  # a whole number of more than 64 bits
        return ENCODER.encode(details)
    return ENCODER.encode(details) if NOTHING in encoded else encoded.decode()
