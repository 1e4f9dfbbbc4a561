"""How is a connection pool used?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from perfkit.store import Store

QUESTION = Path(__file__).with_suffix(".sql")
ALL_REQUESTS = "all requests"


@dataclass(frozen=True, slots=True)
class PoolUse:
    """What the requests of one endpoint do with one pool in one traced run."""

    run_id: str
    subject: str
    endpoint: str
    pool: str
    requests: int
    n: int
    """Checkouts."""
    reused: int
    reuse: float
    connects: int
    connect_ms: float
    """Of one connection; 0 where none was made."""
    connect_cost_ms: float
    """Of one request."""
    wait_ms: float
    """Of one request, connecting left out."""
    wait_p50_ms: float
    wait_p95_ms: float
    wait_max_ms: float
    overflow_closes: int
    held_ms: float
    idle_ms: float
    elsewhere_ms: float
    """Held while a model or another service was asked."""
    elsewhere: str | None
    most_held: int
    """At once, by all requests of the run."""
    request_ms: float | None
    """None outside of requests."""
    file: str | None
    line: int | None


def pool_use(store: Store, run_ids: Sequence[str]) -> list[PoolUse]:
    """Every pool by endpoint, and over all requests."""
    return store.ask(QUESTION, PoolUse, run_ids=list(run_ids))
