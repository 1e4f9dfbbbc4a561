"""perfkit demo: the whole path on the sample application."""

from __future__ import annotations

from pathlib import Path

import click

from perfkit.cli.diagnostics import say
from perfkit.cli.output import echo, json_option, print_json, print_table, workbench
from perfkit.cli.progress import stepping
from perfkit.errors import Exit


@click.command()
@json_option
@click.pass_obj
def command(workspace: Path | None, as_json: bool) -> Exit:
    """Measure the sample application, slow and fixed, and write a report.

    Starts a small persona-research service with PostgreSQL, Redis and a stand-in for a language model, all on this
    machine; collects load, traces, profiles and plans of both variants; runs the notebooks; and ends with the scorecard
    and the path of the archived report. Takes about three minutes on two cores.
    """
    from perfkit.figures.tables import table
    from perfkit.walkthrough import walk

    with stepping(quiet_s=0) as step:
        outcome = walk(workbench(workspace), step)
    wrong = [item for item in outcome.checked if not item.agrees]
    if as_json:
        print_json(
            {"report": outcome.report, "seconds": outcome.seconds, "scorecards": outcome.scorecards, "notebooks": outcome.notebooks, "wrong": wrong}
        )
    else:
        for label, verdicts in outcome.scorecards.items():
            echo(f"Scorecard of {label}")
            view = table(verdicts)
            print_table(view.columns, view.rows, empty="")
        echo(f"Report: {outcome.report}")
    say(f"{len(outcome.checked) - len(wrong)} of {len(outcome.checked)} numbers of the report agree with the store. Took {outcome.seconds:.0f} s.")
    return Exit.MISSED if wrong else Exit.DONE
