"""perfkit collect: run a tool, keep its artefact, store the evidence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from perfkit.cli.output import json_option, print_json, print_table, workbench
from perfkit.cli.progress import stepping
from perfkit.errors import UsageError
from perfkit.ingest import label_of
from perfkit.model.run import Manifest

if TYPE_CHECKING:
    from perfkit.collectors import Options


@click.group()
def command() -> None:
    """Run a tool, keep its artefact and store the evidence."""


def _common(function: Callable[..., Any]) -> Callable[..., Any]:
    """Options that say what the run is."""
    for option in (
        json_option,
        click.option("--investigation", help="The question that the run belongs to."),
        click.option("--system", help="The pack of the system that is measured."),
        click.option("--scenario", help="The workload; only runs of one scenario are compared."),
        click.option("--label", help="Which variant is measured, such as baseline or optimized."),
    ):
        function = option(function)
    return click.pass_obj(function)


@command.command()
@click.argument("url")
@click.option("--path", "paths", multiple=True, help="A path to request with GET; may be repeated. Default: the URL itself.")
@click.option("--requests", "requests_file", type=click.Path(path_type=Path), help="JSON list of {name, paths, method, body, weight}.")
@click.option("--locustfile", type=click.Path(path_type=Path), help="Your own Locust file; it runs unchanged.")
@click.option("--users", type=click.IntRange(min=1), default=8, show_default=True, help="Users that each wait for their answer.")
@click.option("--spawn-rate", type=float, help="Users started a second. Default: all within one second.")
@click.option("--duration", "duration_s", type=float, default=10.0, show_default=True, help="Measured seconds.")
@click.option("--warmup", "warmup_s", type=float, default=2.0, show_default=True, help="Seconds before them that do not count.")
@click.option("--repeat", type=click.IntRange(min=1), default=1, show_default=True, help="Runs; five and more can be compared.")
@click.option("--allow-remote", is_flag=True, help="Permit a target that is not on this machine. Only with its owner's consent.")
@_common
def load(workspace: Path | None, url: str, repeat: int, as_json: bool, **given: Any) -> None:
    """Put a closed load on URL with Locust and keep the log of every request."""
    from perfkit.collectors.load import LoadOptions, requests_from

    locustfile = given["locustfile"]
    options = LoadOptions(
        target=url,
        requests=None if locustfile else requests_from(given["requests_file"], given["paths"]),
        locustfile=locustfile,
        users=given["users"],
        spawn_rate=given["spawn_rate"] or float(given["users"]),
        duration_s=given["duration_s"],
        warmup_s=given["warmup_s"],
        allow_remote=given["allow_remote"],
        stated=_stated(given),
    )
    _collect(workspace, [options] * repeat, as_json)


@command.command(context_settings={"ignore_unknown_options": True})
@click.option("--with", "tool", type=click.Choice(["cprofile"]), default="cprofile", show_default=True, help="The profiler.")
@click.option("--duration", "duration_s", type=float, help="Stop a program that does not end by itself after so many seconds.")
@_common
@click.argument("program", nargs=-1, required=True, type=click.UNPROCESSED)
def profile(workspace: Path | None, tool: str, program: tuple[str, ...], duration_s: float | None, as_json: bool, **given: Any) -> None:  # noqa: ARG001
    """Profile a Python program: perfkit collect profile --label baseline -- python -m package arguments."""
    from perfkit.collectors.profile import ProfileOptions

    _collect(workspace, [ProfileOptions(program, duration_s=duration_s, stated=_stated(given))], as_json)


@command.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--dsn", required=True, envvar="PERFKIT_DSN", help="PostgreSQL or SQLAlchemy URL. PERFKIT_DSN keeps it out of the history.")
@click.option("--statement", "statements", multiple=True, help="A statement to explain; may be repeated.")
@click.option("--no-analyze", is_flag=True, help="Only plan, execute nothing.")
@click.option("--timeout", "timeout_s", type=float, default=60.0, show_default=True, help="Seconds for one execution.")
@_common
def plans(workspace: Path | None, files: tuple[Path, ...], dsn: str, statements: tuple[str, ...], as_json: bool, **given: Any) -> None:
    """Explain the statements of SQL FILES on PostgreSQL, each in a transaction that is rolled back."""
    from perfkit.collectors.plans import PlanOptions
    from perfkit.collectors.statements import statements_in

    listed = [statement for file in files for statement in statements_in(_text(file))]
    options = PlanOptions(dsn, (*statements, *listed), analyze=not given["no_analyze"], timeout_s=given["timeout_s"], stated=_stated(given))
    _collect(workspace, [options], as_json)


def _collect(workspace: Path | None, wanted: list[Options], as_json: bool) -> None:
    bench = workbench(workspace)
    with stepping() as step:
        stored = [bench.collect(options, step) for options in wanted]
    if as_json:
        print_json(stored)
        return
    rows = [(item.run_id, item.format, ", ".join(f"{count} {table}" for table, count in item.rows.items())) for item in stored]
    print_table({"run": "left", "format": "left", "rows": "left"}, rows, empty="")


def _stated(given: dict[str, Any]) -> Manifest:
    names = ("scenario", "system", "investigation")
    return Manifest(label=label_of(given["label"]), **{name: given[name] for name in names})


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read: {error}") from error
