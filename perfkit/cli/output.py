"""stdout is data: a table for people or one JSON document for programs, both from the same rows."""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, is_dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from perfkit.printable import escaped, printable_lines

if TYPE_CHECKING:
    from perfkit.workbench import Workbench


WIDTH_WITHOUT_TERMINAL = 200
OBEYED = {"FORCE_COLOR", "TTY_COMPATIBLE"}
"""Rich colours for these, also without a terminal."""
GAP = "   "
ALIGNED = {"left": "<", "right": ">", "center": "^"}
MOST_ROWS = 1000
"""A table for people; more is for programs."""
GOOD, BAD, OPEN, QUIET = "green", "bold red", "yellow", "dim"
VERDICT_STYLES = {"met": GOOD, "faster": GOOD, "missed": BAD, "slower": BAD, "inconclusive": OPEN, "no_data": QUIET, "same": QUIET}

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of a table.")


def workbench(workspace: Path | None) -> Workbench:
    """The workbench that the global options mean."""
    from perfkit.workbench import open_workbench

    return open_workbench(workspace)


def echo(text: object, *, err: bool = False) -> None:
    """Words; whatever names from artefacts they hold, none of them steers the terminal."""
    click.echo(printable_lines(str(text)), err=err)


def print_json(document: Any) -> None:
    """One document, keys as they are, numbers unrounded."""
    click.echo(escaped(json.dumps(_plain(document), indent=1, ensure_ascii=False)))


def print_table(columns: Mapping[str, str], rows: Sequence[Sequence[str]], *, empty: str) -> None:
    """A table; columns map a heading to its justification. Verdicts are coloured."""
    if not rows:
        echo(empty)
        return
    shown = [[printable_lines(cell) for cell in row] for row in rows]
    plain = None if sys.stdout.isatty() or OBEYED & os.environ.keys() else plain_table(columns, shown)
    if plain is None or not (sys.stdout.encoding or "").lower().startswith("utf"):
        _print_rich(columns, shown)
    else:
        click.echo(plain)


def plain_table(columns: Mapping[str, str], rows: Sequence[Sequence[str]]) -> str | None:
    """What rich prints without a terminal, to the letter, without rich's start; None where it would have to measure letters or fold cells."""
    table = [[*columns], *rows]
    if not all(cell.isascii() and cell == cell.rstrip() and "\n" not in cell and "\t" not in cell for row in table for cell in row):
        return None
    widths = [max(map(len, cells)) for cells in zip(*table, strict=True)]
    rule = " " + "\u2500" * (sum(widths) + len(GAP) * (len(widths) - 1)) + " "
    if len(rule) > WIDTH_WITHOUT_TERMINAL:
        return None
    sides = [ALIGNED[justify] for justify in columns.values()]
    heading, *lines = (f" {GAP.join(f'{cell:{side}{size}}' for cell, side, size in zip(row, sides, widths, strict=True))} " for row in table)
    blank = " " * len(rule)
    return "\n".join([blank, heading, rule, *lines, blank])


def _print_rich(columns: Mapping[str, str], rows: Sequence[Sequence[str]]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for heading, justify in columns.items():
        table.add_column(heading, justify=justify, overflow="fold")  # type: ignore[arg-type]
    for row in rows:
        table.add_row(*(Text(cell, style=VERDICT_STYLES.get(cell, "")) for cell in row))
    console = Console(width=None if sys.stdout.isatty() else WIDTH_WITHOUT_TERMINAL, highlight=False)
    console.print(table)


def print_records(columns: Sequence[str], rows: Sequence[Sequence[Any]], as_json: bool) -> None:
    """The answer of a query."""
    if as_json:
        print_json([dict(zip(columns, row, strict=True)) for row in rows])
        return
    shown = [["" if cell is None else str(cell) for cell in row] for row in rows[:MOST_ROWS]]
    print_table(dict.fromkeys(columns, "left"), shown, empty="No rows.")
    if len(rows) > MOST_ROWS:
        echo(f"{len(rows) - MOST_ROWS} more rows are not shown; --json prints all.", err=True)


def show(rows: Sequence[Any], as_json: bool, *, empty: str) -> None:
    """The same rows either way."""
    if as_json:
        print_json(rows)
        return
    from perfkit.figures.tables import table

    view = table(rows)
    print_table(view.columns, view.rows, empty=empty)


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return _plain(asdict(value))
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return _plain(value._asdict())
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str | int | float | bool) or value is None:
        return value
    return str(value)
