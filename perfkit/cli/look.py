"""perfkit look: what do these files hold?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from perfkit.cli.output import json_option, print_json, print_records, print_table, show, workbench
from perfkit.cli.progress import counting

if TYPE_CHECKING:
    from perfkit.ingest import Looked


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--as", "as_format", metavar="FORMAT", help="Read as this format instead of looking at the content.")
@click.option("--sql", "query", help="Ask the files in SQL, with the tables of the store.")
@json_option
@click.pass_obj
def command(workspace: Path | None, paths: tuple[Path, ...], as_format: str | None, query: str | None, as_json: bool) -> None:
    """Read artefacts, say what they hold, and forget them: nothing is stored.

    Load tests with requests show their latency; what speaks against judging them is named. With --sql the answer of the query is
    printed instead; run_id tells the files apart, from 0 in the order given.
    """
    from perfkit.analyses.latency import latency

    with counting("reading") as progress, workbench(workspace).looking(paths, as_format, progress, query) as (rows, files):
        if query:
            print_records(*rows.query(query), as_json)
            return
        times = latency(rows, [file.run_id for file in files])
    if as_json:
        print_json({"files": files, "latency": times})
        return
    listed = [(file.run_id, file.format, _held(file.rows), _doubts(file), Path(file.path).name) for file in files]
    print_table({"": "right", "format": "left", "rows": "left", "doubts": "left", "file": "left"}, listed, empty="")
    for run_id in dict.fromkeys(row.run_id for row in times):
        show([row for row in times if row.run_id == run_id], False, empty="")


def _held(rows: dict[str, int]) -> str:
    return ", ".join(f"{count} {table}" for table, count in rows.items())


def _doubts(file: Looked) -> str:
    warm_up = f"warm-up until {file.steady_from:%H:%M:%S}, which does not count once stored" if file.steady_from else None
    return "; ".join(filter(None, (file.invalid_because, warm_up))) or "–"
