"""What do calls of libraries and of the language cost the application's functions that make them?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from perfkit.analyses.call_paths import Place, ProfileTree
from perfkit.analyses.profile_tree import profile_tree, profile_units, unit_of
from perfkit.store import Store

APPLICATION = "application"
TIMES = ("cpu_s", "wall_s", "samples")


@dataclass(frozen=True, slots=True)
class LibraryCall:
    """What the application's function calls, and all that the library does for it without the application."""

    run_id: str
    caller: Place
    callee: Place
    weight: float
    share: float
    """Of the whole profile."""
    unit: str
    estimated: bool
    """True: the profiler counted who calls whom, not paths."""


def library_calls(store: Store, run_ids: Sequence[str]) -> list[LibraryCall]:
    """Of every run with functions, the heaviest first."""
    found: list[LibraryCall] = []
    units = profile_units(store, run_ids)
    for run_id in run_ids:
        told = [item for item in units if item.run_id == run_id and item.unit in TIMES]
        if told:
            found += calls_of(run_id, profile_tree(store, [run_id], unit=unit_of(told, None).unit))
    return found


def calls_of(run_id: str, tree: ProfileTree) -> list[LibraryCall]:
    """Work of libraries belongs to the call that left the application; where they call it back, its work is its own."""
    border: list[tuple[int, int] | None] = []
    sums: dict[tuple[int, int], float] = defaultdict(float)
    for place, parent, own in zip(tree.place.tolist(), tree.parent.tolist(), tree.own.tolist(), strict=True):
        ours = tree.places[place].origin in (APPLICATION, "unknown")
        above = tree.places[tree.place[parent]].origin == APPLICATION if parent >= 0 else False
        call = None if ours or parent < 0 else (int(tree.place[parent]), place) if above else border[parent]
        border.append(call)
        if call:
            sums[call] += own
    whole = tree.whole
    calls = [
        LibraryCall(run_id, tree.places[caller], tree.places[callee], weight, weight / whole, tree.unit, tree.estimated)
        for (caller, callee), weight in sums.items()
        if weight > 0
    ]
    return sorted(calls, key=lambda call: (-call.weight, call.caller.name, call.callee.name))
