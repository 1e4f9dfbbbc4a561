"""perfkit report: findings, verdicts and numbers in one markdown file."""

from __future__ import annotations

from pathlib import Path

import click

from perfkit.cli.diagnostics import say
from perfkit.cli.output import echo, json_option, print_json, workbench
from perfkit.packs.investigation import load_investigation


@click.command()
@click.argument("investigation", type=click.Path(path_type=Path))
@click.option("--template", help="Template of the system's pack. Default: the investigation's.")
@click.option("--base", help="Label that is compared against. Default: the investigation's.")
@click.option("--candidate", help="Label that is compared. Default: the investigation's.")
@click.option("--output", type=click.Path(path_type=Path), help="Where to write. Default: a new file in reports/.")
@json_option
@click.pass_obj
def command(
    workspace: Path | None, investigation: Path, template: str | None, base: str | None, candidate: str | None, output: Path | None, as_json: bool
) -> None:
    """Write the report of an INVESTIGATION file (YAML): from the store, by the template of the system's pack.

    Never longer than 700 lines. Every number carries a footnote that names metric, subject, label and samples.
    """
    stated = {name: value for name, value in (("template", template), ("base", base), ("candidate", candidate)) if value}
    path = workbench(workspace).report(load_investigation(investigation).model_copy(update=stated), output)
    say("Check it with `perfkit verify`, keep it with `perfkit archive`.")
    if as_json:
        print_json({"report": str(path)})
    else:
        echo(path)
