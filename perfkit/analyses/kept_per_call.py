"""How much memory does each call of a piece of work leave behind? The slope of what the process holds over the number of calls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from perfkit.store import Store

QUESTION = Path(__file__).with_suffix(".sql")
LEAST_CALLS = 8
WARM_UP = 1 / 4
"""Share of the calls that fill caches and load modules, and do not count."""


@dataclass(frozen=True, slots=True)
class _Held:
    run_id: str
    subject: str
    file: str | None
    line: int | None
    held: list[float]


@dataclass(frozen=True, slots=True)
class KeptPerCall:
    """One piece of work in one run."""

    run_id: str
    subject: str
    file: str | None
    line: int | None
    n: int
    """Calls, the first quarter left out."""
    kept_bytes: float
    """A call; negative where the process shrinks."""
    lo: float
    hi: float


def kept_per_call(store: Store, run_ids: Sequence[str]) -> list[KeptPerCall]:
    """Every piece of work that says in `rss_bytes` what the process held when it was done, and was called often enough."""
    counted = [(item, item.held[int(len(item.held) * WARM_UP) :]) for item in store.ask(QUESTION, _Held, run_ids=list(run_ids))]
    return [_slope(item, held) for item, held in counted if len(held) >= LEAST_CALLS]


def _slope(item: _Held, held: Sequence[float]) -> KeptPerCall:
    """Theil and Sen's, which a single collection of garbage does not turn."""
    from scipy.stats import theilslopes

    slope, _, lo, hi = theilslopes(held)
    return KeptPerCall(item.run_id, item.subject, item.file, item.line, len(held), float(slope), float(lo), float(hi))
