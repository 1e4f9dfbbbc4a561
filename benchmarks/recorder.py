"""What recording a statement costs: the same statements silent, recorded, and instrumented by OpenTelemetry, against limits."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import StaticPool

from benchmarks.jobs import held, save
from perfkit.trace import record, request
from perfkit.trace import sqlalchemy as hook

MOST_US = 20.0
MOST_OF_PEER = 0.5
STATEMENTS = 400
"""In one round of one variant."""
ROUNDS = 41
DEPTH = 35
"""Frames on the stack where the application asks: server, framework and application together."""

SOURCE = """
def call(depth, function, *arguments):
    return function(*arguments) if depth == 0 else call(depth - 1, function, *arguments)
"""
STATEMENT = text("select id, name, state from accounts where id = :id and state <> :state")


def run() -> None:
    """Interleaved rounds; the cost is the CPU time above that of the silent engine in the same round. Each finishes its work before the next."""
    with tempfile.TemporaryDirectory() as folder, record(Path(folder) / "trace.ndjson") as recording:
        silent, recorded, instrumented = (_connection() for _ in range(3))
        uninstall = hook.install(recorded.engine)
        settle, peer = _instrument(instrumented)
        ours, theirs, base = [], [], []
        for _ in range(ROUNDS):
            variants = ((silent, _nothing), (recorded, recording.flush), (instrumented, settle))
            took = {connection: _round(connection, finish) for connection, finish in variants}
            base.append(took[silent])
            ours.append(took[recorded] - took[silent])
            theirs.append(took[instrumented] - took[silent])
        peer()
        uninstall()
        for connection in (silent, recorded, instrumented):
            connection.close()
            connection.engine.dispose()
        recording.flush()
        written = recording.path.stat().st_size / max(recording.spans, 1)
    _print(statistics.median(base), statistics.median(ours), statistics.median(theirs), written)


def _print(base_us: float, ours_us: float, theirs_us: float, written: float) -> None:
    cost = held(ours_us <= MOST_US)
    ratio = held(ours_us <= MOST_OF_PEER * theirs_us)
    save(
        "recorder",
        f"### Recording a statement of SQLAlchemy, {DEPTH} frames deep\n\n"
        f"{ROUNDS} rounds of {STATEMENTS} statements on SQLite in memory, medians of CPU time; a silent statement takes {base_us:.1f} µs, "
        f"a span {written:.0f} bytes of the trace.\n\n"
        f"- The recorder adds at most {MOST_US:g} µs: {ours_us:.1f} µs, {cost}.\n"
        f"- At most {MOST_OF_PEER:g} of opentelemetry-instrumentation-sqlalchemy's {theirs_us:.1f} µs: {ours_us / theirs_us:.2f}, {ratio}.\n",
    )


def _connection() -> Connection:
    connection = create_engine("sqlite://", poolclass=StaticPool).connect()
    connection.execute(text("create table accounts (id integer primary key, name text, state text)"))
    connection.execute(text("insert into accounts values (1, 'Ada', 'open'), (2, 'Bob', 'closed')"))
    return connection


def _instrument(connection: Connection) -> tuple[Callable[[], None], Callable[[], None]]:
    """What makes its threads finish what they have, and what takes it out again."""
    from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    provider = TracerProvider()
    exporter = InMemorySpanExporter()
    provider.add_span_processor(BatchSpanProcessor(exporter))
    instrumentor = SQLAlchemyInstrumentor()
    instrumentor.instrument(engine=connection.engine, tracer_provider=provider, skip_dep_check=True)

    def settle() -> None:
        provider.force_flush()
        exporter.clear()

    def take_out() -> None:
        instrumentor.uninstrument()
        provider.shutdown()

    return settle, take_out


def _nothing() -> None:
    """The silent engine has nothing to finish."""


def _round(connection: Connection, finish: Callable[[], None]) -> float:
    """µs of CPU a statement, the work of other threads for it and the rest of it included."""
    scope: dict[str, Any] = {}
    # frames that belong to no application, as those of a server do
    exec(compile(SOURCE, "/usr/lib/python3/site-packages/server.py", "exec"), scope)
    with request("benchmark"):
        began = time.process_time()
        scope["call"](DEPTH - 15, _ask, connection)
        finish()
        return (time.process_time() - began) / STATEMENTS * 1e6


def _ask(connection: Connection) -> None:
    for number in range(STATEMENTS):
        _load(connection, number % 3)


def _load(connection: Connection, account_id: int) -> None:
    connection.execute(STATEMENT, {"id": account_id, "state": "gone"}).all()
