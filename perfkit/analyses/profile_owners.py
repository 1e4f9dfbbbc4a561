"""Which threads, processes and tasks does a profile tell apart?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from perfkit.store import Store

QUESTION = Path(__file__).with_suffix(".sql")


@dataclass(frozen=True, slots=True)
class ProfileOwner:
    """One thread, process or task of one profile."""

    run_id: str
    owner: str
    """Empty where the profiler does not tell."""
    unit: str
    own: float
    share: float | None


def profile_owners(store: Store, run_ids: Sequence[str]) -> list[ProfileOwner]:
    """By weight, largest first."""
    return store.ask(QUESTION, ProfileOwner, run_ids=list(run_ids))
