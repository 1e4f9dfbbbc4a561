"""perfkit memory: what a program's memory is for, what grows, and whether it leaks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from perfkit.cli.output import echo, json_option, print_json, print_table, workbench

MOST = 12


@click.command()
@click.argument("name", metavar="RUN|LABEL")
@click.option("--rows", "most", type=click.IntRange(min=1), default=MOST, show_default=True, help="Rows of each table.")
@json_option
@click.pass_obj
def command(workspace: Path | None, name: str, most: int, as_json: bool) -> None:
    """Say what the memory of a run is for, what grows, and whether it leaks.

    Of a label the newest run of every tool is taken: memray knows the peak, tracemalloc the places and objects the types that
    grow, mprof the size of the process over time. `perfkit figure memory` draws it.
    """
    found = workbench(workspace).memory(name)
    if as_json:
        print_json({"verdict": found.verdict, **{part: getattr(found, part) for part in ("runs", "peak", "sites", "types", "series", "copies")}})
        return
    from perfkit.figures.memory_sentences import memory_sentences
    from perfkit.figures.tables import table

    grown = [row for row in found.sites if row.last != row.first or row.verdict != "flat"]
    more = [row for row in found.types if row.objects_last != row.objects_first or row.verdict != "flat"]
    parts: dict[str, Sequence[Any]] = {
        "Held" if all(row.held for row in found.peak) else "Allocated, given back or not": found.peak,
        "Growth by place": grown,
        "Growth by type": more,
        "Over time": found.series,
        "Copies and short-lived memory": found.copies,
    }
    for heading, rows in parts.items():
        if rows:
            echo(heading)
            shown = table(rows, most=most)
            print_table(shown.columns, shown.rows, empty="")
    echo("\n".join(memory_sentences(found)))
