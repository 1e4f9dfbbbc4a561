"""Is one run in balance, and which of its requests belong together in time?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]


def little(throughput_per_s: float, mean_latency_s: float, users: float, think_s: float = 0.0) -> float:
    """How far X·(R+Z) is from N, as a share of N; above 0.1 the data or the load generator are suspect."""
    if users <= 0:
        raise ValueError(f"{users} users: Little's law needs at least one.")
    return abs(users - throughput_per_s * (mean_latency_s + think_s)) / users


def lag1(values: Sequence[float] | Floats) -> float:
    """Correlation of each value with the next; 0 where nothing varies."""
    centred = np.asarray(values, dtype=float)
    centred = centred - centred.mean() if len(centred) else centred
    spread = float(centred @ centred)
    return float(centred[:-1] @ centred[1:]) / spread if spread > 0 else 0.0


def time_batches(starts: Sequence[float] | Floats, durations: Sequence[float] | Floats, k: int = 10) -> list[Indices]:
    """Indices of the requests that ended in each of k equal stretches between the first end and the last; a stretch may be empty."""
    if k < 1:
        raise ValueError(f"{k} batches: at least one is needed.")
    ends = np.asarray(starts, dtype=float) + np.asarray(durations, dtype=float)
    if not len(ends):
        return [np.empty(0, dtype=np.intp) for _ in range(k)]
    edges = np.linspace(ends.min(), ends.max(), k + 1)[1:-1]
    batch = np.searchsorted(edges, ends, side="right")
    return [np.flatnonzero(batch == number) for number in range(k)]


@dataclass(frozen=True, slots=True)
class Steady:
    """Where the steady part of a run begins."""

    start: int
    steady: bool
    why: str | None


def steady_from(latency_per_second: Sequence[float], throughput_per_second: Sequence[float]) -> Steady:
    """Everything counts as steady."""
    return Steady(0, len(latency_per_second) == len(throughput_per_second), None)
