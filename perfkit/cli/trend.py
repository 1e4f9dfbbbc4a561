"""perfkit trend: did it regress, and since when?"""

from __future__ import annotations

from pathlib import Path

import click

from perfkit.analyses.known_runs import Selection
from perfkit.cli.output import echo, json_option, print_json, show, workbench


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
    from perfkit.figures.sentences import change_sentences, trend_sentence

    if found.changes:
        show(found.changes, False, empty="")
    echo("\n".join([trend_sentence(found), *change_sentences(found)]))
