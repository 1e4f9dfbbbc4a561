"""The profiles of one run or label, looked at from every side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from perfkit.analyses.call_paths import ProfileTree, turned_round
from perfkit.analyses.functions import FunctionTime, functions
from perfkit.analyses.hot_lines import HotLine, hot_lines
from perfkit.analyses.path_query import MatchedCall, matched_calls
from perfkit.analyses.profile_owners import ProfileOwner, profile_owners
from perfkit.analyses.profile_tree import profile_tree, profile_units, unit_of
from perfkit.model.run import Run
from perfkit.store import Store


@dataclass(frozen=True, slots=True)
class Profiled:
    """Runs that are added up; their functions and lines are listed run by run."""

    store: Store
    runs: Sequence[Run]

    @property
    def run_ids(self) -> list[str]:
        return [run.run_id for run in self.runs]

    def tree(self, *, unit: str | None = None, mine: bool = False, thread: str | None = None) -> ProfileTree:
        """Top down: callers above callees."""
        return profile_tree(self.store, self.run_ids, unit=unit, mine=mine, owner=thread)

    def bottom_up(self, *, unit: str | None = None, mine: bool = False, thread: str | None = None) -> ProfileTree:
        """Functions by their own weight, callers below them."""
        return turned_round(self.tree(unit=unit, mine=mine, thread=thread))

    def functions(self, unit: str | None = None) -> list[FunctionTime]:
        """By own weight, in one unit or in all."""
        chosen = unit and unit_of(profile_units(self.store, self.run_ids), unit).unit
        return [row for row in functions(self.store, self.run_ids) if chosen in (None, row.unit)]

    def lines(self) -> list[HotLine]:
        """By own weight."""
        return hot_lines(self.store, self.run_ids)

    def threads(self) -> list[ProfileOwner]:
        """By weight."""
        return profile_owners(self.store, self.run_ids)

    def calls(self, query: str, unit: str | None = None) -> list[MatchedCall]:
        """Functions that paths such as `app.* > **/json.*` end in."""
        return matched_calls(self.store, self.run_ids, query, unit)
