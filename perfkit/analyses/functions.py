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
    file: str
    line: int
    n: int
    own: float
    total: float
    own_share: float | None
    per_call_ms: float | None
    """With callees; None when the profile does not measure time."""
    unit: str


def functions(store: Store, run_ids: Sequence[str]) -> list[FunctionTime]:
    """Functions by own time, largest first."""
    return store.ask(QUESTION, FunctionTime, run_ids=list(run_ids))
