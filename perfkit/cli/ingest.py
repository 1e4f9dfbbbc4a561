"""perfkit ingest: read artefacts that exist already."""

from __future__ import annotations

from pathlib import Path

import click

from perfkit.cli.diagnostics import say
from perfkit.cli.output import json_option, print_json, print_table, workbench
from perfkit.cli.progress import counting
from perfkit.ingest import label_of
from perfkit.model.run import Manifest


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--as", "as_format", metavar="FORMAT", help="Read as this format instead of looking at the content.")
@click.option("--label", help="Which variant was measured, such as baseline or optimized.")
@click.option("--investigation", help="The question that the runs belong to.")
@click.option("--system", help="The pack of the system that was measured.")
@click.option("--scenario", help="The workload that ran; only runs of one scenario are compared.")
@click.option("--commit", help="Commit of the measured code.")
@click.option("--partial", is_flag=True, help="Read the whole rows of files that were cut off; their runs are stored as not valid.")
@json_option
@click.pass_obj
def command(
    workspace: Path | None,
    paths: tuple[Path, ...],
    as_format: str | None,
    label: str | None,
    investigation: str | None,
    system: str | None,
    scenario: str | None,
    commit: str | None,
    partial: bool,
    as_json: bool,
) -> None:
    """Read artefacts; a folder is walked. The format is chosen by content. A bundle of `perfkit export --for` gives the runs that it was made of.

    All files are stored or none: one that breaks its format stores nothing. A file that is in the store already is
    reported as such and not stored twice.
    """
    stated = Manifest(label=label_of(label), investigation=investigation, system=system, scenario=scenario, commit=commit)
    with counting("reading") as progress:
        results = workbench(workspace).ingest(paths, stated, as_format, progress, partial=partial, tell=say)
    if as_json:
        print_json(results)
        return
    rows = [
        (item.run_id, item.format, "already there" if item.already_there else "stored", _rows(item.rows), Path(item.path).name) for item in results
    ]
    print_table({"run": "left", "format": "left", "": "left", "rows": "left", "file": "left"}, rows, empty="Nothing was read.")


def _rows(rows: dict[str, int]) -> str:
    return ", ".join(f"{count} {table}" for table, count in rows.items())
