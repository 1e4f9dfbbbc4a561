"""perfkit collect profile: where a Python program spends its time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from perfkit.cli.collect.common import collect_and_print, common, input_at, stated
from perfkit.cli.diagnostics import say
from perfkit.collectors.profile import PROFILERS, ProfileOptions

WITH = """
cprofile counts and times every call of the main thread. py-spy takes samples from outside, of threads and child processes, and of a process that
runs already (--pid). pyinstrument takes samples by wall time, with --async of coroutines, too. scalene takes samples of lines, Python and native
time apart, with --memory memory and copies, too. line times every line of the functions that --function names.
"""
GIVEN = ("tool", "pid", "duration_s", "rate", "native", "threads", "asynchronous", "idle", "gil", "memory", "gpu", "functions", "measure_overhead")


@click.command(context_settings={"ignore_unknown_options": True}, epilog=WITH)
@click.option("--with", "tool", type=click.Choice([*PROFILERS]), default="cprofile", show_default=True, help="The profiler.")
@click.option("--pid", type=click.IntRange(min=1), help="py-spy: a process that runs already, instead of a command.")
@click.option("--duration", "duration_s", type=click.FloatRange(min=0, min_open=True), help="Stop after so many seconds; a program gets Ctrl-C.")
@click.option("--rate", type=float, help="Samples a second. [default: 100, of pyinstrument 1000]")
@click.option("--native", is_flag=True, help="py-spy: frames of compiled code, too. scalene tells native time apart always.")
@click.option("--threads", is_flag=True, help="Tell threads apart; py-spy always does.")
@click.option("--async", "asynchronous", is_flag=True, help="pyinstrument, scalene: coroutines.")
@click.option("--idle", is_flag=True, help="py-spy: threads that wait count, too, which makes it a profile of wall time.")
@click.option("--gil", is_flag=True, help="py-spy: only threads that hold Python's lock count.")
@click.option("--memory", is_flag=True, help="scalene: memory and copies by line.")
@click.option("--gpu", is_flag=True, help="scalene: time on the graphics processor.")
@click.option("--function", "functions", multiple=True, metavar="MODULE:NAME", help="line: a function, method or class; repeatable.")
@click.option("--measure-overhead", is_flag=True, help="Run the program once more without the profiler, and store how much longer it took.")
@common
@click.argument("program", nargs=-1, type=click.UNPROCESSED)
def command(workspace: Path | None, program: tuple[str, ...], as_json: bool, **given: Any) -> None:
    """Profile a program: perfkit collect profile --with py-spy --label baseline -- python -m package arguments."""
    options = ProfileOptions(
        program,
        **{name: given[name] for name in GIVEN},
        stated=stated(given),
        input_at=input_at(twice=given["measure_overhead"]),
        say=say,
        stoppable=True,
    )
    collect_and_print(workspace, [options], as_json)
