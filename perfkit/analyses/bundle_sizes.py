"""How large is what a build delivers, raw and compressed?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from perfkit.store import Store

QUESTION = Path(__file__).with_suffix(".sql")


@dataclass(frozen=True, slots=True)
class BundleSize:
    """One bundle in one encoding."""

    run_id: str
    subject: str
    n: int
    size_bytes: float


def bundle_sizes(store: Store, run_ids: Sequence[str]) -> list[BundleSize]:
    """Every bundle that a run measured."""
    return store.ask(QUESTION, BundleSize, run_ids=list(run_ids))
