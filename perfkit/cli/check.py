"""perfkit check: all targets of a system, and the exit code."""

from __future__ import annotations

from pathlib import Path

import click

from perfkit.analyses.known_runs import Selection
from perfkit.cli.diagnostics import say
from perfkit.cli.output import json_option, show, workbench
from perfkit.errors import Exit
from perfkit.verdicts import exit_code, newest_label


@click.command()
@click.option("--system", required=True, help="The pack that holds the targets: a name, or a folder with a pack.yml.")
@click.option("--label", help="Judge the runs with this label. Default: the newest label of the system.")
@json_option
@click.pass_obj
def command(workspace: Path | None, system: str, label: str | None, as_json: bool) -> Exit:
    """Judge all targets of a system: the scorecard.

    A target is met only if the upper bound of its value is below the limit, missed if the lower bound is not.
    Exit code 0: all met. 1: one is missed. 3: none is missed, but not all are decided.
    """
    bench = workbench(workspace)
    name = bench.pack(system).name
    judged = label or newest_label(bench.runs(Selection(system=name)))
    verdicts = bench.check(system, judged)
    runs = bench.runs(Selection(system=name, label=judged))
    if judged != label:
        say(f"note: judged {judged}, the newest label of {name}; --label names another one.")
    unstated = sum(run.system is None for run in runs)
    if unstated:
        say(f"note: {unstated} of {len(runs)} runs state no system and count for {name}; ingest and collect take --system.")
    show(verdicts, as_json, empty=f"The pack {system} has no targets.")
    return exit_code(verdicts)
