"""What did profilers and collectors count for whole runs?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from perfkit.store import Store

QUESTION = Path(__file__).with_suffix(".sql")


@dataclass(frozen=True, slots=True)
class RunFact:
    """One number of one run."""

    run_id: str
    stat: str
    value: float
    unit: str


def run_facts(store: Store, run_ids: Sequence[str]) -> list[RunFact]:
    """By run and name."""
    return store.ask(QUESTION, RunFact, run_ids=list(run_ids))
