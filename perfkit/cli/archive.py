"""perfkit archive: keep a report."""

from __future__ import annotations

from pathlib import Path

import click

from perfkit.cli.output import echo, json_option, print_json, workbench


@click.command()
@click.argument("report", type=click.Path(path_type=Path))
@click.option("--feature", help="Names the file. Default: the feature in the report's title.")
@json_option
@click.pass_obj
def command(workspace: Path | None, report: Path, feature: str | None, as_json: bool) -> None:
    """Copy a REPORT to docs/archive/performance_FEATURE_DATE.md. Never overwrites another report."""
    path = workbench(workspace).archive(report, feature)
    if as_json:
        print_json({"archived": str(path)})
    else:
        echo(path)
