"""SQLite's EXPLAIN QUERY PLAN. SQLite estimates no rows and times no step: what is known beside the text stands in perfkit's envelope."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from perfkit.model.artefact import Head
from perfkit.model.batch import Batch, columns_of
from perfkit.model.run import Manifest
from perfkit.readers.parts.parsing import json_of, refuse, text_of
from perfkit.readers.parts.plan_envelope import as_details, engine_in, entries, is_envelope, non_negative
from perfkit.readers.parts.plan_rows import NodeRow, PlanRow
from perfkit.readers.parts.sqlite_shell import printed_plans, recognises
from perfkit.readers.parts.sqlite_steps import ROOT, step_of

NAME = "sqlite-plan"
KIND = "plans"
TOOL = "sqlite"
ABOUT = "SQLite EXPLAIN QUERY PLAN: the shell's tree or a table of it, rows as JSON, or what perfkit collect plans leaves"
BY_LINE = False

ENGINE = "sqlite"
ROWS = re.compile(r'\[\s*(?:\[\s*\d+\s*,\s*\d+\s*,\s*-?\d+\s*,\s*"|\{\s*"id"\s*:\s*\d+\s*,\s*"parent"\s*:\s*\d+\s*,\s*"notused"\s*:)')
COLUMNS = ("id", "parent", "notused", "detail")


@dataclass(frozen=True, slots=True)
class Explained:
    """One plan's rows and what is known beside them."""

    rows: Sequence[tuple[int, int, str]]
    """Id, parent and detail; the parent of the outermost ones is 0."""
    known: Mapping[str, Any] = field(default_factory=dict)


def sniff(head: Head) -> bool:
    """An envelope of SQLite's plans, rows as JSON, or the shell's output."""
    text = head.text.lstrip("\ufeff \t\r\n")
    return engine_in(head) == ENGINE or ROWS.match(text) is not None or (text[:1] not in ("{", "[") and recognises(head.text))


def read(path: Path) -> Iterator[Batch]:
    """Plans and their steps."""
    explained = _explained(path)
    versions = {str(plan.known["version"]) for plan in explained if plan.known.get("version")}
    if len(versions) == 1:
        yield Manifest(tool_version=versions.pop())
    yield columns_of("plans", [_plan_row(plan_id, plan) for plan_id, plan in enumerate(explained)])
    yield columns_of("plan_nodes", [node for plan_id, plan in enumerate(explained) for node in _node_rows(path, plan_id, plan)])


def _explained(path: Path) -> list[Explained]:
    text = text_of(path, NAME)
    if text.lstrip()[:1] not in ("{", "["):
        plans = [
            Explained([(row[0], row[1], row[3]) for row in plan.rows], {"statement": plan.statement}) for plan in printed_plans(path, NAME, text)
        ]
    else:
        document = json_of(path, NAME)
        if is_envelope(document):
            plans = [_of_entry(path, number, plan) for number, plan in enumerate(entries(path, NAME, document, ENGINE))]
        else:
            plans = [Explained(_rows(path, document, "the document"))]
    if not plans or not all(plan.rows for plan in plans):
        raise refuse(path, NAME, "a plan has no rows of id, parent, notused and detail.")
    return plans


def _of_entry(path: Path, number: int, entry: Mapping[str, Any]) -> Explained:
    table_rows = entry.get("table_rows") or {}
    if not isinstance(table_rows, dict):
        raise refuse(path, NAME, f"plan {number}: its table_rows is {str(table_rows)[:40]!r}, not an object.")
    for table, rows in table_rows.items():
        non_negative(path, NAME, rows, f"plan {number}: the number of rows of {table}")
    return Explained(_rows(path, entry.get("rows"), f"plan {number}"), entry)


def _rows(path: Path, rows: Any, what: str) -> list[tuple[int, int, str]]:
    if not isinstance(rows, list):
        raise refuse(path, NAME, f"{what} has no list of rows.")
    found = []
    for number, row in enumerate(rows):
        cells = [row.get(column) for column in COLUMNS] if isinstance(row, dict) else row
        if not isinstance(cells, list) or len(cells) != len(COLUMNS) or not _is_row(cells):
            raise refuse(path, NAME, f"{what}: row {number} is {str(row)[:60]!r}, not id, parent, notused and detail.")
        found.append((cells[0], cells[1], cells[3]))
    return found


def _is_row(cells: Sequence[Any]) -> bool:
    return all(type(cell) is int and 0 <= cell < 2**31 for cell in cells[:2]) and isinstance(cells[3], str) and bool(cells[3].strip())


def _plan_row(plan_id: int, plan: Explained) -> PlanRow:
    known = plan.known
    return PlanRow(
        plan_id=plan_id,
        engine=ENGINE,
        name=known.get("name"),
        statement=known.get("statement"),
        execution_ms=known.get("execution_ms"),
        cold_ms=known.get("cold_ms"),
        details=as_details({"table_rows": known.get("table_rows"), "version": known.get("version")}),
    )


def _node_rows(path: Path, plan_id: int, plan: Explained) -> list[NodeRow]:
    """The steps below one root, since SQLite prints several outermost ones; in pre-order."""
    below: dict[int, list[int]] = {0: []}
    for position, (row_id, parent, _) in enumerate(plan.rows):
        if parent not in below:
            raise refuse(path, NAME, f"plan {plan_id}: row {position} hangs on {parent}, which no row before it is.")
        if row_id in below:
            raise refuse(path, NAME, f"plan {plan_id}: two rows have the id {row_id}; SQLite before 3.24 wrote such rows, which are no tree.")
        below[row_id] = []
        below[parent].append(position)
    nodes = [NodeRow(plan_id, 0, None, ROOT)]
    waiting = [(position, 0) for position in reversed(below[0])]
    while waiting:
        position, parent = waiting.pop()
        row_id, _, detail = plan.rows[position]
        nodes.append(step_of(detail).row(plan_id, len(nodes), parent))
        waiting += [(child, nodes[-1].node_id) for child in reversed(below[row_id])]
    return nodes
