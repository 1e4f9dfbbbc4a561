"""perfkit compare: did it get faster?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from perfkit.analyses.known_runs import Selection, known_runs
from perfkit.cli.diagnostics import say
from perfkit.cli.output import json_option, show, workbench
from perfkit.errors import Exit
from perfkit.workbench import Workbench

MOST_NAMED = 6
"""Subjects of one side; more do not fit a line."""


@click.command()
@click.argument("base")
@click.argument("candidate")
@click.option("--metric", "metrics", multiple=True, help="Only this metric; may be repeated. Default: all that both sides can answer.")
@click.option("--accuracy", metavar="METRIC|COMMAND", help="What must not get worse: a metric, or a command that exits 0; {label} is the side.")
@click.option("--force", is_flag=True, help="Compare runs although host, workload or tool settings differ.")
@json_option
@click.pass_obj
def command(workspace: Path | None, base: str, candidate: str, metrics: tuple[str, ...], accuracy: str | None, force: bool, as_json: bool) -> Exit:
    """Compare two labels (or two runs), metric by metric.

    The run is the unit: at least three runs a side, five and more to see small changes, taken in turns. `ratio` is
    candidate over base with its 97.5 % interval; `visible from` is the smallest change that these runs could have shown,
    with the noise floor that `perfkit noise` measured where there is one. Of many subjects some differ by chance, so
    all that are tested together are adjusted for it.

    A command given as --accuracy runs once a side; where its last line ends in a number, a smaller one is worse.
    Without --accuracy the newest check counts that an investigation has done of both labels, where there is one.
    Nothing counts as faster when the accuracy got worse: the exit code is 1 then. Exit code 3: nothing was decided.
    """
    bench = workbench(workspace)
    sides = _side(bench, base), _side(bench, candidate)
    compared = bench.compare(*sides, metrics, force=force)
    check = bench.accuracy(accuracy, (base, candidate), sides) if accuracy else bench.known_accuracy(base, candidate)
    shown = bench.withheld(compared, check) if check else compared
    show(shown, as_json, empty="")
    alone = [_alone(name, subjects) for name, subjects in zip((base, candidate), bench.one_sided(*sides, metrics), strict=True) if subjects]
    if alone:
        say(f"note: not compared: {'; '.join(alone)}.")
    for note in bench.cautions(*sides):
        say(f"note: {note}.")
    for why in sorted({item.why for item in shown if item.why}):
        say(f"inconclusive: {why}.")
    if check and not check.held:
        say(f"accuracy: {check.said}.")
        return Exit.MISSED
    return Exit.UNDECIDED if all(item.verdict == "inconclusive" for item in shown) else Exit.DONE


def _alone(name: str, subjects: Sequence[str]) -> str:
    more = f" and {len(subjects) - MOST_NAMED} more" if len(subjects) > MOST_NAMED else ""
    return f"only {name} has {', '.join(subjects[:MOST_NAMED])}{more}"


def _side(bench: Workbench, name: str) -> Selection:
    """A label, else the beginning of a run's id."""
    runs = known_runs(bench.store)
    if name not in {run.label for run in runs} and any(run.run_id.startswith(name) for run in runs):
        return Selection(run_ids=(name,))
    return Selection(label=name)
