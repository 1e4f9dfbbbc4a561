"""What all collecting commands do alike: take the options that say what the run is, collect, and print what was stored."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from perfkit.cli.diagnostics import say
from perfkit.cli.output import json_option, print_json, print_table, show, workbench
from perfkit.cli.progress import stepping
from perfkit.collectors.process import STANDARD_INPUT
from perfkit.errors import Interrupted, PerfkitError
from perfkit.ingest import Ingested, label_of
from perfkit.model.run import Manifest

NEXT = {
    "line_profiler": "perfkit profile {run} --view lines",
    "memory": "perfkit memory {run}, perfkit figure memory {run} -o memory.svg",
    "profile": "perfkit profile {run}, perfkit figure flame {run} -o flame.html",
    "trace": "perfkit stages {run}, perfkit diagnose --run {run}",
}
"""What shows a run, by its format or its kind."""

if TYPE_CHECKING:
    from perfkit.collectors import Options
    from perfkit.workbench import Workbench


def common(function: Callable[..., Any]) -> Callable[..., Any]:
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


def collected(bench: Workbench, wanted: Sequence[Options]) -> list[Ingested]:
    """Collect one after another, each stored before the next begins; when one does not come to its end, say what is kept."""
    stored: list[Ingested] = []
    try:
        with stepping() as step:
            for options in wanted:
                stored.append(bench.collect(options, step))  # noqa: PERF401 - what was stored before an error is told
    except KeyboardInterrupt as stop:
        raise Interrupted(f"interrupted: nothing of this run is stored, and what it had started was ended. {_kept(stored)}") from stop
    except PerfkitError:
        if stored:
            say(_kept(stored))
        raise
    return stored


def _kept(stored: Sequence[Ingested]) -> str:
    return f"Stored before it: {', '.join(item.run_id for item in stored)}." if stored else ""


def collect_and_print(workspace: Path | None, wanted: list[Options], as_json: bool) -> None:
    """Collect all and print what was stored."""
    bench = workbench(workspace)
    stored = collected(bench, wanted)
    if as_json:
        print_json(stored)
        return
    from perfkit.analyses.known_runs import Selection

    held = {item.run_id: ", ".join(f"{count} {table}" for table, count in item.rows.items()) for item in stored}
    runs = bench.runs(Selection(run_ids=tuple(held)))
    rows = [(run.run_id, run.format, held[run.run_id], "yes" if run.valid else f"no: {run.invalid_because}") for run in runs]
    print_table({"run": "left", "format": "left", "rows": "left", "valid": "left"}, rows, empty="")
    for run in runs:
        if commands := NEXT.get(run.format, NEXT.get(run.kind)):
            say(f"Look at it: {commands.format(run=run.run_id)}")
    times = [row for run in runs if run.kind == "load" for row in bench.latency(run.run_id)]
    if times:
        show(times, False, empty="")


def input_at(*, twice: bool = False) -> int | None:
    """Where a program that is run begins to read our standard input; None where only a terminal is there, or a pipe that would be needed twice."""
    with suppress(OSError, ValueError):
        mode = os.fstat(STANDARD_INPUT).st_mode
        if stat.S_ISREG(mode):
            return os.lseek(STANDARD_INPUT, 0, os.SEEK_CUR)
        if twice and stat.S_ISFIFO(mode):
            say("Both runs of the program find their input empty: a pipe can be read once. Give it a file with < if it reads one.")
        return 0 if not twice and (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)) else None
    return None


def stated(given: dict[str, Any]) -> Manifest:
    """What the common options say of the run."""
    names = ("scenario", "system", "investigation")
    return Manifest(label=label_of(given["label"]), **{name: given[name] for name in names})
