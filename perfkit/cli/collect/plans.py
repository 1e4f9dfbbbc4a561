"""perfkit collect plans: how a database executes statements."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from perfkit.cli.collect.common import collect_and_print, common, stated
from perfkit.cli.output import echo, workbench
from perfkit.errors import UsageError, unknown

if TYPE_CHECKING:
    from perfkit.collectors.statements import Statement

FILE = click.Path(path_type=Path)
Options = tuple[Callable[[Any], Any], ...]

WHAT: Options = (
    click.option(
        "--dsn",
        required=True,
        envvar="PERFKIT_DSN",
        help="PostgreSQL or SQLAlchemy URL, sqlite:///FILE, duckdb:///FILE, or the file. @FILE and PERFKIT_DSN keep it out of the history.",
    ),
    click.option("--statement", "statements", multiple=True, help="A statement to explain; may be repeated."),
    click.option("--from-trace", metavar="RUN", help="The different statements that a traced run sent, those that took the most time first."),
    click.option("--top", type=click.IntRange(min=1), help="So many at most; without other statements those of pg_stat_statements."),
    click.option("--params", "params_file", type=FILE, help="JSON: values of placeholders, as lists or objects, by the statement's name or number."),
)
HOW: Options = (
    click.option("--no-analyze", is_flag=True, help="Only plan, execute nothing."),
    click.option("--timeout", "timeout_s", type=click.FloatRange(min=0.001), default=60.0, show_default=True, help="Seconds for one execution."),
    click.option("--set", "settings", metavar="NAME=VALUE", multiple=True, help="A setting of PostgreSQL, for these statements alone."),
    click.option("--nested/--no-nested", default=None, help="Also what server functions run. Default: where a statement calls some."),
    click.option("--spend-sequences", is_flag=True, help="Execute also what takes numbers from a sequence: no rollback gives them back."),
    click.option("--keep-going/--stop", default=None, help="What a failing statement does. Default: go on with --from-trace and --top, else stop."),
)


def _options(function: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed((*WHAT, *HOW)):
        function = option(function)
    return function


@click.command()
@click.argument("files", nargs=-1, type=FILE)
@_options
@common
def command(workspace: Path | None, files: tuple[Path, ...], dsn: str, as_json: bool, **given: Any) -> None:
    """Explain the statements of SQL FILES on PostgreSQL, SQLite or DuckDB, so that nothing of it stays in the database.

    In a file a comment names a statement (-- name: dashboard) and gives the values of its placeholders (-- params: [7, "open"]).
    """
    from perfkit.collectors.plans import PlanOptions

    wanted = _statements(workspace, files, given)
    counted = given["top"] if not wanted else None
    going_on = given["keep_going"] if given["keep_going"] is not None else bool(counted or given["from_trace"])
    options = PlanOptions(
        dsn,
        _with_values(wanted, given["params_file"]),
        top=counted,
        analyze=not given["no_analyze"],
        timeout_s=given["timeout_s"],
        settings=_settings(given["settings"]),
        nested=given["nested"],
        spend_sequences=given["spend_sequences"],
        keep_going=going_on,
        say=lambda text: echo(text, err=True),
        stated=stated(given),
    )
    collect_and_print(workspace, [options], as_json)


def _statements(workspace: Path | None, files: tuple[Path, ...], given: Mapping[str, Any]) -> list[Statement]:
    from perfkit.collectors.statements import described, statements_in

    in_files = {file: statements_in(_text(file)) for file in files}
    for file in (file for file, found in in_files.items() if not found):
        raise UsageError(f"{file} holds no statement.")
    named = [described(sql) for sql in (*given["statements"], *(sql for found in in_files.values() for sql in found))]
    if named and (given["from_trace"] or given["top"]):
        raise UsageError("Say in one way which statements: files and --statement, --from-trace, or --top alone.")
    return _traced(workspace, given["from_trace"], given["top"]) if given["from_trace"] else named


def _traced(workspace: Path | None, run_id: str, top: int | None) -> list[Statement]:
    from perfkit.collectors.statements import ALLOWED, first_word, with_names

    texts = [item.statement for item in workbench(workspace).traced_statements(run_id) if first_word(item.statement) in ALLOWED]
    if not texts:
        raise UsageError(f"The run {run_id} holds no statement that can be explained. Name a traced run; perfkit runs lists them.")
    return with_names(texts[:top])


def _with_values(statements: list[Statement], path: Path | None) -> tuple[Statement, ...]:
    """Each with its values from the file, by its name or its number from 1."""
    if path is None:
        return tuple(statements)
    from perfkit.collectors.statements import checked

    try:
        given = json.loads(_text(path))
    except json.JSONDecodeError as error:
        raise UsageError(f"{path}: {error.msg} in line {error.lineno}, column {error.colno}.") from error
    if not isinstance(given, dict):
        raise UsageError(f'{path}: expected one object, from the name or number of a statement to its values, such as {{"1": [7, "open"]}}.')
    keys = [statement.name if statement.name in given else str(number) for number, statement in enumerate(statements, 1)]
    for name in given.keys() - set(keys):
        raise unknown("statement", name, (statement.name or str(number) for number, statement in enumerate(statements, 1)))
    pairs = zip(keys, statements, strict=True)
    return tuple(replace(item, values=checked(given[key], item.title)) if key in given else item for key, item in pairs)


def _settings(given: tuple[str, ...]) -> dict[str, str]:
    wrong = [text for text in given if "=" not in text]
    if wrong:
        raise UsageError(f"--set takes NAME=VALUE such as work_mem=64MB, not {wrong[0]!r}.")
    return {name.strip(): value.strip() for name, _, value in (text.partition("=") for text in given)}


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is no text in UTF-8: byte {error.start} is none of it.") from error
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror or error}.") from error
