"""Index trials of `perfkit diagnose --try-indexes`: one JSON document, one row an index and statement."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perfkit.model.artefact import Head
from perfkit.model.batch import Batch, columns_of
from perfkit.readers.parts.measured import document_of, finite, keyed, listed, worded
from perfkit.readers.parts.parsing import refuse, whole_amount
from perfkit.trace.fingerprint import describe

NAME = "index-trials"
KIND = "trials"
TOOL = "perfkit.index_trials"
ABOUT = "indexes tried by `perfkit diagnose --try-indexes`, JSON"
BY_LINE = False

FORM = 1
MOST = 2**31
TEXTS = ("relation", "definition", "statement")
OPTIONAL_TEXTS = ("plan_run_id", "refused")
COUNTS = ("trial", "plan_id", "node_id")
AMOUNTS = ("cost_before", "cost_after", "before_ms", "after_ms", "build_ms", "bytes", "table_bytes", "write_cost")


@dataclass(frozen=True, slots=True)
class TrialRow:
    """A row of index_trials."""

    trial: int
    relation: str
    definition: str
    columns: list[str]
    statement: str
    fingerprint: str
    plan_run_id: str | None
    plan_id: int | None
    node_id: int | None
    used: bool
    on_copy: bool
    cost_before: float | None
    cost_after: float | None
    before_ms: float | None
    after_ms: float | None
    build_ms: float | None
    bytes: float | None
    table_bytes: float | None
    write_cost: float | None
    refused: str | None


def sniff(head: Head) -> bool:
    """The first key."""
    return bool(re.match(r'\s*\{\s*"perfkit_index_trials":\s*\d', head.text.lstrip("\ufeff")))


def read(path: Path) -> Iterator[Batch]:
    """Every trial."""
    document = document_of(path, NAME)
    if document.get("perfkit_index_trials") != FORM:
        raise refuse(path, NAME, f"form {document.get('perfkit_index_trials')!r}; known is form {FORM}.")
    listing = listed(path, NAME, document.get("trials"), "trials")
    on_copy = document.get("on_copy", False) is True
    yield columns_of("index_trials", [_row(path, keyed(path, NAME, item, f"trial {number}"), on_copy) for number, item in enumerate(listing)])


def _row(path: Path, item: Mapping[str, Any], on_copy: bool) -> TrialRow:
    values: dict[str, Any] = {name: worded(path, NAME, item.get(name), name) for name in TEXTS}
    values |= {name: None if item.get(name) is None else worded(path, NAME, item[name], name) for name in OPTIONAL_TEXTS}
    values |= {name: None if item.get(name) is None else finite(path, NAME, item[name], name) for name in AMOUNTS}
    counts = {name: None if item.get(name) is None else whole_amount(path, NAME, item[name]) for name in COUNTS}
    if counts["trial"] is None or any(count is not None and count >= MOST for count in counts.values()):
        raise refuse(path, NAME, "trial, plan_id or node_id is no number of a row.")
    if not isinstance(item.get("used"), bool):
        raise refuse(path, NAME, f"used is {str(item.get('used'))[:40]!r}, not true or false.")
    columns = [worded(path, NAME, column, "a column") for column in listed(path, NAME, item.get("columns"), "columns")]
    values |= counts | {"columns": columns, "used": item["used"], "on_copy": on_copy}
    return TrialRow(fingerprint=describe(values["statement"])[1], **values)
