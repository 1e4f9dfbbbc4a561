"""The profiles of two labels or runs, held against each other from every side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from perfkit.analyses.matched_functions import Bodies
from perfkit.analyses.path_changes import PathChange, path_changes
from perfkit.analyses.profile_changes import Basis, FunctionChange, Sides, Weight, function_changes, sides_of
from perfkit.model.run import Run
from perfkit.store import Store


@dataclass(frozen=True, slots=True)
class ProfileComparison:
    """What the candidate's runs changed against the base's."""

    store: Store
    base: Sequence[Run]
    candidate: Sequence[Run]
    bodies: Bodies
    force: bool = False
    """Judge although host, workload or tool settings differ."""
    others: Sequence[Run] = ()
    """Of the candidate, by other profilers: they are not mixed in."""

    def functions(self, *, unit: str | None = None, by: Weight = "own", most: int | None = None) -> tuple[Basis, list[FunctionChange]]:
        """Functions, certain changes first, the largest first."""
        with self.store.sitting():
            return function_changes(self._sides(unit), by=by, most=most)

    def paths(self, *, unit: str | None = None, mine: bool = False) -> tuple[Basis, list[PathChange]]:
        """Paths of calls, callers before callees."""
        with self.store.sitting():
            return path_changes(self.store, self._sides(unit), mine=mine)

    def _sides(self, unit: str | None) -> Sides:
        return sides_of(self.store, self.base, self.candidate, unit=unit, bodies=self.bodies, force=self.force)
