"""perfkit run: notebooks, one after another, by papermill; or all steps of an investigation."""

from __future__ import annotations

from pathlib import Path

import click

from perfkit.cli.output import json_option, print_json, print_table, workbench
from perfkit.cli.progress import stepping
from perfkit.cli.run_workflow import run_workflow
from perfkit.errors import Exit, UsageError

INVESTIGATION = (".yml", ".yaml")


@click.command()
@click.argument("notebooks", nargs=-1, required=True, metavar="NOTEBOOK...|INVESTIGATION.yml")
@click.option("-p", "--parameter", "parameters", type=(str, str), multiple=True, metavar="NAME VALUE", help="Set a parameter; may be repeated.")
@click.option("--timeout", "timeout_s", type=click.FloatRange(min=1), default=1800.0, show_default=True, help="Seconds for each notebook.")
@click.option("--again", is_flag=True, help="Of an investigation: do every step anew, also those that were finished before.")
@json_option
@click.pass_obj
def command(
    workspace: Path | None, notebooks: tuple[str, ...], parameters: tuple[tuple[str, str], ...], timeout_s: float, again: bool, as_json: bool
) -> Exit:
    """Run notebooks (names or paths), or the steps of an INVESTIGATION file, with papermill.

    Parameters are checked against the notebook's parameters cell before a kernel starts; unknown names are refused.
    Executed notebooks are kept in reports/notebooks, those of an investigation in reports/NAME.

    An investigation goes on where it stopped: steps that were finished are skipped unless their parameters have changed,
    or --again is given. It ends in the scorecard and the report, with the exit code of `perfkit check`: 1 when a target
    is missed, 3 when not all are decided. Exit code 6 when a notebook fails, runs out of time or loses its kernel.
    """
    bench = workbench(workspace)
    if any(name.endswith(INVESTIGATION) for name in notebooks):
        return run_workflow(bench, _the_only_file(notebooks, parameters), again=again, timeout_s=timeout_s, as_json=as_json)
    if again:
        raise UsageError("--again belongs to an investigation file; a notebook always runs anew.")
    given = _unique(parameters)
    with stepping() as step:
        executed = bench.run_notebooks(notebooks, given, timeout_s=timeout_s, progress=step)
    if as_json:
        print_json(executed)
        return Exit.DONE
    rows = [(item.notebook, f"{item.seconds:.1f} s", str(item.output)) for item in executed]
    print_table({"notebook": "left", "took": "right", "executed notebook": "left"}, rows, empty="")
    return Exit.DONE


def _the_only_file(names: tuple[str, ...], parameters: tuple[tuple[str, str], ...]) -> Path:
    if len(names) > 1:
        raise UsageError(f"An investigation is run alone, not together with others: {', '.join(names)}. Run one after another.")
    if parameters:
        raise UsageError(f"The parameters of an investigation stand in its steps: write {parameters[0][0]} there, in {names[0]}.")
    return Path(names[0])


def _unique(parameters: tuple[tuple[str, str], ...]) -> dict[str, str]:
    given: dict[str, str] = {}
    for name, value in parameters:
        if name in given:
            raise UsageError(f"The parameter {name!r} is given twice: {given[name]!r} and {value!r}.")
        given[name] = value
    return given
