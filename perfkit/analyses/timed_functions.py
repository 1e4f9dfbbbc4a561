"""How long do the functions take that the application times itself?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from perfkit.store import Store

QUESTION = Path(__file__).with_suffix(".sql")


@dataclass(frozen=True, slots=True)
class TimedFunction:
    """One timed function in one traced run."""

    run_id: str
    subject: str
    function: str
    file: str
    line: int | None
    n: int
    per_call_ms: float


def timed_functions(store: Store, run_ids: Sequence[str]) -> list[TimedFunction]:
    """Functions by the time of a call, longest first."""
    return store.ask(QUESTION, TimedFunction, run_ids=list(run_ids))
