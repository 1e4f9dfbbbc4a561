"""perfkit diagnose: what is wrong, worst first."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from perfkit.analyses.known_runs import Selection
from perfkit.cli.index_trials import trial_options, with_trials
from perfkit.cli.output import json_option, show, workbench

NOTHING_TO_JUDGE = "There is no valid run to look at. `perfkit runs` lists what is there and why it is not valid."


@click.command()
@click.option("--run", "runs", multiple=True, help="Only this run; may be repeated.")
@click.option("--label", help="Only the newest runs with this label.")
@click.option("--system", help="The pack whose components say which endpoint a piece of code belongs to.")
@trial_options
@json_option
@click.pass_obj
def command(workspace: Path | None, /, runs: tuple[str, ...], label: str | None, system: str | None, as_json: bool, **trials: Any) -> None:
    """Name the problems that the evidence shows: where, what they cost (measured) and what a fix should save (predicted).

    Looks at the newest run of each kind and label, unless runs are named.
    """
    bench = workbench(workspace)
    selection = with_trials(bench, Selection(run_ids=runs or None, label=label), **trials)
    findings = bench.diagnose(selection, system)
    judged = any(run.valid for run in bench.runs(selection))
    show(findings, as_json, empty="The evidence shows no problem that a rule knows." if judged else NOTHING_TO_JUDGE)
