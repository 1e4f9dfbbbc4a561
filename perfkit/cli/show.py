"""perfkit show: one run."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from perfkit.analyses.known_runs import Selection
from perfkit.cli.output import json_option, print_json, print_table, workbench


@click.command()
@click.argument("run")
@json_option
@click.pass_obj
def command(workspace: Path | None, run: str, as_json: bool) -> None:
    """Show one run: where it came from and what it holds. RUN is an id or its beginning."""
    bench = workbench(workspace)
    found = bench.runs(Selection(run_ids=(run,)))[0]
    facts = {**asdict(found), "rows": bench.store.rows_of(found.run_id)}
    if as_json:
        print_json(facts)
        return
    rows = [(name, _text(value)) for name, value in facts.items() if value not in (None, "", {})]
    print_table({"": "left", found.run_id: "left"}, rows, empty="")


def _text(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{count} {table}" for table, count in value.items())
    return str(value)
