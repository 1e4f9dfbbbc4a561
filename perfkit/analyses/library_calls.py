"""What do calls of libraries and of the language cost the application's functions that make them?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from perfkit.analyses.call_paths import Place, ProfileTree
from perfkit.analyses.profile_tree import ProfileUnit, places_of, profile_tree, profile_units, unit_of
from perfkit.store import Store

GRAPH = Path(__file__).with_name("profile_graph.sql")
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


def library_calls(store: Store, run_ids: Sequence[str]) -> list[LibraryCall]:
    """Of every run with functions that took time, the heaviest first."""
    found: list[LibraryCall] = []
    units = profile_units(store, run_ids)
    for run_id in run_ids:
        told = [item for item in units if item.run_id == run_id and item.unit in TIMES]
        chosen = unit_of(told, None) if told else None
        if chosen and chosen.whole:
            found += calls_of(run_id, profile_tree(store, [run_id], unit=chosen.unit)) if chosen.tree else _counted(store, chosen)
    return found


def _counted(store: Store, chosen: ProfileUnit) -> list[LibraryCall]:
    """In a call graph only calls that cannot lead back to the application: of others nobody knows whose work they do."""
    import numpy as np

    graph = store.columns(GRAPH, run_ids=[chosen.run_id], unit=chosen.unit)
    places = {place.frame_id: place for place in places_of(store, [chosen.run_id])}
    ours = np.array([frame for frame, place in places.items() if place.origin in (APPLICATION, "unknown")], "u8")
    leads_back = fresh = ours
    while len(fresh):
        callers = np.unique(graph["caller_id"][np.isin(graph["callee_id"], fresh)])
        fresh = np.setdiff1d(callers, leads_back)
        leads_back = np.union1d(leads_back, fresh)
    kept = np.flatnonzero(np.isin(graph["caller_id"], ours) & ~np.isin(graph["callee_id"], leads_back))
    edges = zip(*(graph[name][kept].tolist() for name in ("caller_id", "callee_id", "total")), strict=True)
    calls = [
        LibraryCall(chosen.run_id, places[caller], places[callee], total, total / chosen.whole, chosen.unit)
        for caller, callee, total in edges
        if places[caller].origin == APPLICATION and total > 0
    ]
    return sorted(calls, key=lambda call: (-call.weight, call.caller.name, call.callee.name))


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
        LibraryCall(run_id, tree.places[caller], tree.places[callee], weight, weight / whole, tree.unit)
        for (caller, callee), weight in sums.items()
        if weight > 0
    ]
    return sorted(calls, key=lambda call: (-call.weight, call.caller.name, call.callee.name))
