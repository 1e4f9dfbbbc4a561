"""Paths of calls as text: a tree with own and total weight, for terminals, notebooks and reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from perfkit.analyses.call_paths import Place, ProfileTree
from perfkit.analyses.path_cut import ShownPath, heaviest
from perfkit.analyses.run_facts import RunFact
from perfkit.figures.amounts import amount_text, how_many, share_text, weight_text
from perfkit.figures.bars import bar
from perfkit.printable import printable
from perfkit.units import format_quantity

AMOUNT_CELLS = 11
MOST_PATHS = 40
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


def heading(tree: ProfileTree, names: Sequence[str]) -> str:
    """What is shown of which runs."""
    estimate = f"; {ESTIMATE}" if tree.estimated else ""
    runs = f"run{'' if len(names) == 1 else 's'} {', '.join(names)}"
    return f"{amount_text(tree.whole, tree.unit)} in {runs}{estimate}"


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
