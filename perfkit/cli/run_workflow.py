"""perfkit run INVESTIGATION.yml: what a workflow says while it runs, and in the end."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from perfkit.cli.diagnostics import say
from perfkit.cli.output import echo, print_json
from perfkit.cli.progress import stepping
from perfkit.errors import Exit

if TYPE_CHECKING:
    from perfkit.workbench import Workbench


def run_workflow(bench: Workbench, path: Path, *, again: bool, timeout_s: float, as_json: bool) -> Exit:
    """All steps, the scorecard, the report."""
    from perfkit.cli.check import show_scorecard
    from perfkit.workflow import run_investigation

    with stepping(quiet_s=0) as step:
        outcome = run_investigation(bench, path, step, say, again=again, timeout_s=timeout_s)
    if as_json:
        print_json({**asdict(outcome), "exit_code": int(outcome.exit)})
    else:
        echo(f"Scorecard of {outcome.label}")
        show_scorecard(bench.pack(outcome.system), outcome.verdicts, False)
        if outcome.accuracy:
            echo(f"Accuracy: {outcome.accuracy.said}.")
        echo(f"Report: {outcome.report}")
    say(f"{len(outcome.notebooks)} executed notebooks are in {Path(outcome.notebooks[0]).parent}. Took {outcome.seconds:.0f} s.")
    return outcome.exit
