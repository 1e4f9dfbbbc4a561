"""perfkit report: findings, verdicts and numbers as markdown, as a page for the browser, or as a pull request's comment."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from perfkit.cli.diagnostics import say
from perfkit.cli.output import echo, json_option, print_json, workbench
from perfkit.errors import UsageError
from perfkit.packs.investigation import load_investigation

if TYPE_CHECKING:
    from perfkit.workbench import Workbench

REPORTS = (".md", ".markdown")
Format = Callable[["Workbench", Path, Path | None, bool], None]
"""What is made of a report that exists: where to, and whether as JSON."""


@click.command()
@click.argument("source", metavar="INVESTIGATION|REPORT", type=click.Path(path_type=Path))
@click.option("--format", "form", type=click.Choice(["markdown", "html", "summary"]), default="markdown", help="What to make. Default: markdown.")
@click.option("--template", help="Template of the system's pack. Default: the investigation's.")
@click.option("--base", help="Label that is compared against. Default: the investigation's.")
@click.option("--candidate", help="Label that is compared. Default: the investigation's.")
@click.option("--output", type=click.Path(path_type=Path), help="Where to write. Default: a new file in reports/, a page beside its report.")
@json_option
@click.pass_obj
def command(
    workspace: Path | None,
    source: Path,
    form: str,
    template: str | None,
    base: str | None,
    candidate: str | None,
    output: Path | None,
    as_json: bool,
) -> None:
    """Write the report of an INVESTIGATION file (YAML): from the store, by the template of the system's pack.

    Never longer than 700 lines. Every number carries a footnote that names metric, subject, label and samples.
    html also writes one file for the browser, with style and figures inside; summary also prints a comment for a
    pull request, of at most 25 lines. Both are made of a REPORT that exists (.md) as well.
    """
    stated = {name: value for name, value in (("template", template), ("base", base), ("candidate", candidate)) if value}
    _may_be_written(output, source, form)
    bench = workbench(workspace)
    if source.suffix.lower() in REPORTS:
        _may_be_made_of(source, form, stated)
        FORMATS[form](bench, source, output, as_json)
        return
    place = output if form == "markdown" else output.with_suffix(".md") if output and form == "html" else None
    question = load_investigation(source).model_copy(update=stated)
    if question.base == question.candidate:
        raise UsageError(f"--base and --candidate are both {question.base!r}. Name two labels.")
    report = bench.report(question, place)
    if form == "markdown":
        say("Check it with `perfkit verify`, keep it with `perfkit archive`.")
        _print(report, as_json, "report")
        return
    say(f"The report: {report}")
    FORMATS[form](bench, report, output, as_json)


def _may_be_written(output: Path | None, source: Path, form: str) -> None:
    """Neither what the work is made of, nor, by a page, the report that it is made from."""
    if output is not None and output.is_dir():
        raise UsageError(f"--output {output} is a folder. Name a file in it.")
    if output is not None and output.resolve() == source.resolve():
        raise UsageError(f"--output {output} is what the {form} is made of. Name another file.")
    if output is not None and form == "html" and output.suffix.lower() in REPORTS:
        raise UsageError(f"--output {output} is the name of a report in markdown. Name the page with .html at its end.")


def _may_be_made_of(report: Path, form: str, stated: dict[str, str]) -> None:
    if stated:
        raise UsageError(f"{report} is written already: --{next(iter(stated))} is asked of an investigation file.")
    if form == "markdown":
        raise UsageError(f"{report} is a report in markdown already. --format html or --format summary make something of it.")


def _html(bench: Workbench, report: Path, output: Path | None, as_json: bool) -> None:
    _print(bench.page(report, output), as_json, "page")


def _summary(bench: Workbench, report: Path, output: Path | None, as_json: bool) -> None:
    text = bench.summary(report)
    if output is not None:
        from perfkit.report.changes import write

        write(output, text)
        _print(output, as_json, "summary")
    elif as_json:
        print_json({"report": str(report), "text": text})
    else:
        echo(text.rstrip())


def _print(path: Path, as_json: bool, kind: str) -> None:
    if as_json:
        print_json({kind: str(path)})
    else:
        echo(path)


FORMATS: dict[str, Format] = {"html": _html, "summary": _summary}
