"""Paths of calls as text: a tree with own and total weight, for terminals, notebooks and reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from perfkit.analyses.call_paths import Place, ProfileTree
from perfkit.analyses.chosen_profiles import tool_of
from perfkit.analyses.path_cut import ShownPath, heaviest
from perfkit.analyses.run_facts import RunFact
from perfkit.figures.amounts import amount_text, how_many, measured, share_text, weight_text
from perfkit.figures.bars import bar
from perfkit.printable import printable
from perfkit.units import format_quantity

if TYPE_CHECKING:
    from perfkit.analyses.profiled import Profiled
    from perfkit.model.run import Run

AMOUNT_CELLS = 11
MOST_PATHS = 40
MOST_RUNS_NAMED = 6
LONGEST_PLACE = 60
DEEPEST_INDENT = 40
ESTIMATE = "an estimate: the profiler counted who calls whom, not paths"


def profile_text(tree: ProfileTree, *, most: int = MOST_PATHS) -> str:
    """Callers above callees, the heaviest first; bottom up functions by their own weight, above the callers that it came through.

    What is left out says how much it is.
    """
    columns = ("own", "function, and below it its callers") if tree.turned else ("total", f"{'own':>{AMOUNT_CELLS}}   path")
    lines = [f"{columns[0]:>{AMOUNT_CELLS}}  {'share':>8} {'':8}  {columns[1]}"]
    whole = tree.whole
    for row in heaviest(tree, most):
        share = row.total / whole if whole else 0.0
        own = "" if row.left_out else weight_text(row.own, tree.unit)
        without_calls = "" if tree.turned else f"{own:>{AMOUNT_CELLS}}   "
        weight = f"{weight_text(row.total, tree.unit):>{AMOUNT_CELLS}}  {share_text(share):>8} {bar(share)}"
        lines.append(f"{weight}  {without_calls}{_indent(row.depth)}{_name(tree, row)}")
    return "\n".join(lines)


def place_text(place: Place) -> str:
    """The function with its file, as one would look for it."""
    if not place.file or place.file == "~":
        return place.function
    where = f"{place.file}:{place.line}" if place.line else place.file
    return f"{place.function} ({'…' + where[-LONGEST_PLACE:] if len(where) > LONGEST_PLACE else where})"


def _name(tree: ProfileTree, row: ShownPath) -> str:
    if row.left_out:
        return f"other, {how_many(row.left_out, 'path')}"
    return printable(place_text(tree.places[int(tree.place[row.path])]))


def _indent(depth: int) -> str:
    """Deep recursions would leave the page."""
    return "  " * depth if depth <= DEEPEST_INDENT else f"{'  ' * DEEPEST_INDENT}[{depth}] "


def heading(tree: ProfileTree, profiled: Profiled) -> str:
    """What is shown of which runs, and who measured it."""
    estimate = f"; {ESTIMATE}" if tree.estimated else ""
    together = " together" if len(profiled.runs) > 1 else ""
    return f"{amount_text(tree.whole, tree.unit)} in {runs_text(profiled.run_ids)}{together}, {profiled.measured_by(tree.unit)}{estimate}"


def runs_text(run_ids: Sequence[str]) -> str:
    """All of them where they are few."""
    named = ", ".join(run_ids[:MOST_RUNS_NAMED])
    more = f" and {len(run_ids) - MOST_RUNS_NAMED} more" if len(run_ids) > MOST_RUNS_NAMED else ""
    return f"run{'' if len(run_ids) == 1 else 's'} {named}{more}"


def table_heading(profiled: Profiled, unit: str, joined: str) -> str:
    """What a table is measured in, by whom, and in which runs; joined says how several are one."""
    middle = f"{joined} " if len(profiled.runs) > 1 and joined else ""
    what = f"{measured(unit)} {profiled.measured_by(unit)}: {middle}{runs_text(profiled.run_ids)}"
    return f"{what[:1].upper()}{what[1:]}"


def besides(profiled: Profiled, unit: str) -> list[str]:
    """What else was measured, and by whom: each in a table of its own."""
    units = [name for name in profiled.units() if name != unit]
    return [*([f"Also measured: {', '.join(units)}. --by shows them."] if units else []), *others_text(profiled.runs, profiled.others)]


def others_text(runs: Sequence[Run], others: Sequence[Run]) -> list[str]:
    """One line for what other profilers left under the same label, none where there is nothing."""
    makes: dict[tuple[str, bool], list[str]] = {}
    for run in others:
        makes.setdefault((tool_of(run), tool_of(run) == tool_of(runs[0])), []).append(run.run_id)
    named = (f"{tool}{' with other settings or elsewhere' if same else ''} ({runs_text(ids)})" for (tool, same), ids in makes.items())
    return [f"Also under {runs[0].label}: {', '.join(named)}. --tool NAME, or a run in place of the label, shows them."] if makes else []


def overhead_sentences(facts: Sequence[RunFact]) -> list[str]:
    """How much longer the program took with its profiler, for runs that were measured without one, too."""
    runs: dict[str, dict[str, float]] = {}
    for fact in facts:
        runs.setdefault(fact.run_id, {})[fact.stat] = fact.value
    return [
        f"Run {run}: {format_quantity(told['wall_without'], 'wall_s')} without the profiler, {told['overhead']:.2f} × as long with it{_cpu(told)}."
        for run, told in runs.items()
        if {"overhead", "wall_without"} <= told.keys()
    ]


def _cpu(told: Mapping[str, float]) -> str:
    """Wall time of a busy machine says less."""
    return f" (CPU time {told['overhead_cpu']:.2f} ×)" if "overhead_cpu" in told else ""
