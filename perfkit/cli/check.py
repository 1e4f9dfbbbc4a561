"""perfkit check: all targets of a system, and the exit code."""

from __future__ import annotations

from pathlib import Path

import click

from perfkit.cli.output import json_option, show, workbench
from perfkit.errors import Exit
from perfkit.verdicts import exit_code


@click.command()
@click.option("--system", required=True, help="The pack that holds the targets: a name, or a folder with a pack.yml.")
@click.option("--label", help="Judge the runs with this label. Default: all runs of the system.")
@json_option
@click.pass_obj
def command(workspace: Path | None, system: str, label: str | None, as_json: bool) -> Exit:
    """Judge all targets of a system: the scorecard.

    A target is met only if the upper bound of its value is below the limit, missed if the lower bound is not.
    Exit code 0: all met. 1: one is missed. 3: none is missed, but not all are decided.
    """
    verdicts = workbench(workspace).check(system, label)
    show(verdicts, as_json, empty=f"The pack {system} has no targets.")
    return exit_code(verdicts)
