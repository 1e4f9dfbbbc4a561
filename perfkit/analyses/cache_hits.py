"""How often does the cache answer?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from perfkit.store import Store

QUESTION = Path(__file__).with_suffix(".sql")


@dataclass(frozen=True, slots=True)
class CacheHits:
    """The look-ups of one endpoint in one traced run."""

    run_id: str
    subject: str
    n: int
    hits: int
    hit_ratio: float


def cache_hits(store: Store, run_ids: Sequence[str]) -> list[CacheHits]:
    """Every endpoint that asks a cache, and all together."""
    return store.ask(QUESTION, CacheHits, run_ids=list(run_ids))
