"""perfkit check: all targets of a system, findings that are new, and the exit code."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from perfkit.analyses.known_runs import Selection
from perfkit.cli.diagnostics import say
from perfkit.cli.output import echo, json_option, print_json, print_table, show, workbench
from perfkit.errors import Exit, UsageError
from perfkit.units import format_quantity
from perfkit.verdicts import exit_code, newest_label

if TYPE_CHECKING:
    from perfkit.model.finding import Finding
    from perfkit.model.verdict import Verdict
    from perfkit.packs import Pack
    from perfkit.workbench import Workbench

SCORECARD = {
    "target": "left",
    "subject": "left",
    "limit": "right",
    "value": "right",
    "95 % interval": "left",
    "n": "right",
    "verdict": "left",
    "runs": "left",
    "note": "left",
}


@click.command()
@click.option("--system", help="The pack that holds the targets: a name, or a folder with a pack.yml.")
@click.option("--label", help="Judge the runs with this label. Default: the newest label of the system.")
@click.option("--against", metavar="LABEL", help="Measure reductions from the runs with this label. Default: baseline, where there are such runs.")
@click.option("--new-only", is_flag=True, help="Fail on findings that nobody has accepted; with --system judge its targets as well.")
@json_option
@click.pass_obj
def command(workspace: Path | None, system: str | None, label: str | None, against: str | None, new_only: bool, as_json: bool) -> Exit:
    """Judge all targets of a system: the scorecard.

    A target is met only if the upper bound of its value is below the limit, missed if the lower bound is not.
    Exit code 0: all met. 1: one is missed, or with --new-only a finding is new. 3: none is missed, but not all are decided.
    """
    if system is None and not new_only:
        raise UsageError("Name the system whose targets to judge with --system, or ask with --new-only for findings that nobody has accepted.")
    if against is not None and system is None:
        raise UsageError("--against names what a target's reduction is measured from: name the system of the targets with --system.")
    bench = workbench(workspace)
    pack = bench.pack(system) if system is not None else None
    judged = label or newest_label(bench.runs(Selection(system=pack.name if pack else None)))
    verdicts = bench.check(system, judged, against) if system is not None else []
    selection = Selection(system=pack.name if pack else None, label=judged)
    _say_what_was_judged(bench, selection, label)
    if new_only:
        any_valid = any(run.valid for run in bench.runs(selection))
        return _with_findings(pack, verdicts, bench.new_findings(selection, system), any_valid, as_json)
    show_scorecard(pack, verdicts, as_json)
    return exit_code(verdicts)


def _say_what_was_judged(bench: Workbench, selection: Selection, asked: str | None) -> None:
    runs, name = bench.runs(selection), selection.system
    if selection.label != asked:
        say(f"note: judged {selection.label}, the newest label{f' of {name}' if name else ''}; --label names another one.")
    unstated = sum(run.system is None for run in runs)
    if name and unstated:
        say(f"note: {unstated} of {len(runs)} runs state no system and count for {name}; ingest and collect take --system.")


def show_scorecard(pack: Pack | None, verdicts: Sequence[Verdict], as_json: bool) -> None:
    """Targets as a table; below it what a table does not say."""
    if as_json:
        print_json(verdicts)
        return
    print_table(SCORECARD, [_row(item) for item in verdicts], empty=f"The pack {pack.name if pack else ''} has no targets.")
    if pack is not None:
        echo("\n".join([*_readings(pack, verdicts), *_constraints(pack), _sum(verdicts)]))


def _row(item: Verdict) -> tuple[str, ...]:
    harder = "" if item.reject is None else f", reject {format_quantity(item.reject, item.unit)}"
    limit = f"{item.must_be} {format_quantity(item.limit, item.unit)}{harder}"
    return (
        item.target,
        item.subject or "",
        limit,
        format_quantity(item.value, item.unit),
        _interval(item),
        format_quantity(item.n, "count"),
        item.verdict,
        _evidence(item.runs),
        item.why or "",
    )


def _interval(item: Verdict) -> str:
    if item.lo is None and item.hi is None:
        return "–"
    if item.lo is None:
        return f"at most {format_quantity(item.hi, item.unit)}"
    if item.hi is None:
        return f"at least {format_quantity(item.lo, item.unit)}"
    return f"{format_quantity(item.lo, item.unit)} … {format_quantity(item.hi, item.unit)}"


def _evidence(runs: Sequence[str]) -> str:
    """One run by its name, of several the last and how many more."""
    return "" if not runs else runs[-1] if len(runs) == 1 else f"{runs[-1]} and {len(runs) - 1} more"


def _readings(pack: Pack, verdicts: Sequence[Verdict]) -> list[str]:
    """Sentences that leave something open are judged in every way in which they can be read."""
    said = []
    for label, readings in pack.readings().items():
        given = {verdict.verdict for verdict in verdicts if verdict.reading_of == label}
        agree = "none of them was measured" if given == {"no_data"} else "they agree" if len(given) == 1 else "they differ, so ask which one is meant"
        said.append(f"“{label}” is one sentence with {len(readings)} readings: {'; '.join(item.variant or '' for item in readings)}: {agree}.")
    return said


def _constraints(pack: Pack) -> list[str]:
    if not pack.constraints:
        return []
    lines = [f"  {item.label}" + (f" ({item.look})" if item.look else "") for item in pack.constraints]
    return ["Constraints that no metric decides:", *lines]


def _sum(verdicts: Sequence[Verdict]) -> str:
    """How many of each, in one line."""
    counted = {name: sum(item.verdict == name for item in verdicts) for name in ("met", "missed", "inconclusive", "no_data")}
    return f"{len(verdicts)} judged: {', '.join(f'{many} {name}' for name, many in counted.items())}."


def _with_findings(pack: Pack | None, verdicts: Sequence[Verdict], findings: Sequence[Finding], judged: bool, as_json: bool) -> Exit:
    """Prints both; without a pack only findings."""
    if as_json:
        print_json(findings if pack is None else {"verdicts": verdicts, "new_findings": findings})
    else:
        if pack is not None:
            show_scorecard(pack, verdicts, False)
        show(findings, False, empty="No finding is new." if judged else "There is no valid run to look at.")
    if not judged:
        say("perfkit: there is no valid run to look at, so nothing is decided. `perfkit runs` lists what is there.")
    targets = exit_code(verdicts) if pack is not None else Exit.DONE
    if findings or targets is Exit.MISSED:
        return Exit.MISSED
    return targets if judged else Exit.UNDECIDED
