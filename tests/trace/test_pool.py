"""What a pool does leaves spans: connecting, waiting, holding, closing."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool, QueuePool, StaticPool

from perfkit.trace import record, request, sqlalchemy
from tests.trace.conftest import Spans


@pytest.fixture(autouse=True)
def hooks() -> Iterator[None]:
    uninstall = sqlalchemy.install()
    yield
    uninstall()


def queue_engine(folder: Path, **options: Any) -> Engine:
    return create_engine(f"sqlite:///{folder / 'pool.db'}", poolclass=QueuePool, **options)


def named(found: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    return [one for one in found if one["name"] == name]


def test_a_pool_connects_once_and_serves_again(spans: Spans, tmp_path: Path) -> None:
    engine = queue_engine(tmp_path)
    for _ in range(4):
        with request("job"), engine.connect() as connection:
            connection.execute(text("select 1")).all()
            time.sleep(0.01)
    engine.dispose()
    found = spans("pool")
    assert [len(named(found, name)) for name in ("connect", "checkout", "held", "close")] == [1, 4, 4, 1]
    assert {one["attributes"]["connection"] for one in found} == {found[0]["attributes"]["connection"]}
    held = [(one["duration_ms"], one["attributes"]["busy_ms"]) for one in named(found, "held")]
    assert all(busy_ms > 0 and duration_ms - busy_ms >= 10 for duration_ms, busy_ms in held)
    assert not any(one["attributes"]["overflow"] for one in named(found, "close"))
    assert {one["file"] for one in named(found, "checkout")} == {"test_pool.py"}
    assert len({one["parent_id"] for one in named(found, "held")}) == 4


def test_who_waits_for_a_connection_is_seen_waiting(spans: Spans, tmp_path: Path) -> None:
    engine = queue_engine(tmp_path, pool_size=1, max_overflow=0)
    taken = threading.Event()

    def hold() -> None:
        with engine.connect():
            taken.set()
            time.sleep(0.1)

    with ThreadPoolExecutor(1) as pool:
        holding = pool.submit(hold)
        taken.wait(5)
        with engine.connect():
            pass
        holding.result()
    engine.dispose()
    assert max(one["duration_ms"] for one in named(spans("pool"), "checkout")) >= 80


def test_connections_beyond_the_size_are_closed_when_they_are_given_back(spans: Spans, tmp_path: Path) -> None:
    engine = queue_engine(tmp_path, pool_size=1, max_overflow=5)
    for _ in range(3):
        first, second = engine.connect(), engine.connect()
        first.close()
        second.close()
    engine.dispose()
    found = spans("pool")
    assert [len(named(found, "connect")), len(named(found, "checkout"))] == [4, 6]
    assert [one["attributes"]["overflow"] for one in named(found, "close")] == [True, True, True, False]
    assert [one["attributes"]["overflow"] for one in named(found, "checkout")] == [False, True] * 3


def test_without_a_pool_every_checkout_connects(spans: Spans, tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'pool.db'}", poolclass=NullPool)
    for _ in range(3):
        with engine.connect() as connection:
            connection.execute(text("select 1")).all()
    found = spans("pool")
    assert [len(named(found, name)) for name in ("connect", "checkout", "held", "close")] == [3, 3, 3, 3]
    assert not any(one["attributes"]["overflow"] for one in named(found, "close"))


def test_one_connection_for_all_is_never_overflow(spans: Spans) -> None:
    engine = create_engine("sqlite://", poolclass=StaticPool)
    for _ in range(2):
        with engine.connect():
            pass
    engine.dispose()
    assert [len(named(spans("pool"), name)) for name in ("connect", "checkout", "held")] == [1, 2, 2]


def test_a_pool_of_the_asynchronous_engine_on_a_server(spans: Spans, postgres: str) -> None:
    async def ask() -> None:
        engine = create_async_engine(postgres.replace("postgresql:", "postgresql+psycopg:"), pool_size=2, max_overflow=0)

        async def work() -> None:
            async with engine.connect() as connection:
                await connection.execute(text("select pg_sleep(0.02)"))

        await asyncio.gather(*(work() for _ in range(6)))
        await engine.dispose()

    asyncio.run(ask())
    found = spans("pool")
    assert [len(named(found, name)) for name in ("connect", "checkout", "held")] == [2, 6, 6]
    assert all(0 < one["attributes"]["busy_ms"] <= one["duration_ms"] for one in named(found, "held"))
    assert sorted(one["duration_ms"] > 15 for one in named(found, "checkout")).count(True) >= 4
    assert "password" not in str(found)


def test_an_invalid_connection_is_named(spans: Spans, tmp_path: Path) -> None:
    engine = queue_engine(tmp_path)
    with engine.connect() as connection:
        connection.invalidate()
    engine.dispose()
    assert len(named(spans("pool"), "invalidate")) == 1


def test_a_pool_older_than_the_recording_is_recorded(artefact: Path, tmp_path: Path) -> None:
    engine = queue_engine(tmp_path)
    with engine.connect():
        pass
    with record(artefact), engine.connect():
        pass
    engine.dispose()
    text_of_trace = artefact.read_text("utf-8")
    assert '"checkout"' in text_of_trace and '"connect"' not in text_of_trace


def test_what_sqlalchemy_asks_a_new_connection_is_not_the_applications(spans: Spans, postgres: str) -> None:
    engine = create_engine(postgres.replace("postgresql:", "postgresql+psycopg:"))
    with engine.connect() as connection:
        connection.execute(text("select 1")).all()
    engine.dispose()
    assert [one["attributes"]["statement"] for one in spans("db")] == ["select 1"]


def test_an_engine_that_is_recorded_twice_leaves_each_event_once(spans: Spans, tmp_path: Path) -> None:
    engine = queue_engine(tmp_path)
    uninstall = sqlalchemy.install(engine)
    with engine.connect() as connection:
        connection.execute(text("select 1")).all()
    engine.dispose()
    uninstall()
    found = spans("pool", "db")
    assert sorted(one["name"] for one in found) == ["SELECT", "checkout", "close", "connect", "held"]
