"""Was every request of a load run sent, or did a stall keep users from sending?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from perfkit.store import Store

QUESTION = Path(__file__).with_suffix(".sql")


@dataclass(frozen=True, slots=True)
class LoadCoverage:
    """One load run that is long and busy enough to have a usual second."""

    run_id: str
    load_model: str | None
    coverage: float
    """Share of its seconds in which requests were sent as usual."""


def load_coverage(store: Store, run_ids: Sequence[str]) -> list[LoadCoverage]:
    """The runs of which it can be said."""
    return store.ask(QUESTION, LoadCoverage, run_ids=list(run_ids))
