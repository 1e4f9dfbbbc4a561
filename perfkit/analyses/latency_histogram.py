"""How many requests took how long?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from perfkit.analyses.latency import ALL_REQUESTS
from perfkit.store import Store

QUESTION = Path(__file__).with_suffix(".sql")


@dataclass(frozen=True, slots=True)
class LatencyBin:
    """One bin of one run's histogram."""

    run_id: str
    outcome: str
    """ok, failed, or all where the tool kept no raw samples."""
    scale: str
    """linear or log: every request is counted in both, those of 0 ms in the first only."""
    lo_ms: float
    hi_ms: float | None
    """None: everything from lo_ms on."""
    requests: float
    """Whole where raw samples exist; a tool's bucket is shared among the bins that it covers."""


def latency_histogram(store: Store, run_ids: Sequence[str], subject: str = ALL_REQUESTS) -> list[LatencyBin]:
    """Bins are equal for all runs asked for at once; the subject is an endpoint or a glob."""
    return store.ask(QUESTION, LatencyBin, run_ids=list(run_ids), subject=subject)
