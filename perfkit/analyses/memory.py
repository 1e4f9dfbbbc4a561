"""Everything that is known of a program's memory: what the peak is for, which places and types grow, whether the process leaks, what is copied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from perfkit.analyses.known_runs import Selection, newest_evidence, select_runs
from perfkit.analyses.large_copies import LargeCopy, large_copies
from perfkit.analyses.memory_growth import MemoryGrowth, memory_growth
from perfkit.analyses.memory_peak import PEAK, MemoryPeak, memory_peak
from perfkit.analyses.site_growth import SiteGrowth, site_growth
from perfkit.analyses.type_growth import TypeGrowth, type_growth
from perfkit.errors import UsageError
from perfkit.model.run import Run
from perfkit.store import Store

KINDS = ("memory", "profile", "load")
"""A profile by line may count copies, and the log of a load test may hold the server's size."""


@dataclass(frozen=True, slots=True)
class Memory:
    """The answers about some runs of one program."""

    runs: list[Run]
    peak: list[MemoryPeak]
    """Of a last snapshot only where no run knows its peak, of all that was allocated only where there is no snapshot either."""
    sites: list[SiteGrowth]
    types: list[TypeGrowth]
    series: list[MemoryGrowth]
    copies: list[LargeCopy]

    @property
    def verdict(self) -> str:
        """leak where anything leaks, undecided where anything may, flat where all that was looked at is, no_data where nothing was."""
        given = {row.verdict for rows in (self.sites, self.types, self.series) for row in rows}
        return next((verdict for verdict in ("leak", "undecided", "flat") if verdict in given), "no_data")


def memory(store: Store, known: Sequence[Run], name: str) -> Memory:
    """Of one run, or of the newest run of each tool under a label."""
    runs = runs_named(known, name)
    ids = [run.run_id for run in runs]
    held = memory_peak(store, ids)
    highest = [row for row in held if row.moment == PEAK] or [row for row in held if row.held] or held
    found = Memory(runs, highest, site_growth(store, ids), type_growth(store, ids), memory_growth(store, ids), large_copies(store, ids))
    if not any((found.peak, found.sites, found.types, found.series, found.copies)):
        raise UsageError(_nothing(name, runs))
    return found


def _nothing(name: str, runs: Sequence[Run]) -> str:
    """Statistics of memray are of memory, too, but tell neither stacks nor moments."""
    if any(run.kind == "memory" for run in runs):
        return f"{name} tells sums of memory, no stacks and no moments: `perfkit show {name}` shows them, `perfkit profile {name}` its lines."
    return f"{name} says nothing about memory. `perfkit collect memory --label {name} -- COMMAND` measures it."


def runs_named(known: Sequence[Run], name: str) -> list[Run]:
    """A label wins over the beginning of an id, because it is whole."""
    if any(run.label == name for run in known):
        fitting = [run for run in select_runs(known, Selection(label=name)) if run.kind in KINDS and run.valid]
        return newest_evidence(fitting)
    return select_runs(known, Selection(run_ids=(name,)))
