"""perfkit noise: how much runs of the same code differ."""

from __future__ import annotations

from pathlib import Path

import click

from perfkit.analyses.known_runs import Selection
from perfkit.cli.output import json_option, show, workbench


@click.command()
@click.option("--label", help="Runs of one unchanged code. Default: all runs that are alike.")
@click.option("--run", "runs", multiple=True, help="Only this run; may be repeated.")
@click.option("--metric", "metrics", multiple=True, help="Only this metric; may be repeated. Default: all that were measured.")
@json_option
@click.pass_obj
def command(workspace: Path | None, label: str | None, runs: tuple[str, ...], metrics: tuple[str, ...], as_json: bool) -> None:
    """Compute the noise floor from five or more runs of the same code, and remember it for `perfkit compare`.

    `spread` is the standard deviation between runs, relative to their mean; `visible from` is the smallest change that
    five runs a side show four times out of five.
    """
    floors = workbench(workspace).noise(Selection(run_ids=runs or None, label=label), metrics)
    show(floors, as_json, empty="")
