"""perfkit runs: what is in the store."""

from __future__ import annotations

from pathlib import Path

import click

from perfkit.analyses.known_runs import Selection
from perfkit.cli.output import json_option, show, workbench

NONE_SUCH = "No run is like that. `perfkit runs` lists all."


@click.command()
@click.option("--label", help="Only runs with this label.")
@click.option("--kind", help="Only runs of this kind: load, bench, sweep, profile, plans, trace.")
@click.option("--system", help="Only runs of this system.")
@json_option
@click.pass_obj
def command(workspace: Path | None, label: str | None, kind: str | None, system: str | None, as_json: bool) -> None:
    """List the runs in the store, newest first."""
    runs = workbench(workspace).runs(Selection(label=label, kind=kind, system=system))
    asked = any((label, kind, system))
    show(runs, as_json, empty=NONE_SUCH if asked else "The store has no runs yet. `perfkit demo` or `perfkit ingest FILE` puts some in.")
