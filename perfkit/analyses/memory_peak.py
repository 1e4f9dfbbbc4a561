"""What was the memory for that was alive at the peak, or at the last snapshot?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from perfkit.store import Store

QUESTION = Path(__file__).with_suffix(".sql")
PEAK = "the peak"


@dataclass(frozen=True, slots=True)
class MemoryPeak:
    """One line of the code in one run."""

    run_id: str
    file: str
    line: int
    function: str
    origin: str
    bytes: float
    allocations: float
    share: float
    total_bytes: float
    moment: str
    """The peak, or the last snapshot where only snapshots are known."""
    path: list[str]
    """Calls of the application, outermost first; empty where there are none."""

    @property
    def subject(self) -> str:
        return f"{self.function} ({self.file}:{self.line})" if self.file else self.function


def memory_peak(store: Store, run_ids: Sequence[str]) -> list[MemoryPeak]:
    """Lines by what they held, most first."""
    return store.ask(QUESTION, MemoryPeak, run_ids=list(run_ids))
