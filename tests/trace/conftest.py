"""A recorder on a temporary file, and how to read what it left."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from perfkit.trace import record

HERE = Path(__file__).parent
Spans = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def artefact(tmp_path: Path) -> Path:
    return tmp_path / "trace.ndjson"


@pytest.fixture
def spans(artefact: Path) -> Iterator[Spans]:
    """Records the test; calling it ends the recording and returns the finished spans: of the kinds named, or all but the pool's."""
    recording = record(artefact, root=HERE).start()

    def finished(*kinds: str) -> list[dict[str, Any]]:
        recording.stop()
        found = [json.loads(line) for line in artefact.read_text("utf-8").splitlines()[1:-1]]
        return [one for one in found if (one["kind"] in kinds if kinds else one["kind"] != "pool")]

    yield finished
    recording.stop()
