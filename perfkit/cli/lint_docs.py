"""perfkit lint-docs: the rules that documents keep, and whether they read well."""

from __future__ import annotations

from pathlib import Path

import click

from perfkit.cli.diagnostics import say
from perfkit.cli.output import json_option, print_json, print_table
from perfkit.errors import Exit
from perfkit.report.lint import documents, lint, readability


@click.command(name="lint-docs")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--strict", is_flag=True, help="Warnings fail as well.")
@json_option
def command(paths: tuple[Path, ...], strict: bool, as_json: bool) -> Exit:
    """Check markdown documents: at most 700 lines, no heading level left out, footnotes that exist. A folder is walked.

    Warnings are about reading: no answer in the first lines, empty sections, sections that are lists, sentences with a
    hole, numbers without unit, empty columns, many diagrams. Exit code 1 on errors; with --strict on warnings, too.
    """
    found = documents(list(paths))
    remarks = [remark for path in found for remark in (*lint(path), *readability(path))]
    if as_json:
        print_json(remarks)
    elif remarks:
        print_table(
            {"place": "left", "level": "left", "": "left"}, [(f"{item.path}:{item.line}", item.level, item.message) for item in remarks], empty=""
        )
    errors = sum(item.level == "error" for item in remarks)
    say(f"{_counted(len(found), 'document')}, {_counted(errors, 'error')}, {_counted(len(remarks) - errors, 'warning')}.")
    return Exit.MISSED if errors or (strict and remarks) else Exit.DONE


def _counted(many: int, what: str) -> str:
    return f"{many} {what}{'' if many == 1 else 's'}"
