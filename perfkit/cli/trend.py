"""perfkit trend: did it regress, and since when?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from perfkit.analyses.known_runs import Selection
from perfkit.cli.output import json_option, print_json, show, workbench
from perfkit.units import format_quantity

if TYPE_CHECKING:
    from perfkit.analyses.trend import Trend


@click.command()
@click.argument("metric")
@click.option("--subject", help="Endpoint, benchmark or whatever the metric is about. Default: all requests, or the only one.")
@click.option("--label", help="Only runs with this label.")
@click.option("--last", type=click.IntRange(min=1), help="Only the newest runs, so many.")
@json_option
@click.pass_obj
def command(workspace: Path | None, metric: str, subject: str | None, label: str | None, last: int | None, as_json: bool) -> None:
    """Find changes of level in a metric's history, and slow drifts apart from them.

    The history is made of valid runs of one machine, workload and tool setting. A change is a new level of at least
    five runs, 5 % or more away from the one before; single spikes are none.
    """
    found = workbench(workspace).trend(metric, Selection(label=label), subject, last)
    if as_json:
        print_json(found)
        return
    show(found.changes, False, empty="")
    click.echo(_summary(found))


def _summary(found: Trend) -> str:
    span = f"{len(found.points)} runs of {found.metric}, {found.subject}"
    if found.points and found.points[0].started_at and found.points[-1].started_at:
        span += f", {found.points[0].started_at:%Y-%m-%d} to {found.points[-1].started_at:%Y-%m-%d}"
    level = f"{len(found.changes)} change{'s' if len(found.changes) != 1 else ''} of level" if found.changes else "no change of level"
    left_out = f" {found.left_out} runs of another machine or workload, or not valid, are left out." if found.left_out else ""
    return f"{span}: {level}, {_creep(found)}.{left_out}"


def _creep(found: Trend) -> str:
    if found.drift is None:
        return "no drift"
    unit = "ratio" if found.drift.relative else found.unit
    over, lo, hi = (format_quantity(value, unit) for value in (found.drift.over_series, found.drift.lo, found.drift.hi))
    return f"a drift of {over} over the series (95 % interval {lo} … {hi})"
