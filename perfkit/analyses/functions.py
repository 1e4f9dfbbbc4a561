"""Which functions does the time go to?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from perfkit.store import Store

QUESTION = Path(__file__).with_suffix(".sql")


@dataclass(frozen=True, slots=True)
class FunctionTime:
    """One function in one profile."""

    run_id: str
    subject: str
    function: str
    module: str
    file: str
    """Below the project, the installed packages or the language's library."""
    line: int
    """0 where the profiler does not tell."""
    origin: str
    n: int | None
    """Calls; None where the profiler takes samples."""
    own: float
    total: float
    own_share: float | None
    per_call_ms: float | None
    """With callees; None when the profile counts no calls or no time."""
    unit: str


def functions(store: Store, run_ids: Sequence[str]) -> list[FunctionTime]:
    """Functions by own time, largest first."""
    return store.ask(QUESTION, FunctionTime, run_ids=list(run_ids))
