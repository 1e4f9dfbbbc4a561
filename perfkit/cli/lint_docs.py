"""perfkit lint-docs: the rules that documents keep."""

from __future__ import annotations

from pathlib import Path

import click

from perfkit.cli.diagnostics import say
from perfkit.cli.output import json_option, print_json, print_table
from perfkit.errors import Exit
from perfkit.report.lint import documents, lint


@click.command(name="lint-docs")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@json_option
def command(paths: tuple[Path, ...], as_json: bool) -> Exit:
    """Check markdown documents: at most 700 lines, no heading level left out, footnotes that exist. A folder is walked."""
    found = documents(list(paths))
    remarks = [remark for path in found for remark in lint(path)]
    if as_json:
        print_json(remarks)
    elif remarks:
        print_table({"place": "left", "": "left"}, [(f"{item.path}:{item.line}", item.message) for item in remarks], empty="")
    say(f"{len(found)} document{'s' if len(found) != 1 else ''}, {len(remarks)} remark{'s' if len(remarks) != 1 else ''}.")
    return Exit.MISSED if remarks else Exit.DONE
