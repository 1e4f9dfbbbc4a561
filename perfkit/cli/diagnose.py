"""perfkit diagnose: what is wrong, worst first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from perfkit.analyses.known_runs import Selection
from perfkit.cli.index_trials import trial_options, with_trials
from perfkit.cli.output import echo, json_option, print_json, print_table, show, workbench
from perfkit.errors import UsageError

if TYPE_CHECKING:
    from perfkit.model.finding import Finding
    from perfkit.rules.round_trips import RemoteRequest
    from perfkit.workbench import Workbench

NOTHING_WRONG = "The evidence shows no problem that a rule knows."
NOTHING_TO_JUDGE = "There is no valid run to look at. `perfkit runs` lists what is there and why it is not valid."


@click.command()
@click.option("--run", "runs", multiple=True, help="Only this run; may be repeated.")
@click.option("--label", help="Only the newest runs with this label.")
@click.option("--system", help="The pack whose components say which endpoint a piece of code belongs to.")
@click.option("--rtt", metavar="TIME", help="What if a round trip to the database took this long, such as 2ms? Shown as a model beside the findings.")
@trial_options
@json_option
@click.pass_obj
def command(
    workspace: Path | None, /, runs: tuple[str, ...], label: str | None, system: str | None, rtt: str | None, as_json: bool, **trials: Any
) -> None:
    """Name the problems that the evidence shows: where, what they cost (measured) and what a fix should save (predicted).

    Looks at the newest run of each kind and label, unless runs are named.
    """
    bench = workbench(workspace)
    rtt_ms = _milliseconds(rtt) if rtt else None
    selection = with_trials(bench, Selection(run_ids=runs or None, label=label), **trials)
    findings = bench.diagnose(selection, system)
    if rtt_ms is not None and as_json:
        print_json(_modelled(findings, bench.remote_requests(selection, rtt_ms), rtt_ms))
        return
    show(findings, as_json, empty="" if as_json or findings else _why_nothing(bench, selection))
    if rtt_ms is not None:
        _show_model(bench, selection, findings, rtt_ms)


def _why_nothing(bench: Workbench, selection: Selection) -> str:
    return NOTHING_WRONG if any(run.valid for run in bench.runs(selection)) else NOTHING_TO_JUDGE


def _milliseconds(rtt: str) -> float:
    from perfkit.units import parse_quantity

    quantity = parse_quantity(rtt)
    if quantity.unit != "ms" or quantity.value <= 0:
        raise UsageError(f"--rtt {rtt!r} is no time that a round trip can take. Write one such as 2ms or 500us.")
    return quantity.value


def _modelled(findings: Sequence[Finding], requests: Sequence[RemoteRequest], rtt_ms: float) -> list[dict[str, object]]:
    """Findings with their usual keys, and what the model adds to each."""
    from perfkit.rules.round_trips import saving_with

    known = {(item.run_id, item.subject): item for item in requests}
    rows: list[dict[str, object]] = []
    for finding in findings:
        request = known.get((finding.run_id, finding.subject or ""))
        total = {"request_ms": request.total_ms, "request_with_rtt_ms": request.total_with_rtt_ms} if request else {}
        empty = {"request_ms": None, "request_with_rtt_ms": None}
        rows.append(asdict(finding) | {"rtt_ms": rtt_ms, "saves_with_rtt_ms": saving_with(finding, rtt_ms)} | empty | total)
    return rows


def _show_model(bench: Workbench, selection: Selection, findings: Sequence[Finding], rtt_ms: float) -> None:
    from perfkit.rules.round_trips import MODEL, saving_with
    from perfkit.units import format_quantity

    rtt = format_quantity(rtt_ms, "ms")
    echo(f"With a round trip of {rtt} to the database ({MODEL.format(rtt=rtt)}):")
    requests = [
        (item.run_id, item.subject, f"{item.statements:.0f}", format_quantity(item.total_ms, "ms"), format_quantity(item.total_with_rtt_ms, "ms"))
        for item in bench.remote_requests(selection, rtt_ms)
    ]
    columns = {"run": "left", "endpoint": "left", "statements": "right", "measured": "right", f"with {rtt}": "right"}
    print_table(columns, requests, empty="No traced request asks a database.")
    savings = [
        (item.title, item.place, format_quantity(item.saves_ms, "ms"), format_quantity(saving_with(item, rtt_ms), "ms"))
        for item in findings
        if item.round_trips
    ]
    if savings:
        print_table({"problem": "left", "place": "left", "saves": "right", f"saves with {rtt}": "right"}, savings, empty="")
