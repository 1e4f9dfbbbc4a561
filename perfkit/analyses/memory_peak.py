"""What was the memory for that was alive at the peak, or at the last snapshot?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from perfkit.store import Store

QUESTION = Path(__file__).with_suffix(".sql")
PEAK, SNAPSHOT, ENDED, WHOLE_RUN = "the peak", "the last snapshot", "the end of the recording", "the end of the run"
HELD_AT = {"memray": PEAK, "tracemalloc": SNAPSHOT, "allocation-growth": SNAPSHOT, "heapprofile": ENDED}
"""By format: what is alive at which moment. Other profilers add up what was allocated."""


def moment_of(format_name: str) -> str:
    """What the bytes of a profile were alive at, or until when they were counted."""
    return HELD_AT.get(format_name, WHOLE_RUN)


@dataclass(frozen=True, slots=True)
class MemoryPeak:
    """One line of the code in one run."""

    run_id: str
    file: str
    line: int
    """That allocated, or the first of its function where the profiler tells no other; 0 where it tells none."""
    function: str
    origin: str
    bytes: float
    allocations: float | None
    """None where the profiler counted samples and no allocations."""
    share: float
    total_bytes: float
    format: str
    path: list[str]
    """Calls of the application, outermost first; empty where there are none."""

    @property
    def moment(self) -> str:
        """The peak, or the last snapshot where only snapshots are known, or the end where all that was allocated is counted."""
        return moment_of(self.format)

    @property
    def held(self) -> bool:
        """False: it may have been given back long before."""
        return self.moment != WHOLE_RUN

    @property
    def subject(self) -> str:
        """Where only lines are known they are not named twice."""
        if self.function == f"line {self.line}":
            return f"{self.file}:{self.line}" if self.file else "unknown"
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{self.function} ({where})" if where else self.function


def memory_peak(store: Store, run_ids: Sequence[str]) -> list[MemoryPeak]:
    """Lines by what they held, most first."""
    return store.ask(QUESTION, MemoryPeak, run_ids=list(run_ids))
