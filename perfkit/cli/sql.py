"""perfkit sql: ask the store anything."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from perfkit.cli.output import json_option, print_records, workbench


@click.command()
@click.argument("query")
@json_option
@click.pass_obj
def command(workspace: Path | None, query: str, as_json: bool) -> None:
    """Run a query that only reads. QUERY is SQL as DuckDB speaks it, or - for standard input.

    `perfkit sql "select * from duckdb_columns() where table_name = 'requests'"` shows what the columns mean.
    """
    columns, rows = workbench(workspace).store.query(sys.stdin.read() if query == "-" else query)
    print_records(columns, rows, as_json)
