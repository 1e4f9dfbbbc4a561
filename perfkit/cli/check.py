"""perfkit check: all targets of a system, findings that are new, and the exit code."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from perfkit.analyses.known_runs import Selection
from perfkit.cli.diagnostics import say
from perfkit.cli.output import json_option, print_json, show, workbench
from perfkit.errors import Exit, UsageError
from perfkit.verdicts import exit_code, newest_label

if TYPE_CHECKING:
    from perfkit.model.finding import Finding
    from perfkit.model.verdict import Verdict


@click.command()
@click.option("--system", help="The pack that holds the targets: a name, or a folder with a pack.yml.")
@click.option("--label", help="Judge the runs with this label. Default: the newest label of the system.")
@click.option("--new-only", is_flag=True, help="Fail on findings that nobody has accepted; with --system judge its targets as well.")
@json_option
@click.pass_obj
def command(workspace: Path | None, system: str | None, label: str | None, new_only: bool, as_json: bool) -> Exit:
    """Judge all targets of a system: the scorecard.

    A target is met only if the upper bound of its value is below the limit, missed if the lower bound is not.
    Exit code 0: all met. 1: one is missed, or with --new-only a finding is new. 3: none is missed, but not all are decided.
    """
    if system is None and not new_only:
        raise UsageError("Name the system whose targets to judge with --system, or ask with --new-only for findings that nobody has accepted.")
    bench = workbench(workspace)
    name = bench.pack(system).name if system else None
    judged = label or newest_label(bench.runs(Selection(system=name)))
    verdicts = bench.check(system, judged) if system else []
    selection = Selection(system=name, label=judged)
    runs = bench.runs(selection)
    if judged != label:
        say(f"note: judged {judged}, the newest label{f' of {name}' if name else ''}; --label names another one.")
    unstated = sum(run.system is None for run in runs)
    if name and unstated:
        say(f"note: {unstated} of {len(runs)} runs state no system and count for {name}; ingest and collect take --system.")
    if new_only:
        return _with_findings(verdicts if system else None, bench.new_findings(selection, system), any(run.valid for run in runs), as_json)
    show(verdicts, as_json, empty=f"The pack {system} has no targets.")
    return exit_code(verdicts)


def _with_findings(verdicts: Sequence[Verdict] | None, findings: Sequence[Finding], judged: bool, as_json: bool) -> Exit:
    """Prints both; verdicts are None where no system was named."""
    if as_json:
        print_json(findings if verdicts is None else {"verdicts": verdicts, "new_findings": findings})
    else:
        if verdicts is not None:
            show(verdicts, False, empty="The pack has no targets.")
        show(findings, False, empty="No finding is new." if judged else "There is no valid run to look at.")
    if not judged:
        say("perfkit: there is no valid run to look at, so nothing is decided. `perfkit runs` lists what is there.")
    targets = exit_code(verdicts) if verdicts is not None else Exit.DONE
    if findings or targets is Exit.MISSED:
        return Exit.MISSED
    return targets if judged else Exit.UNDECIDED
