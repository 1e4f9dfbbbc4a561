"""perfkit collect memory: where a Python program's memory goes, and what it keeps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from perfkit.cli.collect.common import collect_and_print, common, input_at, stated
from perfkit.cli.diagnostics import say

WITH = """
memray sees every allocation, with its stack: the peak by path. mprof watches the size of the process over time. tracemalloc compares the
lines that keep memory, and objects the types that are alive, at moments of the same run: what grows.
"""


@click.command(context_settings={"ignore_unknown_options": True}, epilog=WITH)
@click.option("--with", "tool", type=click.Choice(["memray", "mprof", "tracemalloc", "objects"]), default="tracemalloc", show_default=True)
@click.option("--duration", "duration_s", type=click.FloatRange(min=0, min_open=True), help="Stop the program after so many seconds.")
@click.option("--interval", "interval_s", type=float, help="Seconds between two looks. [default: 0.1, longer where looking takes long]")
@click.option("--native", is_flag=True, help="memray: stacks of compiled code, too.")
@click.option("--python-allocators", is_flag=True, help="memray: every small object, not only what Python asks the system for.")
@click.option("--children", is_flag=True, help="mprof: child processes count, too.")
@click.option("--frames", type=click.IntRange(1, 100), default=10, show_default=True, help="tracemalloc: calls of each stack that are kept.")
@click.option("--measure-overhead", is_flag=True, help="Run the program once more without the tool, and store how much longer it took.")
@common
@click.argument("program", nargs=-1, required=True, type=click.UNPROCESSED)
def command(workspace: Path | None, program: tuple[str, ...], as_json: bool, **given: Any) -> None:
    """Measure a Python program's memory: perfkit collect memory --with memray --label baseline -- python -m package arguments."""
    from perfkit.collectors.memory import MemoryOptions

    same = ("tool", "duration_s", "interval_s", "native", "python_allocators", "children", "frames", "measure_overhead")
    options = MemoryOptions(
        program,
        **{name: given[name] for name in same},
        stated=stated(given),
        input_at=input_at(twice=given["measure_overhead"]),
        say=say,
        stoppable=True,
    )
    collect_and_print(workspace, [options], as_json)
