"""Which profiles does a name mean? Those of one profiler with the same settings, never a mixture; what else there is, is named beside them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from perfkit.analyses.known_runs import Selection, select_runs
from perfkit.errors import UsageError, unknown
from perfkit.model.run import Run

KINDS = ("profile", "memory")
"""Memory is a profile, too, where the paths that hold it are known."""

Holds = Callable[[Run], bool]


@dataclass(frozen=True, slots=True)
class ChosenProfiles:
    """Runs that may be taken together, newest first."""

    runs: list[Run]
    others: list[Run]
    """Valid ones under the same label, of other profilers or settings."""


def tool_of(run: Run) -> str:
    """The profiler by its name, or the format where the run does not tell."""
    return run.tool or run.format


def chosen_profiles(known: Sequence[Run], name: str, tool: str | None = None, holds: Holds = lambda _: True) -> ChosenProfiles:
    """Of a label the runs that are like its newest profile; of memory, which does not add up, only the newest run. Else the run that the name begins.

    tool: which profiler's. holds: whether a run of another kind than profile has paths of calls.
    """
    valid = _labelled(known, name, holds)
    if not valid:
        return ChosenProfiles(_one_run(known, name), [])
    fitting = [run for run in valid if tool in (None, tool_of(run), run.format)]
    if not fitting:
        raise unknown(f"profiler of {name}", tool or "", dict.fromkeys(map(tool_of, valid)), listing="`perfkit runs`")
    newest = min(fitting, key=lambda run: KINDS.index(run.kind))
    return ChosenProfiles(_like(newest, fitting), [run for run in valid if _make(run) != _make(newest)])


def profile_sides(
    known: Sequence[Run], names: tuple[str, str], tool: str | None = None, holds: Holds = lambda _: True
) -> tuple[ChosenProfiles, ChosenProfiles]:
    """The profiles of a base and a candidate: of the newest make that both labels have; where they have none in common each side's own."""
    base, candidate = (_labelled(known, name, holds) for name in names)
    makes = {_make(run) for run in base if tool in (None, tool_of(run), run.format)}
    common = next((run for run in sorted(candidate, key=lambda run: KINDS.index(run.kind)) if _make(run) in makes), None)
    if common is None:
        return chosen_profiles(known, names[0], tool, holds), chosen_profiles(known, names[1], tool, holds)
    sides = [
        ChosenProfiles(_like(next(run for run in side if _make(run) == _make(common)), side), [run for run in side if _make(run) != _make(common)])
        for side in (base, candidate)
    ]
    return sides[0], sides[1]


def _labelled(known: Sequence[Run], name: str, holds: Holds) -> list[Run]:
    labelled = [run for run in known if run.kind in KINDS and run.label == name and run.valid]
    return [run for run in labelled if run.kind == KINDS[0] or holds(run)]


def _like(newest: Run, runs: Sequence[Run]) -> list[Run]:
    return [run for run in runs if _make(run) == _make(newest)] if newest.kind == KINDS[0] else [newest]


def _make(run: Run) -> tuple[str, str, str]:
    return run.kind, run.format, run.fingerprint


def _one_run(known: Sequence[Run], name: str) -> list[Run]:
    of_kind = [run for run in known if run.kind in KINDS]
    labelled = [run for run in of_kind if run.label == name]
    if not labelled:
        return select_runs(of_kind, Selection(run_ids=(name,)))
    doubts = next((run for run in labelled if not run.valid), None)
    if doubts is not None:
        raise UsageError(f"{name} has no valid profile: {doubts.invalid_because}. `perfkit profile {doubts.run_id}` shows it all the same.")
    raise UsageError(
        f"{name} was measured by {tool_of(labelled[0])}, which tells no paths of calls. `perfkit memory {name}` says what it shows; "
        "memray and tracemalloc tell paths."
    )
