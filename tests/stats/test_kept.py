"""A place that keeps memory is told from warm-up, from a cache that is full, and from garbage that waits."""

from __future__ import annotations

import numpy as np
import pytest

from perfkit.stats.kept import kept

TIMES = np.arange(40.0)
NOISE = np.random.default_rng(5)
COURSES = {
    "leak": (1000 * TIMES, "leak"),
    "leak beside noise": (1000 * TIMES + NOISE.normal(0, 500, 40), "leak"),
    "leak in steps": (8000 * np.floor(TIMES / 4), "leak"),
    "leak under a saw": (1000 * TIMES + 3000 * (TIMES % 4), "leak"),
    "steady": (np.full(40, 5e5), "flat"),
    "cache that fills and stops": (np.minimum(TIMES, 20) * 10_000, "flat"),
    "warm-up": (5e5 * (1 - np.exp(-TIMES / 4)), "flat"),
    "saw of a collector": (20_000 * (TIMES % 13), None),
    "given back": (np.concatenate([1000 * TIMES[:30], np.zeros(10)]), "flat"),
}


@pytest.mark.parametrize("name", COURSES)
def test_courses(name: str) -> None:
    values, verdict = COURSES[name]
    found = kept(TIMES, values, floor=1000.0)
    assert found.verdict == verdict if verdict else found.verdict != "leak"


def test_few_moments_decide_nothing() -> None:
    assert kept(range(9), range(9), floor=0).verdict == "undecided"
    assert kept(range(10), range(10), floor=0).verdict == "leak"


def test_the_rate_is_that_of_the_leak() -> None:
    assert kept(TIMES, 1000 * TIMES, floor=100.0).per_hour == pytest.approx(3.6e6, rel=0.05)


@pytest.mark.parametrize("memory", [0.0, 0.5, 0.8])
def test_what_only_wavers_is_hardly_ever_called_a_leak(memory: float) -> None:
    noise, called = np.random.default_rng(3), 0
    for _ in range(400):
        values = [0.0]
        for shock in noise.normal(0, 1e5, 59):
            values.append(memory * values[-1] + shock)
        called += kept(np.arange(60.0), np.array(values) + 1e6, floor=65_536).verdict == "leak"
    assert called <= 8
