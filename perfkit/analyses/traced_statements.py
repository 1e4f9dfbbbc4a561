"""Which different statements did a traced run send, and how long did each take in all?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from perfkit.store import Store

QUESTION = Path(__file__).with_suffix(".sql")


@dataclass(frozen=True, slots=True)
class TracedStatement:
    """One statement, whatever its values."""

    fingerprint: str
    name: str
    statement: str
    n: int
    total_ms: float


def traced_statements(store: Store, run_ids: Sequence[str]) -> list[TracedStatement]:
    """Statements by the time that they took, largest first."""
    return store.ask(QUESTION, TracedStatement, run_ids=list(run_ids))
