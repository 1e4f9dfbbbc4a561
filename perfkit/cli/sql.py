"""perfkit sql: ask the store anything."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from perfkit.cli.diagnostics import say
from perfkit.cli.output import json_option, print_json, print_table, workbench

MOST_ROWS = 1000
"""A table for people; more is for programs."""


MOST_ROWS = 1000
"""A table for people; more is for programs."""


@click.command()
@click.argument("query")
@json_option
@click.pass_obj
def command(workspace: Path | None, query: str, as_json: bool) -> None:
    """Run a query that only reads. QUERY is SQL as DuckDB speaks it, or - for standard input.

    `perfkit sql "select * from duckdb_columns() where table_name = 'requests'"` shows what the columns mean.
    """
    columns, rows = workbench(workspace).store.query(sys.stdin.read() if query == "-" else query)
    if as_json:
        print_json([dict(zip(columns, row, strict=True)) for row in rows])
    else:
        shown = [["" if cell is None else str(cell) for cell in row] for row in rows[:MOST_ROWS]]
        print_table(dict.fromkeys(columns, "left"), shown, empty="No rows.")
        if len(rows) > MOST_ROWS:
            say(f"{len(rows) - MOST_ROWS} more rows are not shown; --json prints all.")
