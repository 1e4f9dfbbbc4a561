"""Which source lines does the weight go to?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from perfkit.store import Store

QUESTION = Path(__file__).with_suffix(".sql")


@dataclass(frozen=True, slots=True)
class HotLine:
    """One line of one profile."""

    run_id: str
    file: str
    line: int
    function: str | None
    origin: str
    hits: int | None
    own: float | None
    """None where the profiler only knows the line with what it calls."""
    total: float | None
    """None where the profiler only knows the line's own."""
    native_share: float | None
    memory_mb: float | None
    copy_mb: float | None
    share: float | None
    unit: str


def hot_lines(store: Store, run_ids: Sequence[str]) -> list[HotLine]:
    """Lines by own weight, largest first."""
    return store.ask(QUESTION, HotLine, run_ids=list(run_ids))
