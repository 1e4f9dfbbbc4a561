"""Do the durations under one name belong to two kinds of work, such as cache hits and misses?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from perfkit.stats.measured import Floats, measured

MIN_SAMPLES = 100
"""Fewer hold too few of the rarer kind."""
TAIL = 0.02
"""Share at either end that is left out: outliers are no kind of work."""
RAREST = 0.025
"""Share of the rest that a kind needs."""
NEAREST = 2.2
"""Medians nearer than this factor are not told apart."""
APART = 3.2
"""Distance in common standard deviations: simulated queues and skewed distributions of one kind stay below in 98 of 100."""
GAIN = 0.1
"""By how much two kinds must explain a duration's logarithm better than one, in log likelihood: skewed distributions of one kind gain less."""
UNLIKE = 4.0
"""How much wider one kind may be than the other: what is wider is a tail."""
NARROWEST = 0.10
"""Standard deviation of logarithms that a kind has at least: a coarse clock makes none narrower."""
TICKS = 4
"""Steps of the clock between the medians: neighbouring ticks are no kinds."""
BINS = 200
ROUNDS = 100
SETTLED = 1e-4


@dataclass(frozen=True, slots=True)
class Mode:
    """One kind of work."""

    share: float
    median_ms: float


@dataclass(frozen=True, slots=True)
class Modes:
    """Two kinds; together they are all durations."""

    fast: Mode
    slow: Mode
    split_ms: float
    """A duration above it belongs to the slow kind."""


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two normal distributions of logarithms, the faster first."""

    shares: Floats
    means: Floats
    deviations: Floats

    def densities(self, at: Floats) -> Floats:
        """One column for each."""
        distance = (at[:, None] - self.means) / self.deviations
        densities: Floats = self.shares * np.exp(-0.5 * distance**2) / self.deviations
        return densities


def modes(durations_ms: Sequence[float] | Floats) -> Modes | None:
    """Two kinds that lie clearly apart on a logarithmic scale; None where one explains the durations."""
    durations = measured(durations_ms)
    if len(durations) and durations.min() < 0:
        raise ValueError("A negative duration is no measurement: the clock went back.")
    if len(durations) < MIN_SAMPLES or durations.max() == durations.min():
        return None
    logs = np.log(np.maximum(np.sort(durations), durations[durations > 0].min() / 2))
    tail = int(len(logs) * TAIL)
    middle = logs[tail : len(logs) - tail]
    if middle.max() == middle.min():
        return None
    pair = _fit(middle)
    if not _distinct(pair) or _gain(pair, middle) < GAIN:
        return None
    found = _divided(durations, math.exp(_split(pair)))
    ticks = (found.slow.median_ms - found.fast.median_ms) / _tick(durations)
    return found if ticks >= TICKS else None


def _fit(logs: Floats) -> _Pair:
    """Expectation and maximisation over a histogram: its size does not grow with the number of durations."""
    counts, edges = np.histogram(logs, BINS)
    at, counts = ((edges[1:] + edges[:-1]) / 2)[counts > 0], counts[counts > 0].astype(float)
    pair = _maximised(at, counts, np.stack([at <= _best_cut(at, counts), at > _best_cut(at, counts)], axis=1).astype(float))
    for _ in range(ROUNDS):
        densities = pair.densities(at)
        following = _maximised(at, counts, densities / np.maximum(densities.sum(axis=1, keepdims=True), 1e-300))
        settled = np.abs(following.means - pair.means).max() < SETTLED
        pair = following
        if settled:
            break
    return pair


def _maximised(at: Floats, counts: Floats, belongs: Floats) -> _Pair:
    weights = np.maximum(belongs * counts[:, None], 1e-12)
    sizes = weights.sum(axis=0)
    means = (weights * at[:, None]).sum(axis=0) / sizes
    deviations = np.sqrt((weights * (at[:, None] - means) ** 2).sum(axis=0) / sizes)
    return _Pair(sizes / sizes.sum(), means, np.maximum(deviations, NARROWEST))


def _best_cut(at: Floats, counts: Floats) -> float:
    """Otsu's: the cut whose two sides vary least."""
    below, sums = np.cumsum(counts)[:-1], np.cumsum(counts * at)[:-1]
    share, mean = below / counts.sum(), float(counts @ at) / float(counts.sum())
    return float(at[np.argmax((mean * share - sums / counts.sum()) ** 2 / (share * (1 - share)))])


def _distinct(pair: _Pair) -> bool:
    distance = float(pair.means[1] - pair.means[0])
    common = math.sqrt(float((pair.deviations**2).mean()))
    alike = float(pair.deviations.max() / pair.deviations.min())
    return float(pair.shares.min()) >= RAREST and distance >= max(math.log(NEAREST), APART * common) and alike <= UNLIKE


def _gain(pair: _Pair, logs: Floats) -> float:
    mean, deviation = float(logs.mean()), float(logs.std())
    one = -0.5 * ((logs - mean) / deviation) ** 2 - math.log(deviation)
    return float((np.log(np.maximum(pair.densities(logs).sum(axis=1), 1e-300)) - one).mean())


def _split(pair: _Pair) -> float:
    """Where both kinds are equally likely."""
    between = np.linspace(pair.means[0], pair.means[1], 1000)
    fast, slow = pair.densities(between).T
    return float(between[np.argmin(np.abs(np.log(np.maximum(fast, 1e-300)) - np.log(np.maximum(slow, 1e-300))))])


def _divided(durations: Floats, split: float) -> Modes:
    fast, slow = (Mode(len(part) / len(durations), float(np.median(part))) for part in (durations[durations <= split], durations[durations > split]))
    return Modes(fast, slow, split)


def _tick(durations: Floats) -> float:
    return float(np.diff(np.unique(durations)).min())
