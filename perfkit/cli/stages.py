"""perfkit stages: which stages the time of a request or a pipeline goes to, and which of many like things are the slowest."""

from __future__ import annotations

from pathlib import Path

import click

from perfkit.cli.output import echo, json_option, print_json, show, workbench
from perfkit.errors import UsageError

NONE_LIKE = "No stage is like that. Without --like all are listed."
NO_SPANS = "{} holds no spans. Put perfkit.trace.timed on the functions that matter and record a request or a run."


@click.command()
@click.argument("name", metavar="RUN|LABEL")
@click.option("--against", metavar="LABEL", help="Compare with the runs of this label: did the stages get faster?")
@click.option("--slowest", type=click.IntRange(min=1), default=5, show_default=True, help="How many of the like things.")
@click.option("--like", metavar="GLOB", help="Which things are alike: a glob over names such as 'gate.*', or over an attribute: 'module=gdpr*'.")
@click.option("--subject", metavar="NAME", help="Only this endpoint or outermost function.")
@json_option
@click.pass_obj
def command(workspace: Path | None, /, name: str, against: str | None, slowest: int, like: str | None, subject: str | None, as_json: bool) -> None:
    """Show which stages of a traced request or pipeline take its time.

    Own time leaves nested stages out and is divided among stages that work side by side, so that all shares add up to 100 %.
    Stages are what @timed, span() and the recorder's hooks mark. `perfkit figure stages` draws them.
    """
    from perfkit.analyses.known_runs import runs_together
    from perfkit.analyses.slowest_stages import slowest_stages
    from perfkit.analyses.stages import stages
    from perfkit.figures.stage_sentences import stage_sentences

    bench = workbench(workspace)
    known = bench.runs()
    runs = runs_together(known, name, "trace")
    others = [run.run_id for run in runs_together(known, against, "trace")] if against else []
    rows = [row for row in stages(bench.store, [runs[0].run_id]) if subject in (None, row.subject)] if runs else []
    if not rows:
        raise UsageError(NO_SPANS.format(name if subject is None else f"{subject} of {name}"))
    slow = slowest_stages(bench.store, [run.run_id for run in runs], like or "*", others)[:slowest] if like or against else []
    if as_json:
        print_json({"run": runs[0], "runs": [run.run_id for run in runs], "against": others, "stages": rows, "slowest": slow})
        return
    echo(f"Stages of {runs[0].run_id}" + (f", the newest of {len(runs)} runs" if len(runs) > 1 else ""))
    show(rows, False, empty="")
    echo("\n".join(stage_sentences(rows)))
    if like or against:
        echo(f"\nSlowest{f' like {like}' if like else ''}, by the time of a call" + (f"; against is {against}" if against else ""))
        show(slow, False, empty=NONE_LIKE)
