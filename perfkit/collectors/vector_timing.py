"""One setting of a vector search → what it answers and how long that takes, warm and several times."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from perfkit.collectors.vector_options import Row, Setting
from perfkit.collectors.vector_recall import Doubles, Truth, recall
from perfkit.errors import CollectionFailed

Keys = Sequence[Hashable]
Search = Callable[[int], Keys]
"""The number of a query → keys of its answers, nearest first."""


@dataclass(frozen=True, slots=True)
class Timed:
    """Answers of a pass that warms up, and milliseconds of every query in every repetition after it."""

    answers: list[Keys]
    times_ms: Doubles

    @property
    def returned(self) -> float:
        return float(np.mean([len(keys) for keys in self.answers]))


def timed(search: Search, queries: int, repetitions: int) -> Timed:
    """Each query once to warm up, then all of them in turn, again and again."""
    answers = [search(number) for number in range(queries)]
    for keys in answers:
        if len(set(keys)) != len(keys):
            raise CollectionFailed("The search returned a vector twice: its recall would say nothing. Is the index damaged?")
    times = np.zeros((repetitions, queries))
    for repetition in range(repetitions):
        for number in range(queries):
            began = time.perf_counter_ns()
            search(number)
            times[repetition, number] = (time.perf_counter_ns() - began) / 1e6
    return Timed(answers, times)


def row_of(setting: Setting, done: Timed, truth: Truth, answered: Sequence[Doubles], **known: object) -> Row:
    """A trial for the artefact; answered: the distances of the answers, computed anew."""
    p50, p95, p99 = (float(value) for value in np.percentile(done.times_ms, (50, 95, 99)))
    return {
        **{name: value for name, value in asdict(setting).items() if value is not None},
        "queries": len(done.answers),
        "recall": recall(truth, answered),
        "returned": done.returned,
        "p50_ms": p50,
        "p95_ms": p95,
        "p99_ms": p99,
        "mean_ms": float(done.times_ms.mean()),
        "queries_per_s": 1000 / float(done.times_ms.mean(axis=1).min()),
        **{name: value for name, value in known.items() if value is not None},
    }
