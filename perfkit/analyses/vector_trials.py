"""What does each setting of a vector search find, and how fast?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from perfkit.store import Store

QUESTION = Path(__file__).with_suffix(".sql")
EXACT = "exact"


@dataclass(frozen=True, slots=True)
class VectorTrial:
    """One setting: recall beside latency."""

    run_id: str
    trial: int
    subject: str
    source: str
    method: str
    metric: str | None
    row_count: int
    dimensions: int | None
    lists: int | None
    probes: int | None
    m: int | None
    ef_construction: int | None
    ef_search: int | None
    k: int
    n: int
    """Queries."""
    recall: float
    returned: float
    p50_ms: float
    p95_ms: float
    p99_ms: float | None
    mean_ms: float
    queries_per_s: float
    build_ms: float | None
    """None: exact search, or an index that was there."""
    bytes: float | None
    buffers: float | None
    index_used: bool | None
    in_place: bool
    wanted_recall: float | None
    library: str
    """pgvector or faiss."""

    @property
    def is_exact(self) -> bool:
        """No index, or one of FAISS without anything to set, which compares all."""
        return self.method == EXACT or self.method.startswith("IndexFlat")

    @property
    def build(self) -> tuple[str, int | None, int | None, int | None]:
        """What is fixed once the index is built."""
        return self.method, self.lists, self.m, self.ef_construction

    @property
    def built(self) -> str:
        """Such as hnsw m 16, ef_construction 64."""
        return _named(self.method, lists=self.lists, m=self.m, ef_construction=self.ef_construction)

    @property
    def searched(self) -> str:
        """Such as ef_search 40."""
        return _named("", probes=self.probes, ef_search=self.ef_search)

    @property
    def setting(self) -> str:
        """Such as hnsw m 16, ef_construction 64, ef_search 40."""
        return ", ".join(filter(None, (self.built, self.searched)))


def vector_trials(store: Store, run_ids: Sequence[str]) -> list[VectorTrial]:
    """Every trial of the runs, in the order in which they were made."""
    return store.ask(QUESTION, VectorTrial, run_ids=list(run_ids))


def _named(first: str, **settings: int | None) -> str:
    return f"{first} {', '.join(f'{name} {value}' for name, value in settings.items() if value is not None)}".strip()
