"""A store with requests of known times, written without a tool in between."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from perfkit.store import Store
from perfkit.workbench import Workbench

START = datetime(2026, 1, 1)


@dataclass(frozen=True)
class Sent:
    """A request as the store keeps it."""

    at_s: float
    duration_ms: float
    ok: bool = True
    stage: int | None = None
    phase: str | None = None
    worker: str | None = None
    endpoint: str = "/items"


Fill = Callable[[str, Sequence[Sent]], None]
FillBuckets = Callable[[str, Mapping[tuple[float, float], int]], None]


@pytest.fixture
def store(bench: Workbench) -> Store:
    return bench.store


@pytest.fixture
def fill(store: Store) -> Fill:
    """Writes the requests of one run."""

    def write(run_id: str, requests: Sequence[Sent]) -> None:
        columns = "run_id, started_at, duration_ms, endpoint, method, status, ok, stage, phase, worker"
        _insert(store, "requests", columns, [(run_id, *_row(item)) for item in requests])

    return write


@pytest.fixture
def fill_buckets(store: Store) -> FillBuckets:
    """Writes the histogram that a tool kept."""

    def write(run_id: str, buckets: Mapping[tuple[float, float], int]) -> None:
        rows = [(run_id, "/items", "GET", lo, hi, count) for (lo, hi), count in buckets.items()]
        _insert(store, "latency_buckets", "run_id, endpoint, method, lo_ms, hi_ms, requests", rows)

    return write


@pytest.fixture
def ladder() -> list[Sent]:
    """Three steps of 20 s whose first 4 s are a ramp, a pause of 3 s, failures in the last step, and a bystander's probes."""
    noise = random.Random(5)
    sent = []
    for number, users in enumerate((10, 20, 40)):
        times = [number * 20 + noise.uniform(0, 20) for _ in range(users * 20)]
        for at_s in times:
            if 30 <= at_s < 33:
                continue
            ok = not (users == 40 and noise.random() < 0.1)
            phase = "ramp" if at_s - number * 20 < 4 else "steady"
            sent.append(Sent(at_s, noise.lognormvariate(4, 0.4) * (1 + number), ok, users, phase, endpoint=noise.choice(["/items", "/search"])))
    return [*sent, *(Sent(second, 3000.0, worker="watch", stage=10) for second in range(1, 59))]


def _row(item: Sent) -> tuple[Any, ...]:
    status = 200 if item.ok else 500
    return START + timedelta(seconds=item.at_s), item.duration_ms, item.endpoint, "GET", status, item.ok, item.stage, item.phase, item.worker


def _insert(store: Store, table: str, columns: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """One statement for all rows: one each would take seconds."""
    values = ", ".join(f"unnest(${place})" for place in range(1, len(rows[0]) + 1))
    with store.writing() as connection:
        connection.execute(f"insert into {table} ({columns}) select {values}", [list(column) for column in zip(*rows, strict=True)])
