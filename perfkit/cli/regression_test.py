"""perfkit regression-test: a test for the user's repository that notices when the fault comes back."""

from __future__ import annotations

from pathlib import Path

import click

from perfkit.cli.diagnostics import say
from perfkit.cli.output import echo, json_option, print_json, workbench
from perfkit.packs.investigation import load_investigation


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("investigation", type=click.Path(path_type=Path))
@click.option("--into", required=True, type=click.Path(path_type=Path), metavar="REPO", help="The repository of the measured code.")
@click.option("--call", metavar="MODULE:FUNCTION", help="Test this function, called without arguments.")
@click.option("--url", help="Test this address on this machine. Default: the one of the fixed label.")
@click.option("--feature", help="Names the file. Default: the investigation's.")
@click.option("--print", "only_print", is_flag=True, help="Print the test and write nothing.")
@json_option
@click.argument("command_line", metavar="[-- COMMAND...]", nargs=-1, type=click.UNPROCESSED)
@click.pass_obj
def command(
    workspace: Path | None,
    investigation: Path,
    into: Path,
    call: str | None,
    url: str | None,
    feature: str | None,
    only_print: bool,
    as_json: bool,
    command_line: tuple[str, ...],
) -> None:
    """Write tests/performance/test_FEATURE.py from the runs of an INVESTIGATION; it needs pytest and nothing else to measure times.

    It measures the fixed label's command, function or URL again and fails when three runs in a row lie beyond what unchanged code
    does in 99 of 100 runs. Statements, model calls and tokens that became fewer are counted again by perfkit's recorder.
    """
    made = workbench(workspace).regression_test(load_investigation(investigation), into, command=command_line, call=call, url=url, feature=feature)
    if not only_print:
        made.apply()
    if as_json:
        print_json({"test": made.change.path, "written": not only_print, "left": made.left})
        return
    echo(made.text if only_print else made.change.path)
    for why in made.left:
        say(f"Left out: {why}.")
    if not only_print:
        say(f"Run it with: pytest {made.change.path}")
