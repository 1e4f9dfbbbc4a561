"""A notebook file → its cells, without any tool of Jupyter."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from perfkit.errors import UsageError


def cells_of(path: Path) -> list[dict[str, Any]]:
    """All cells of a notebook, or the error that it is none."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"The notebook {path} cannot be read: {error.strerror or error}.") from error
    except ValueError as error:
        raise UsageError(f"{path} is no notebook: {error}.") from error
    cells = content.get("cells") if isinstance(content, dict) else None
    if not isinstance(cells, list):
        raise UsageError(f"{path} is no notebook of version 4: it has no cells.")
    wrong = next((number for number, cell in enumerate(cells, start=1) if not _is_cell(cell)), None)
    if wrong is not None:
        raise UsageError(f"{path} is no notebook of version 4: its cell {wrong} has no source, or metadata that is none.")
    return cells


def _is_cell(cell: Any) -> bool:
    """As far as it is read before Jupyter's tools look at it."""
    if not isinstance(cell, dict) or not isinstance(metadata := cell.get("metadata", {}), dict):
        return False
    source, tags = cell.get("source", ""), metadata.get("tags", [])
    return isinstance(tags, list) and (isinstance(source, str) or (isinstance(source, list) and all(isinstance(line, str) for line in source)))


def source_of(cell: Mapping[str, Any]) -> str:
    """What stands in a cell."""
    return "".join(cell.get("source", ""))


def heading_of(cell: Mapping[str, Any]) -> str | None:
    """The last heading of a markdown cell."""
    if cell.get("cell_type") != "markdown":
        return None
    lines = [line.lstrip("#").strip() for line in source_of(cell).splitlines() if line.startswith("#")]
    return lines[-1] if lines else None


def sources_of(path: Path) -> list[str]:
    """What stands in the cells: equal for equal work, whatever outputs are there."""
    return [source_of(cell) for cell in cells_of(path) if cell.get("cell_type") == "code"]
