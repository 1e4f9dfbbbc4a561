"""PostgreSQL's EXPLAIN (FORMAT JSON): one plan or several, as psql, auto_explain or perfkit collect plans leave them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from perfkit.errors import ArtefactError
from perfkit.model.artefact import Head, open_artefact
from perfkit.model.batch import Batch, columns_of
from perfkit.readers.pg_plan import check, rows_of

NAME = "pg-explain"
KIND = "plans"
TOOL = "postgresql"
ABOUT = "PostgreSQL EXPLAIN (FORMAT JSON), one plan or an array of plans with their Query Text"
BY_LINE = False


def sniff(head: Head) -> bool:
    """JSON in which a Plan with a Node Type comes early."""
    text = head.text.lstrip("\ufeff \t\r\n")
    return text[:1] in ("[", "{") and '"Plan"' in text and '"Node Type"' in text


def read(path: Path) -> Iterator[Batch]:
    """Plans and their nodes."""
    plans, nodes = [], []
    for plan_id, explained in enumerate(_explained(path)):
        plan, own = rows_of(plan_id, explained)
        plans.append(plan)
        nodes += own
    yield columns_of("plans", plans)
    yield columns_of("plan_nodes", nodes)


def _explained(path: Path) -> list[Mapping[str, Any]]:
    with open_artefact(path) as file:
        content = file.read()
    try:
        loaded = json.loads(content)
    except UnicodeDecodeError as error:
        raise ArtefactError(f"{path}: tried as {NAME}: not a text: {error.reason} at byte {error.start}.") from error
    except json.JSONDecodeError as error:
        raise ArtefactError(f"{path}: tried as {NAME}: {error.msg} in line {error.lineno}, column {error.colno}; was the file cut off?") from error
    except RecursionError as error:
        raise ArtefactError(f"{path}: tried as {NAME}: nested deeper than any plan.") from error
    listed = loaded if isinstance(loaded, list) else [loaded]
    for number, explained in enumerate(listed):
        plan = explained.get("Plan") if isinstance(explained, dict) else None
        if not isinstance(plan, dict) or "Node Type" not in plan:
            raise ArtefactError(f"{path}: tried as {NAME}: entry {number} has no Plan with a Node Type.")
        check(plan, f"{path}: tried as {NAME}: plan {number}")
    return listed
