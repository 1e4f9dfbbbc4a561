"""perfkit check: all targets of a system, findings that are new, and the exit code."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from perfkit.analyses.known_runs import Selection
from perfkit.cli.diagnostics import say
from perfkit.cli.output import json_option, print_json, show, workbench
from perfkit.errors import Exit, UsageError
from perfkit.model.verdict import Verdict
from perfkit.verdicts import exit_code


@click.command()
@click.option("--system", help="The pack that holds the targets: a name, or a folder with a pack.yml.")
@click.option("--label", help="Judge the runs with this label. Default: all runs of the system.")
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
    verdicts = workbench(workspace).check(system, label) if system else []
    if new_only:
        return _new_findings(workspace, system, label, verdicts, as_json)
    show(verdicts, as_json, empty=f"The pack {system} has no targets.")
    return exit_code(verdicts)


def _new_findings(workspace: Path | None, system: str | None, label: str | None, verdicts: Sequence[Verdict], as_json: bool) -> Exit:
    bench, selection = workbench(workspace), Selection(label=label, system=system)
    judged = any(run.valid for run in bench.runs(selection))
    findings = bench.new_findings(selection, system)
    if as_json:
        print_json({"verdicts": verdicts, "new_findings": findings} if system else findings)
    else:
        if system:
            show(verdicts, False, empty=f"The pack {system} has no targets.")
        show(findings, False, empty="No finding is new." if judged else "There is no valid run to look at.")
    if not judged:
        say("perfkit: there is no valid run to look at, so nothing is decided. `perfkit runs` lists what is there.")
    targets = exit_code(verdicts) if system else Exit.DONE
    if findings or targets is Exit.MISSED:
        return Exit.MISSED
    return targets if judged else Exit.UNDECIDED
