"""The profiles of one run or label, looked at from every side."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from perfkit.analyses.call_paths import ProfileTree, turned_round
from perfkit.analyses.chosen_profiles import chosen_profiles, profile_sides, tool_of
from perfkit.analyses.hot_lines import HotLine, hot_lines
from perfkit.analyses.memory_peak import HELD_AT, moment_of
from perfkit.analyses.path_query import MatchedCall, matched_calls
from perfkit.analyses.profile_bound import ProfileBound, profile_bounds
from perfkit.analyses.profile_owners import ProfileOwner, profile_owners
from perfkit.analyses.profile_tree import ProfileUnit, preference, profile_tree, profile_units, unit_of
from perfkit.analyses.run_facts import RunFact, run_facts
from perfkit.analyses.speed_up import FunctionGain, function_gains
from perfkit.analyses.usual_functions import UsualFunction, usual_functions, usual_own_functions
from perfkit.analyses.usual_lines import UsualLine, usual_lines
from perfkit.errors import UsageError, unknown
from perfkit.model.run import Run
from perfkit.store import Store

ADDING = {"austin", "scalene"}
"""Formats whose bytes add up what was allocated."""
BESIDE = "inuse_space_bytes"
"""Where a profile tells this of its own, its bytes add up as well."""
ADDED_UP = "allocated in the whole run, given back or not, "
STACKS = {"profile_nodes", "profile_functions"}


@dataclass(frozen=True, slots=True)
class Profiled:
    """Runs of one profiler: paths are added up, functions and lines are those of the run in the middle."""

    store: Store
    runs: Sequence[Run]
    others: Sequence[Run] = ()
    """Other profilers' under the same label: they measure something else and are not mixed in."""

    @property
    def run_ids(self) -> list[str]:
        return [run.run_id for run in self.runs]

    def measured_by(self, unit: str) -> str:
        """The profiler, and of memory at which moment it was alive, or that it need not have been."""
        newest = self.runs[0]
        if unit != "bytes":
            moment = ""
        elif newest.format in HELD_AT:
            moment = f"alive at {moment_of(newest.format)}, "
        else:
            moment = ADDED_UP if newest.format in ADDING or BESIDE in self.units() else ""
        return f"{moment}by {tool_of(newest)}"

    def unit(self, asked: str | None = None) -> ProfileUnit:
        """The one that is asked for, which must be there; else time before counts before memory."""
        return unit_of(profile_units(self.store, self.run_ids), asked)

    def tree(self, *, unit: str | None = None, mine: bool = False, thread: str | None = None) -> ProfileTree:
        """Top down: callers above callees."""
        return profile_tree(self.store, self.run_ids, unit=unit, mine=mine, owner=thread)

    def bottom_up(self, *, unit: str | None = None, mine: bool = False, thread: str | None = None) -> ProfileTree:
        """Functions by their own weight, callers below them."""
        return turned_round(self.tree(unit=unit, mine=mine, thread=thread))

    def units(self) -> list[str]:
        """What was measured, the most telling first."""
        known = profile_units(self.store, self.run_ids)
        return sorted({item.unit for item in known if item.whole > 0}, key=lambda unit: (preference(unit), unit))

    def functions(self, unit: str | None = None, *, mine: bool = False) -> list[UsualFunction]:
        """By own weight, in one unit; mine: what libraries do belongs to the application's function that called them."""
        chosen = self.unit(unit).unit
        return (usual_own_functions if mine else usual_functions)(self.store, self.run_ids, chosen)

    def tells_packages(self, unit: str | None = None) -> bool:
        """Whether code of installed packages can be told from the application's; py-spy's raw format names both from where imports begin."""
        if any(run.root for run in self.runs):
            return True
        origins = {row.origin for row in self.functions(unit) if row.origin == "library" or (row.origin == "application" and "/" in row.file)}
        return origins != {"application"}

    def gains(self, times: float = math.inf, unit: str | None = None, *, mine: bool = False) -> list[FunctionGain]:
        """The same functions with what the whole gains if each became so many times faster, or free."""
        chosen = self.unit(unit).unit
        if chosen != "samples" and not chosen.endswith("_s"):
            raise UsageError(f"The profile measures {chosen}, and nothing of that becomes faster. --if-faster asks about time.")
        return function_gains(self.functions(chosen, mine=mine), times)

    def bounds(self) -> list[ProfileBound]:
        """What each run was bound by."""
        return profile_bounds(self.store, self.run_ids)

    def lines(self, unit: str | None = None) -> list[UsualLine]:
        """By own weight, in one unit: the one that is asked for, else time before counts before memory."""
        rows = hot_lines(self.store, self.run_ids)
        units = sorted({row.unit for row in rows}, key=lambda name: (not _weighs(rows, name), preference(name), name))
        if unit is not None and unit not in units:
            raise unknown("unit of lines", unit, units, listing="`perfkit profile RUN --view lines`")
        chosen = unit or next(iter(units), None)
        return usual_lines([row for row in rows if row.unit == chosen], len(self.runs))

    def facts(self) -> list[RunFact]:
        """Wall and CPU time, switches, memory, and what the profiler itself cost."""
        return run_facts(self.store, self.run_ids)

    def threads(self, unit: str | None = None) -> list[ProfileOwner]:
        """Run by run in one unit, by weight: every run has threads of its own."""
        owners = profile_owners(self.store, self.run_ids)
        chosen = self.unit(unit).unit if owners else unit
        return [row for row in owners if row.unit == chosen]

    def calls(self, query: str, unit: str | None = None) -> list[MatchedCall]:
        """Functions that paths such as `app.* > **/json.*` end in."""
        return matched_calls(self.store, self.run_ids, query, unit)


def profiled(store: Store, known: Sequence[Run], name: str, tool: str | None = None) -> Profiled:
    """The profiles that a name means: of one profiler, which tool names, else of the newest one."""
    chosen = chosen_profiles(known, name, tool, _with_stacks(store))
    return Profiled(store, chosen.runs, chosen.others)


def both_profiled(store: Store, known: Sequence[Run], names: tuple[str, str], tool: str | None = None) -> tuple[Profiled, Profiled]:
    """Those of a base and a candidate, of a profiler that both have."""
    base, candidate = profile_sides(known, names, tool, _with_stacks(store))
    return Profiled(store, base.runs, base.others), Profiled(store, candidate.runs, candidate.others)


def _with_stacks(store: Store) -> Callable[[Run], bool]:
    return lambda run: bool(STACKS & store.tables_of([run.run_id]))


def _weighs(rows: Sequence[HotLine], unit: str) -> bool:
    return any(row.own or row.total for row in rows if row.unit == unit)
