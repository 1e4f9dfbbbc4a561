"""perfkit collect profile: where a Python program spends its time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from perfkit.cli.collect.common import collect_and_print, common, stated


@click.command(context_settings={"ignore_unknown_options": True})
@click.option("--with", "tool", type=click.Choice(["cprofile"]), default="cprofile", show_default=True, help="The profiler.")
@click.option("--duration", "duration_s", type=float, help="Stop a program that does not end by itself after so many seconds.")
@common
@click.argument("program", nargs=-1, required=True, type=click.UNPROCESSED)
def command(workspace: Path | None, tool: str, program: tuple[str, ...], duration_s: float | None, as_json: bool, **given: Any) -> None:  # noqa: ARG001
    """Profile a Python program: perfkit collect profile --label baseline -- python -m package arguments."""
    from perfkit.collectors.profile import ProfileOptions

    collect_and_print(workspace, [ProfileOptions(program, duration_s=duration_s, stated=stated(given))], as_json)
