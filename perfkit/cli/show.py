"""perfkit show: one run."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from perfkit.analyses.known_runs import Selection
from perfkit.analyses.run_facts import run_facts
from perfkit.cli.output import json_option, print_json, print_table, workbench
from perfkit.units import format_quantity


@click.command()
@click.argument("run")
@json_option
@click.pass_obj
def command(workspace: Path | None, run: str, as_json: bool) -> None:
    """Show one run: where it came from and what it holds. RUN is an id or its beginning."""
    bench = workbench(workspace)
    found = bench.runs(Selection(run_ids=(run,)))[0]
    measured = {fact.stat: fact for fact in run_facts(bench.store, [found.run_id])}
    facts = {**asdict(found), "rows": bench.store.rows_of(found.run_id), "facts": {stat: fact.value for stat, fact in measured.items()}}
    if as_json:
        print_json(facts)
        return
    rows = [(name, _text(value)) for name, value in facts.items() if name != "facts" and value not in (None, "", {})]
    rows += [(stat, format_quantity(fact.value, fact.unit)) for stat, fact in measured.items()]
    print_table({"": "left", found.run_id: "left"}, rows, empty="")


def _text(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{count} {table}" for table, count in value.items())
    return str(value)
