"""The demo, walked once for all tests of this folder: real servers, real load, real notebooks, only fewer of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from perfkit.walkthrough import Outcome, Size, walk
from perfkit.workbench import Workbench
from perfkit.workspace import Workspace

SMALL = Size(rounds=4, load_s=3.0, warmup_s=0.5, users=4, exercise_rounds=6, personas=30_000)
"""As few runs as decide a comparison and a target."""


@dataclass(frozen=True, slots=True)
class Walked:
    """The workbench after the walk, what it said, and its progress."""

    bench: Workbench
    outcome: Outcome
    said: list[tuple[str, float]]


@pytest.fixture(scope="session")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walked]:
    bench = Workbench(Workspace(Path(tmp_path_factory.mktemp("walk"))))
    said: list[tuple[str, float]] = []
    outcome = walk(bench, lambda text, done: said.append((text, done)), SMALL)
    yield Walked(bench, outcome, said)
