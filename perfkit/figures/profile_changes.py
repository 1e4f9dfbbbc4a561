"""Changes between two sides of profiles as text: functions as a table's cells, paths as a tree."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from perfkit.figures.amounts import how_many, place_of, share_text, weight_text
from perfkit.units import format_quantity

if TYPE_CHECKING:
    from perfkit.analyses.path_changes import PathChange
    from perfkit.analyses.profile_bound import ProfileBound
    from perfkit.analyses.profile_changes import Basis, Change, FunctionChange
    from perfkit.analyses.speed_up import FunctionGain

CELLS = 11
USUAL_RUNS = 5
DEEPEST_INDENT = 40
FUNCTION_COLUMNS = {
    name: "left" if name in ("function", "place", "interval", "verdict", "total's verdict", "note") else "right"
    for name in ("function", "place", "own before", "own after", "change", "interval", "verdict", "total's change", "total's verdict", "note")
}


def function_cells(item: FunctionChange) -> tuple[str, ...]:
    """One function of a table."""
    note = f"was {item.was}" if item.was else item.presence
    weights = (weight_text(item.own.base, item.unit), weight_text(item.own.candidate, item.unit), _signed(item.own.change, item.unit))
    total = (_signed(item.total.change, item.unit), item.total.verdict)
    return (item.function, place_of(item.file, item.line), *weights, interval_text(item.own, item.unit), item.own.verdict, *total, note)


GAIN_COLUMNS = {
    name: "left" if name in ("function", "place") else "right"
    for name in (
        "function",
        "place",
        "own share",
        "whole saves",
        "whole is faster",
        "total share",
        "whole saves with calls",
        "whole is faster with calls",
    )
}


def gain_cells(item: FunctionGain) -> tuple[str, ...]:
    """What the whole gains from one function."""
    own = (share_text(item.own_share), weight_text(item.own_saves, item.unit), _times(item.own_speed_up))
    total = (share_text(item.total_share), weight_text(item.total_saves, item.unit), _times(item.total_speed_up))
    return (item.function, place_of(item.file, item.line), *own, *total)


def _times(speed_up: float) -> str:
    return "all of it" if math.isinf(speed_up) else format_quantity(speed_up, "factor")


BOUND_COLUMNS = dict.fromkeys(("run", "bound by", "evidence"), "left")
BOUNDS = {
    "cpu": "computing",
    "gil": "the interpreter's lock: its threads take turns",
    "io": "reading, writing and answers of others",
    "lock": "locks",
    "sleep": "sleeping",
    "memory": "copying memory",
    "allocation": "allocating memory",
    "inconclusive": "inconclusive",
}


def bound_cells(item: ProfileBound) -> tuple[str, ...]:
    """What a run was bound by."""
    return (item.run_id, BOUNDS[item.bound], "; ".join(item.evidence))


def bounds_text(items: Sequence[ProfileBound]) -> str:
    """The same as sentences; runs with the same evidence share one."""
    runs: dict[tuple[str, str], list[str]] = {}
    for item in items:
        runs.setdefault((item.bound, "; ".join(item.evidence)), []).append(item.run_id)
    return "\n".join(_bound_sentence(bound, evidence, named) for (bound, evidence), named in runs.items())


def _bound_sentence(bound: str, evidence: str, runs: Sequence[str]) -> str:
    named, plural = ", ".join(runs), len(runs) > 1
    if bound == "inconclusive":
        return f"What bounds run{'s' if plural else ''} {named} is inconclusive: {evidence}."
    return f"Run{'s' if plural else ''} {named} {'are' if plural else 'is'} bound by {BOUNDS[bound]}: {evidence}."


def interval_text(change: Change, unit: str) -> str:
    """Between what the change lies."""
    return "–" if change.lo is None or change.hi is None else f"{_signed(change.lo, unit)} … {_signed(change.hi, unit)}"


def paths_text(paths: Sequence[PathChange], shown: Sequence[int]) -> str:
    """Callers above callees, with the change of what each weighs with and without its calls."""
    lines = [f"{'total':>{CELLS}} {'change':>{CELLS}} {'own change':>{CELLS}}  {'verdict':12}  path"]
    depth: dict[int, int] = {-1: -1}
    for number in shown:
        item = paths[number]
        depth[number] = depth[item.parent] + 1
        total = weight_text(item.total.candidate, item.unit)
        changes = (_signed(item.total.change, item.unit), _signed(item.own.change, item.unit))
        place = f" ({item.file}:{item.line})" if item.line else ""
        presence = f", {item.presence}" if item.presence else ""
        indent = "  " * min(depth[number], DEEPEST_INDENT)
        verdict = item.own.verdict if item.own.verdict != "inconclusive" else item.total.verdict
        lines.append(f"{total:>{CELLS}} {changes[0]:>{CELLS}} {changes[1]:>{CELLS}}  {verdict:12}  {indent}{item.path[-1]}{place}{presence}")
    left_out = len(paths) - len(shown)
    return "\n".join([*lines, *([f"other, {how_many(left_out, 'path')} that changed less"] if left_out else [])])


def basis_text(basis: Basis, kind: str) -> str:
    """What was compared, in what, and what the verdicts mean."""
    before, after = (weight_text(value, basis.measured_in) for value in (basis.whole.base, basis.whole.candidate))
    whole = f"The whole: {before} before, {after} after ({basis.whole.verdict})."
    measured = (
        "Shares of the whole are compared; they change by percentage points (pp)."
        if basis.unit == "ratio"
        else f"Compared in {UNIT_WORDS.get(basis.unit, basis.unit)}."
    )
    pace = " What all functions have in common in a run, the pace of the machine, is taken out." if basis.paced else ""
    runs = f"{len(basis.runs[0])} and {how_many(len(basis.runs[1]), 'run')}."
    held = f" {basis.judged} weights of {kind} are judged together: all their intervals hold with 95 % confidence." if basis.judged else ""
    few = f" Few runs leave wide intervals: {USUAL_RUNS} a side are usual." if min(map(len, basis.runs)) < USUAL_RUNS else ""
    return f"{runs} {whole} {measured}{pace}{held}{few}"


UNIT_WORDS = {"cpu_s": "CPU time", "wall_s": "time"}


def _signed(value: float, unit: str) -> str:
    """A share changes by percentage points: 5 % less of the whole is not 5 % less."""
    text = weight_text(value, unit).replace("%", "pp") if unit == "ratio" else weight_text(value, unit)
    return f"+{text}" if value > 0 and text[0].isdigit() else text
