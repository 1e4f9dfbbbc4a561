"""Answers of a vector search → the share of them that are near enough. Distances are computed here, never taken from the engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Metric = Literal["cosine", "l2", "ip"]

TOLERANCE = 1e-3
"""Of the k-th distance: an answer that is so little farther counts, as ties do."""
ROUNDING = 1e-6
"""Of the metric's scale: what float32 cannot tell apart."""
BLOCK = 64
"""Queries whose distances are computed at a time."""


@dataclass(frozen=True, slots=True)
class Truth:
    """For each query the largest distance that an answer may have."""

    thresholds: Doubles
    k: int
    """Neighbours that there are to be found."""


def distances(metric: Metric, query: Floats, vectors: Floats) -> Doubles:
    """From one query to each vector; the inner product is negated, so that smaller is nearer."""
    one, many = query.astype(np.float64), vectors.astype(np.float64)
    if metric == "l2":
        return np.asarray(np.linalg.norm(many - one, axis=1), dtype=np.float64)
    products: Doubles = many @ one
    if metric == "ip":
        return -products
    lengths = np.linalg.norm(many, axis=1) * np.linalg.norm(one)
    return np.asarray(1 - products / np.where(lengths > 0, lengths, 1), dtype=np.float64)


def true_within(metric: Metric, queries: Floats, base: Floats, k: int, own: Sequence[int] | None = None) -> Truth:
    """By looking at every vector; own: the row of each query among them, which is no answer."""
    found = []
    for number, query in enumerate(queries):
        far = distances(metric, query, base)
        if own is not None:
            far[own[number]] = np.inf
        found.append(far)
    there = min(k, len(base) - (own is not None))
    return truth_from(metric, queries, [np.sort(np.partition(far, there - 1)[:there]) for far in found], k)


def truth_from(metric: Metric, queries: Floats, nearest: Sequence[Doubles], k: int) -> Truth:
    """From the distances of each query's true neighbours, ascending."""
    lengths = np.linalg.norm(queries.astype(np.float64), axis=1)
    scales = np.ones(len(queries)) if metric == "cosine" else lengths + 1e-12
    last = np.array([far[-1] if len(far) else np.inf for far in nearest])
    allowed = last + TOLERANCE * np.abs(last) + ROUNDING * scales
    return Truth(allowed, min(k, max((len(far) for far in nearest), default=0)))


def recall(truth: Truth, answered: Sequence[Doubles]) -> float:
    """The share of the neighbours to be found, on average over the queries; answered: distances of each query's answers."""
    near = [int((far[: truth.k] <= limit).sum()) for far, limit in zip(answered, truth.thresholds, strict=True)]
    return float(np.mean(near)) / truth.k if truth.k else 1.0
