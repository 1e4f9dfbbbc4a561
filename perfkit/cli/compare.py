"""perfkit compare: did it get faster?"""

from __future__ import annotations

from pathlib import Path

import click

from perfkit.analyses.known_runs import Selection, known_runs
from perfkit.cli.diagnostics import say
from perfkit.cli.output import json_option, show, workbench
from perfkit.errors import Exit
from perfkit.workbench import Workbench


@click.command()
@click.argument("base")
@click.argument("candidate")
@click.option("--metric", "metrics", multiple=True, help="Only this metric; may be repeated. Default: all that both sides can answer.")
@click.option("--force", is_flag=True, help="Compare runs although host, workload or tool settings differ.")
@json_option
@click.pass_obj
def command(workspace: Path | None, base: str, candidate: str, metrics: tuple[str, ...], force: bool, as_json: bool) -> Exit:
    """Compare two labels (or two runs), metric by metric.

    The run is the unit: at least three runs a side, five and more to see small changes, taken in turns. `ratio` is
    candidate over base with its 95 % interval; `visible from` is the smallest change that these runs could have shown.
    Exit code 3 when nothing could be decided.
    """
    bench = workbench(workspace)
    compared = bench.compare(_side(bench, base), _side(bench, candidate), metrics, force=force)
    show(compared, as_json, empty="")
    for why in sorted({item.why for item in compared if item.why}):
        say(f"inconclusive: {why}.")
    return Exit.UNDECIDED if all(item.verdict == "inconclusive" for item in compared) else Exit.DONE


def _side(bench: Workbench, name: str) -> Selection:
    """A label, else the beginning of a run's id."""
    runs = known_runs(bench.store)
    if name not in {run.label for run in runs} and any(run.run_id.startswith(name) for run in runs):
        return Selection(run_ids=(name,))
    return Selection(label=name)
