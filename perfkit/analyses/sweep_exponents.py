"""By which power does the time of a workload grow with its size?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from perfkit.analyses.sweep_growth import sweep_growth
from perfkit.store import Store


@dataclass(frozen=True, slots=True)
class SweepExponent:
    """One sweep."""

    run_id: str
    subject: str
    n: int
    """Sizes."""
    exponent: float
    """Of the growing part: 1 is linear, 0 is no growth."""
    lo: float | None
    hi: float | None


def sweep_exponents(store: Store, run_ids: Sequence[str]) -> list[SweepExponent]:
    """Sweeps over three sizes or more."""
    found = [(sweep, sweep.total.growth) for sweep in sweep_growth(store, run_ids)]
    return [SweepExponent(sweep.run_id, sweep.subject, len(sweep.total.sizes), grown.exponent, grown.lo, grown.hi) for sweep, grown in found if grown]
