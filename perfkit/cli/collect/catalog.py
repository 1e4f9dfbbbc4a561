"""perfkit collect catalog: what PostgreSQL counts while the application works."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from perfkit.cli.collect.common import collect_and_print, common, stated
from perfkit.cli.diagnostics import say
from perfkit.errors import UsageError

DURING = "60s"


@click.command(context_settings={"ignore_unknown_options": True})
@click.option("--dsn", required=True, envvar="PERFKIT_DSN", help="PostgreSQL or SQLAlchemy URL. PERFKIT_DSN keeps it out of the history.")
@click.option("--during", help=f"How long to count while others work, such as 10min. Default without a command: {DURING}.")
@click.option("--exact-bloat", is_flag=True, help="Read every b-tree whole to see how much of it is empty; needs the extension pgstattuple.")
@click.option("--timeout", "timeout_s", type=float, default=60.0, show_default=True, help="Seconds for one query to the catalog.")
@common
@click.argument("program", nargs=-1, type=click.UNPROCESSED)
def command(workspace: Path | None, dsn: str, program: tuple[str, ...], during: str | None, as_json: bool, **given: Any) -> None:
    """Two snapshots of the server's counters: perfkit collect catalog --during 5min, or with -- COMMAND between them."""
    from perfkit.collectors.catalog import CatalogOptions

    options = CatalogOptions(
        dsn,
        during_s=_seconds(during or DURING) if during or not program else None,
        command=program,
        exact_bloat=given["exact_bloat"],
        timeout_s=given["timeout_s"],
        remark=lambda text: say(f"perfkit: {text}"),
        stated=stated(given),
    )
    collect_and_print(workspace, [options], as_json)


def _seconds(text: str) -> float:
    from perfkit.units import parse_quantity

    length = parse_quantity(text)
    if length.unit != "ms" or length.value <= 0:
        raise UsageError(f"--during {text!r} is no time. Write one like 60s or 10min.")
    return length.value / 1000
