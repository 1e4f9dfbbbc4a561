"""perfkit metric: a number with its interval."""

from __future__ import annotations

from pathlib import Path

import click

from perfkit.analyses.known_runs import Selection
from perfkit.analyses.metrics import METRICS
from perfkit.cli.output import json_option, print_json, print_table, show, workbench
from perfkit.errors import Exit

LISTING = {"metric": "left", "unit": "left", "better": "left", "subject": "left", "about": "left"}


@click.command()
@click.argument("name", required=False)
@click.option("--run", "runs", multiple=True, help="Only this run; may be repeated.")
@click.option("--label", help="Only runs with this label.")
@click.option("--subject", help="Only subjects that fit this glob, such as 'GET *'.")
@json_option
@click.pass_obj
def command(workspace: Path | None, name: str | None, runs: tuple[str, ...], label: str | None, subject: str | None, as_json: bool) -> Exit:
    """Print a metric for every subject: value, 95 % interval, n and unit. Without NAME, list the metrics.

    Over several runs the interval is Student's on the logarithms of the runs' values; within one load run it comes
    from ten stretches of time. A value without an interval says so.
    """
    if name is None:
        listing = [{"metric": m.name, "unit": m.unit, "better": m.better, "subject": m.subject, "about": m.about} for m in METRICS.values()]
        if as_json:
            print_json(listing)
        else:
            print_table(LISTING, [list(row.values()) for row in listing], empty="")
        return Exit.DONE
    measured = workbench(workspace).measure(name, Selection(run_ids=runs or None, label=label), subject)
    show(measured, as_json, empty=f"No valid run of the selection measured {name}.")
    return Exit.DONE if measured else Exit.UNDECIDED
