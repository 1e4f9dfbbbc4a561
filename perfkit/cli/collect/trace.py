"""perfkit collect trace: the spans of a Python program while it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from perfkit.cli.collect.common import collect_and_print, common, input_at, stated
from perfkit.cli.diagnostics import say

HOOKS = ("asyncpg", "httpx", "psycopg", "redis", "sqlalchemy", "sqlite3")


@click.command(context_settings={"ignore_unknown_options": True})
@click.option("--hook", "hooks", multiple=True, type=click.Choice(HOOKS), help="Record the calls of this library, too; may be repeated.")
@click.option(
    "--limit",
    "limit_ms",
    type=click.FloatRange(1, 60_000),
    default=50.0,
    show_default=True,
    help="Callbacks longer than so many ms.",
)
@click.option("--duration", "duration_s", type=click.FloatRange(min=0, min_open=True), help="Stop a server after so many seconds.")
@common
@click.argument("program", nargs=-1, required=True, type=click.UNPROCESSED)
def command(workspace: Path | None, program: tuple[str, ...], as_json: bool, **given: Any) -> None:
    """Record a Python program: perfkit collect trace --label baseline -- python -m uvicorn shop:app --loop asyncio.

    Calls of functions with perfkit.trace.timed, requests that uvicorn serves, and callbacks that block an event loop of
    asyncio; those of uvloop cannot be seen. `perfkit stages` and `perfkit diagnose` read what was recorded.
    """
    from perfkit.collectors.traced import TracedOptions

    options = TracedOptions(
        program,
        **{name: given[name] for name in ("hooks", "limit_ms", "duration_s")},
        stated=stated(given),
        input_at=input_at(),
        say=say,
        stoppable=True,
    )
    collect_and_print(workspace, [options], as_json)
