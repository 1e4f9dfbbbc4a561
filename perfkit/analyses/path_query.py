"""Which calls match `app.* > **/json.*`, and what do they cost? A step is a pattern for a function; > is a direct call, **/ one through others."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import translate
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perfkit.analyses.call_paths import Place
from perfkit.analyses.profile_tree import PATHS, places_of, profile_units, unit_of
from perfkit.errors import UsageError
from perfkit.store import Store

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

GRAPH = Path(__file__).with_name("profile_graph.sql")
OWN = Path(__file__).with_name("profile_own.sql")
ANY_DEPTH = "**/"
FORM = "Steps are separated by >, such as 'app.* > json.*' for direct calls or 'app.* > **/json.*' for calls through others."


@dataclass(frozen=True, slots=True)
class PathStep:
    """One step of a query."""

    pattern: re.Pattern[str]
    through_others: bool
    """Whether other functions may lie between the step before and this one."""

    def fits(self, place: Place) -> bool:
        """By full name, by the function's own name or by the file."""
        return any(self.pattern.fullmatch(name) for name in (place.name, place.function, place.file))


@dataclass(frozen=True, slots=True)
class MatchedCall:
    """A function at the end of matching paths."""

    name: str
    file: str
    line: int
    paths: int
    """How many different paths of calls lead to it."""
    own: float
    total: float
    """Each matching path once, also where one lies within another."""
    share: float
    """Of the whole profile."""
    unit: str
    estimated: bool
    """True: the profiler counted who calls whom, not paths; behind a call through others this is the most that it can be."""


def parsed(query: str) -> list[PathStep]:
    """The steps of a query; raises UsageError for what is none."""
    steps: list[PathStep] = []
    for text in (part.strip() for part in query.split(">")):
        pattern = text.removeprefix(ANY_DEPTH).strip()
        if not pattern:
            raise UsageError(f"The path {query!r} has an empty step. {FORM}")
        steps.append(PathStep(re.compile(translate(pattern)), text.startswith(ANY_DEPTH) and bool(steps)))
    return steps


def matched_calls(store: Store, run_ids: Sequence[str], query: str, unit: str | None = None) -> list[MatchedCall]:
    """Functions that matching paths end in, heaviest first."""
    steps = parsed(query)
    chosen = unit_of(profile_units(store, run_ids), unit)
    places = {place.frame_id: place for place in places_of(store, run_ids)}
    asked = {"run_ids": list(run_ids), "unit": chosen.unit}
    if chosen.tree:
        return _in_tree(steps, places, store.columns(PATHS, **asked), chosen.unit)
    return _in_graph(steps, places, store.columns(OWN, **asked), store.columns(GRAPH, **asked), chosen.unit)


def _fitting(step: PathStep, places: dict[int, Place], frames: NDArray[np.uint64]) -> NDArray[np.bool_]:
    import numpy as np

    wanted = [frame for frame, place in places.items() if step.fits(place)]
    return np.isin(frames, np.array(wanted, frames.dtype))


def _in_tree(steps: Sequence[PathStep], places: dict[int, Place], paths: dict[str, Any], unit: str) -> list[MatchedCall]:
    """What is below a path follows it without a gap, so that a step is a running sum, not a walk."""
    import numpy as np

    parent, last = _lined_up(paths)
    matched = _fitting(steps[0], places, paths["frame_id"])
    for step in steps[1:]:
        reached = _below(matched, last) if step.through_others else np.append(matched, False)[parent]
        matched = reached & _fitting(step, places, paths["frame_id"])
    numbers = np.flatnonzero(matched)
    columns = (paths[name][numbers].tolist() for name in ("frame_id", "self", "total"))
    found: dict[int, list[float]] = defaultdict(lambda: [0, 0.0, 0.0])
    covered: dict[int, int] = {}
    for number, end, frame, own, total in zip(numbers.tolist(), last[numbers].tolist(), *columns, strict=True):
        sums = found[frame]
        sums[0] += 1
        sums[1] += own
        if number > covered.get(frame, -1):
            sums[2] += total
            covered[frame] = end
    return _ranked(found, places, float(paths["self"].sum()), unit, estimated=False)


def _lined_up(paths: dict[str, Any]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Each path's caller and its last path below, as rows: numbers begin anew in every run. A root's caller is the row -1."""
    import numpy as np

    _, first, run = np.unique(paths["run_id"], return_index=True, return_inverse=True)
    begins, parent = first[run], paths["parent_id"]
    return np.where(parent < 0, -1, begins + parent), begins + paths["last_id"].astype(np.int64)


def _below(matched: NDArray[np.bool_], last: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Rows below matched ones, which may lie within each other."""
    import numpy as np

    opened = np.zeros(len(matched) + 2, np.int64)
    numbers = np.flatnonzero(matched)
    np.add.at(opened, numbers + 1, 1)
    np.add.at(opened, last[numbers] + 1, -1)
    return np.cumsum(opened)[: len(matched)] > 0


def _in_graph(steps: Sequence[PathStep], places: dict[int, Place], own: dict[str, Any], graph: dict[str, Any], unit: str) -> list[MatchedCall]:
    """Direct calls cost what their edges say. Through others only what a function costs for all its callers is known."""
    import numpy as np

    matched = own["frame_id"][_fitting(steps[0], places, own["frame_id"])]
    edges = np.zeros(len(graph["caller_id"]), bool)
    for step in steps[1:]:
        reached = _reached(matched, graph) if step.through_others else matched
        edges = np.isin(graph["caller_id"], reached) & _fitting(step, places, graph["callee_id"])
        matched = np.unique(graph["callee_id"][edges])
    found: dict[int, list[float]] = defaultdict(lambda: [0, 0.0, 0.0])
    exact = not any(step.through_others for step in steps) and len(steps) == 2
    rows = (
        zip(graph["callee_id"][edges].tolist(), graph["self"][edges].tolist(), graph["total"][edges].tolist(), strict=True)
        if exact
        else _whole(matched, own)
    )
    for frame, own_weight, total in rows:
        sums = found[frame]
        sums[0] += 1
        sums[1] += own_weight
        sums[2] += total
    return _ranked(found, places, float(own["self"].sum()), unit, estimated=len(steps) > 1 and not exact)


def _whole(matched: NDArray[np.uint64], own: dict[str, Any]) -> Iterator[tuple[int, float, float]]:
    """What functions cost for all their callers."""
    import numpy as np

    kept = np.isin(own["frame_id"], matched)
    yield from zip(*(own[name][kept].tolist() for name in ("frame_id", "self", "total")), strict=True)


def _reached(matched: NDArray[np.uint64], graph: dict[str, Any]) -> NDArray[np.uint64]:
    """The functions and all that they call, directly or through others."""
    import numpy as np

    reached, fresh = matched, matched
    while len(fresh):
        called = np.unique(graph["callee_id"][np.isin(graph["caller_id"], fresh)])
        fresh = np.setdiff1d(called, reached)
        reached = np.union1d(reached, fresh)
    return reached


def _ranked(found: dict[int, list[float]], places: dict[int, Place], whole: float, unit: str, *, estimated: bool) -> list[MatchedCall]:
    calls = [
        MatchedCall(place.name, place.file, place.line, int(paths), own, total, total / whole if whole else 0.0, unit, estimated)
        for place, (paths, own, total) in ((places[frame], sums) for frame, sums in found.items())
    ]
    return sorted(calls, key=lambda call: (-call.total, call.name, call.line))
