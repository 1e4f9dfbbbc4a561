"""perfkit diagnose --try-indexes: builds what the plans ask for on a server that the user names, and throws it away again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from perfkit.analyses.known_runs import Selection, newest_of_each_kind
from perfkit.cli.output import echo
from perfkit.cli.progress import stepping
from perfkit.errors import UsageError

if TYPE_CHECKING:
    from perfkit.model.run import Run
    from perfkit.workbench import Workbench

NO_PLANS = "There is no run with plans among those asked for. Collect some first: perfkit collect plans --dsn DSN FILE.sql."
SECONDS = click.FloatRange(min=0.001, max=86_400)
NOTHING_TO_TRY = "No plan asks for an index, so none was tried."


def trial_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Options of the trials."""
    for option in (
        click.option(
            "--lock-timeout", "lock_s", type=SECONDS, default=1.0, show_default=True, help="Seconds to wait for a table that others write to."
        ),
        click.option(
            "--timeout", "timeout_s", type=SECONDS, default=30.0, show_default=True, help="Seconds for one build or execution of the trials."
        ),
        click.option("--largest", default="1GB", show_default=True, help="Tables above this size are not touched by the trials."),
        click.option(
            "--copy-rows", type=click.IntRange(min=1), default=1_000_000, show_default=True, help="Tables of more rows are not copied by --on-copy."
        ),
        click.option("--on-copy", is_flag=True, help="Only read the server: copy the tables to one of our own and try the indexes there."),
        click.option("--dsn", envvar="PERFKIT_DSN", help="The PostgreSQL to try indexes on. PERFKIT_DSN keeps it out of the history."),
        click.option(
            "--try-indexes",
            is_flag=True,
            help="Build each index that the plans ask for on the server of --dsn, measure, roll back. Meanwhile, writing to its table waits.",
        ),
    ):
        function = option(function)
    return function


def with_trials(bench: Workbench, selection: Selection, try_indexes: bool, **given: Any) -> Selection:
    """The selection with the runs of the trials, where they were asked for."""
    if not try_indexes:
        return selection
    if not given["dsn"]:
        raise UsageError("--try-indexes builds indexes on a server and rolls them back. Name the server with --dsn.")
    plans = newest_of_each_kind(run for run in bench.runs(selection) if run.valid and run.kind == "plans")
    if not plans:
        raise UsageError(NO_PLANS)
    ours = [run for run in plans if run.tool == "postgresql"]
    if not ours:
        raise UsageError(f"Indexes are tried on PostgreSQL only, and these plans are of {plans[0].tool}. Leave --try-indexes out.")
    tried = [run_id for run in ours for run_id in _tried(bench, run, given)]
    if not tried:
        echo(NOTHING_TO_TRY, err=True)
    return replace(selection, run_ids=(*selection.run_ids, *tried)) if selection.run_ids else selection


def _tried(bench: Workbench, run: Run, given: dict[str, Any]) -> list[str]:
    from perfkit.collectors.index_trials import IndexTrialOptions
    from perfkit.model.run import Manifest

    candidates = tuple(bench.index_candidates(run))
    if not candidates:
        return []
    stated = Manifest(label=run.label, scenario=run.scenario, system=run.system, investigation=run.investigation)
    limits = {"largest_bytes": _bytes(given["largest"]), "timeout_s": given["timeout_s"], "lock_s": given["lock_s"]}
    where = {"on_copy": given["on_copy"], "copy_rows": given["copy_rows"]}
    with stepping() as step:
        return [bench.collect(IndexTrialOptions(given["dsn"], candidates, stated=stated, **limits, **where), step).run_id]


def _bytes(size: str) -> float:
    from perfkit.units import parse_quantity

    quantity = parse_quantity(size)
    if quantity.unit != "bytes" or quantity.value <= 0:
        raise UsageError(f"--largest {size!r} is no size. Write one such as 500MB or 2GB.")
    return quantity.value
