"""perfkit regression-test: a test for the user's repository that notices when the fault comes back."""

from __future__ import annotations

import re
from pathlib import Path

import click

from perfkit.cli.diagnostics import say
from perfkit.cli.output import echo, json_option, print_json, workbench
from perfkit.errors import UsageError
from perfkit.packs.investigation import load_investigation

FUNCTION = re.compile(r"[^\W\d][\w.]*:[^\W\d][\w.]*")


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("investigation", type=click.Path(path_type=Path))
@click.option("--into", required=True, type=click.Path(path_type=Path), metavar="REPO", help="The repository of the measured code.")
@click.option("--call", metavar="MODULE:FUNCTION", help="Test this function, called without arguments.")
@click.option("--url", help="Test this address on this machine.")
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

    It measures the fixed label's command or URL again, or the one given here, and fails when three runs in a row lie beyond what unchanged code
    does in 99 of 100 runs. Statements, model calls and tokens that became fewer are counted again by perfkit's recorder.
    """
    from perfkit.packs.addresses import is_here
    from perfkit.report.work import Work

    if url is not None and not is_here(url):
        raise UsageError(f"{url!r} is not on this machine. A test loads only a service at http://127.0.0.1:PORT.")
    if call is not None and not FUNCTION.fullmatch(call):
        raise UsageError(f"--call {call!r} names no function. Write MODULE:FUNCTION, such as shop.search:find.")
    given = Work(command_line, call, url) if command_line or call or url else None
    made = workbench(workspace).regression_test(load_investigation(investigation), into, given, feature)
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
