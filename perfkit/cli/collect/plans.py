"""perfkit collect plans: how PostgreSQL executes statements."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from perfkit.cli.collect.common import collect_and_print, common, stated
from perfkit.errors import UsageError


@click.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--dsn", required=True, envvar="PERFKIT_DSN", help="PostgreSQL or SQLAlchemy URL. PERFKIT_DSN keeps it out of the history.")
@click.option("--statement", "statements", multiple=True, help="A statement to explain; may be repeated.")
@click.option("--no-analyze", is_flag=True, help="Only plan, execute nothing.")
@click.option("--timeout", "timeout_s", type=float, default=60.0, show_default=True, help="Seconds for one execution.")
@common
def command(workspace: Path | None, files: tuple[Path, ...], dsn: str, statements: tuple[str, ...], as_json: bool, **given: Any) -> None:
    """Explain the statements of SQL FILES on PostgreSQL, each in a transaction that is rolled back."""
    from perfkit.collectors.plans import PlanOptions
    from perfkit.collectors.statements import statements_in

    listed = [statement for file in files for statement in statements_in(_text(file))]
    options = PlanOptions(dsn, (*statements, *listed), analyze=not given["no_analyze"], timeout_s=given["timeout_s"], stated=stated(given))
    collect_and_print(workspace, [options], as_json)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read: {error}") from error
