"""perfkit collect: run a tool, keep its artefact, store the evidence. One module a tool, imported when it is asked for."""

from __future__ import annotations

import click

from perfkit.cli.lazy import LazyGroup

COLLECTORS = {
    "load": "Put load on a web application with Locust and keep the log of every request.",
    "profile": "Profile a Python program.",
    "memory": "Measure where a Python program's memory goes, and what it keeps.",
    "bench": "Time a Python function, a command or a pytest-benchmark suite.",
    "sweep": "Measure how a function, a command or a URL grows with size, and where it breaks its limit.",
    "vectors": "Try vector indexes of pgvector or FAISS: recall, latency and cost of every setting.",
    "plans": "Explain SQL statements on PostgreSQL, SQLite or DuckDB.",
    "catalog": "Count what PostgreSQL does while the application works, and list its tables and indexes.",
}


@click.group(cls=LazyGroup, package=__name__, table=COLLECTORS)
def command() -> None:
    """Run a tool, keep its artefact and store the evidence."""
