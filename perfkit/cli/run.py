"""perfkit run: notebooks, one after another, by papermill."""

from __future__ import annotations

from pathlib import Path

import click

from perfkit.cli.output import json_option, print_json, print_table, workbench
from perfkit.cli.progress import stepping
from perfkit.errors import UsageError


@click.command()
@click.argument("notebooks", nargs=-1, required=True)
@click.option("-p", "--parameter", "parameters", type=(str, str), multiple=True, metavar="NAME VALUE", help="Set a parameter; may be repeated.")
@click.option("--timeout", "timeout_s", type=click.FloatRange(min=1), default=1800.0, show_default=True, help="Seconds for each notebook.")
@json_option
@click.pass_obj
def command(workspace: Path | None, notebooks: tuple[str, ...], parameters: tuple[tuple[str, str], ...], timeout_s: float, as_json: bool) -> None:
    """Run NOTEBOOKS (names or paths) with papermill and keep the executed ones in reports/notebooks.

    Parameters are checked against the notebook's parameters cell before a kernel starts; unknown names are refused.
    Exit code 6 when a notebook fails, runs out of time or loses its kernel.
    """
    bench = workbench(workspace)
    given = _unique(parameters)
    with stepping() as step:
        executed = bench.run_notebooks(notebooks, given, timeout_s=timeout_s, progress=step)
    if as_json:
        print_json(executed)
        return
    rows = [(item.notebook, f"{item.seconds:.1f} s", str(item.output)) for item in executed]
    print_table({"notebook": "left", "took": "right", "executed notebook": "left"}, rows, empty="")


def _unique(parameters: tuple[tuple[str, str], ...]) -> dict[str, str]:
    given: dict[str, str] = {}
    for name, value in parameters:
        if name in given:
            raise UsageError(f"The parameter {name!r} is given twice: {given[name]!r} and {value!r}.")
        given[name] = value
    return given
