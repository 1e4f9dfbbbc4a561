"""Which calls lead to where the weight of a profile is? Equal paths of all threads and runs are one path here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perfkit.analyses.call_paths import Merge, Place, ProfileTree
from perfkit.analyses.estimated_paths import LEAST_SHARE, add_estimated
from perfkit.errors import UsageError, unknown
from perfkit.store import Store

UNITS = Path(__file__).with_name("profile_units.sql")
PLACES = Path(__file__).with_name("profile_places.sql")
PATHS = Path(__file__).with_name("profile_paths.sql")
BY_PREFERENCE = ("cpu_s", "wall_s", "samples", "bytes", "allocations")


@dataclass(frozen=True, slots=True)
class ProfileUnit:
    """One unit that a profile was measured in."""

    run_id: str
    unit: str
    tree: bool
    whole: float


def unit_of(known: Sequence[ProfileUnit], asked: str | None) -> ProfileUnit:
    """The unit that a question means: the one asked for, else time before counts before memory."""
    if not known:
        raise UsageError("The profile has no functions. `perfkit profile RUN --view lines` shows its lines, where it has any.")
    units = {item.unit: item for item in known}
    if asked is not None and asked not in units:
        raise unknown("unit of this profile", asked, units, listing="`perfkit show RUN`")
    return units[asked] if asked else min(known, key=_rank)


def _rank(item: ProfileUnit) -> tuple[bool, int, str]:
    return item.whole <= 0, preference(item.unit), item.unit


def preference(unit: str) -> int:
    """The smaller the rather; units that a tool brought along come last."""
    return BY_PREFERENCE.index(unit) if unit in BY_PREFERENCE else len(BY_PREFERENCE)


def profile_units(store: Store, run_ids: Sequence[str]) -> list[ProfileUnit]:
    """What the runs measured."""
    return store.ask(UNITS, ProfileUnit, run_ids=list(run_ids))


def places_of(store: Store, run_ids: Sequence[str]) -> list[Place]:
    """The functions that the runs name."""
    return store.ask(PLACES, Place, run_ids=list(run_ids))


def profile_tree(
    store: Store, run_ids: Sequence[str], *, unit: str | None = None, mine: bool = False, owner: str | None = None, least: float = LEAST_SHARE
) -> ProfileTree:
    """The paths of runs of one unit, of all threads or of one; mine: what libraries do belongs to whoever of the application called them.

    least: estimated paths of a smaller share are not followed.
    """
    chosen = unit_of(profile_units(store, run_ids), unit)
    merge = Merge(places_of(store, run_ids), mine=mine)
    if chosen.tree:
        _add_paths(merge, store.columns(PATHS, run_ids=list(run_ids), unit=chosen.unit), owner)
    elif owner is not None:
        raise UsageError(f"The profiler did not tell threads apart, so there is nothing to show of {owner!r} alone. Leave --thread out.")
    else:
        add_estimated(merge, store, run_ids, chosen.unit, least)
    return merge.tree(chosen.unit, estimated=not chosen.tree, runs=len(run_ids))


def _add_paths(merge: Merge, paths: dict[str, Any], owner: str | None) -> None:
    """Run by run: numbers of paths begin anew in each."""
    import numpy as np

    if owner is not None:
        known = sorted(set(paths["owner"]))
        if owner not in known:
            raise unknown("thread", owner, known, listing="`perfkit profile RUN --view threads`")
        kept = paths["owner"] == owner
        paths = {name: column[kept] for name, column in paths.items()}
    for run in np.unique(paths["run_id"]):
        of_run = paths["run_id"] == run
        merge.add(*(paths[name][of_run].tolist() for name in ("node_id", "parent_id", "frame_id", "self")))
