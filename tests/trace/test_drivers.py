"""Plain drivers leave the spans that SQLAlchemy leaves, and together with it not two of each."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiosqlite
import asyncpg
import psycopg
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.ext.asyncio import create_async_engine

from perfkit.trace import asyncpg as asyncpg_hook
from perfkit.trace import psycopg as psycopg_hook
from perfkit.trace import request, sqlalchemy
from perfkit.trace import sqlite3 as sqlite3_hook
from tests.trace.conftest import Spans


@pytest.fixture(autouse=True)
def hooks() -> Iterator[None]:
    uninstalls = [hook.install() for hook in (sqlite3_hook, psycopg_hook, asyncpg_hook, sqlalchemy)]
    yield
    for uninstall in uninstalls:
        uninstall()


def rows_of(found: list[dict[str, Any]]) -> list[int | None]:
    return [one["attributes"]["rows"] for one in found]


FETCHES: dict[str, Callable[[sqlite3.Cursor], object]] = {
    "all": lambda cursor: cursor.fetchall(),
    "one by one": lambda cursor: [cursor.fetchone() for _ in range(20)],
    "some": lambda cursor: [cursor.fetchmany(10), cursor.fetchmany(10)],
    "iterated": list,
}


@pytest.mark.parametrize("way", FETCHES)
def test_sqlite3_finds_rows_while_they_are_fetched(spans: Spans, way: str) -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.create_function("waited", 1, lambda number: time.sleep(0.005) or number)  # type: ignore[func-returns-value]
        cats = "with recursive cats (id) as (select 1 union all select id + 1 from cats where id < 20) select waited(id) from cats"
        begun = time.perf_counter()
        cursor = connection.execute(cats)
        time.sleep(0.2)
        FETCHES[way](cursor)
        took_ms = (time.perf_counter() - begun) * 1000
    (found,) = spans()
    assert 100 <= found["duration_ms"] <= took_ms - 200


def test_sqlite3_counts_what_is_fetched(spans: Spans) -> None:
    with sqlite3.connect(":memory:") as connection:
        connection.execute("create table t (a)")
        connection.executemany("insert into t values (?)", ((number,) for number in range(10)))
        assert len(connection.execute("select a from t").fetchall()) == 10
        assert len(list(connection.execute("select a from t where a < 7"))) == 7
        assert connection.execute("select a from t where a < 5").fetchone() == (0,)
        assert len(connection.cursor().execute("select a from t where a < 6").fetchmany(4)) == 4
        connection.execute("update t set a = a + 1 where a > 6")
    connection.close()
    found = spans("db")
    assert rows_of(found)[1:] == [10, 10, 7, 1, 4, 3]
    assert [one["attributes"]["executemany"] for one in found].count(True) == 1
    assert found[1]["attributes"]["parameter_sets"] == 10
    assert {one["file"] for one in found} == {"test_drivers.py"}


def test_a_connection_class_of_the_applications_stays_what_it_is(spans: Spans) -> None:
    class Mine(sqlite3.Connection):
        def hello(self) -> str:
            return "hello"

    connection = sqlite3.connect(":memory:", factory=Mine)
    connection.row_factory = sqlite3.Row
    assert isinstance(connection, Mine) and connection.hello() == "hello"
    assert connection.execute("select 1 as one").fetchone()["one"] == 1
    connection.close()
    assert rows_of(spans()) == [1]


def test_aiosqlite_stands_below_the_request_and_on_the_line_that_waits(spans: Spans) -> None:
    async def ask() -> None:
        async with aiosqlite.connect(":memory:") as connection:
            with request("job"):
                async with connection.execute("select 1 union select 2") as cursor:
                    assert len(list(await cursor.fetchall())) == 2

    asyncio.run(ask())
    statement, job = spans()
    assert (statement["parent_id"], statement["file"], statement["attributes"]["rows"]) == (job["span_id"], "test_drivers.py", 2)


def test_psycopg_blocking(spans: Spans, postgres: str) -> None:
    with psycopg.connect(postgres) as connection:
        assert len(connection.execute("select * from cats where id > %s", (1,)).fetchall()) == 2
        with connection.cursor() as cursor:
            cursor.executemany("insert into cats values (%s, 'x')", ((number,) for number in (10, 11)))
        with pytest.raises(psycopg.errors.UndefinedTable):
            connection.execute("select * from nowhere")
        connection.rollback()
    found = spans()
    assert rows_of(found) == [2, 2, None]
    assert [one["status"] for one in found] == ["ok", "ok", "error"]
    assert found[2]["attributes"]["error"] == "UndefinedTable"
    assert found[1]["attributes"]["parameter_sets"] == 2


def test_psycopg_asynchronous(spans: Spans, postgres: str) -> None:
    async def ask() -> None:
        async with await psycopg.AsyncConnection.connect(postgres) as connection:
            with request("job"):
                cursor = await connection.execute("select * from cats order by id")
                await cursor.fetchone()

    asyncio.run(ask())
    statement, job = spans()
    assert (statement["attributes"]["rows"], statement["parent_id"], statement["file"]) == (3, job["span_id"], "test_drivers.py")


def test_asyncpg(spans: Spans, postgres: str) -> None:
    async def ask() -> None:
        connection = await asyncpg.connect(host=_socket(postgres), user="postgres", database="postgres")
        await connection.fetch("select * from cats where id > $1", 1)
        await connection.fetchval("select count(*) from cats")
        await connection.execute("update cats set name = name where id < $1", 3)
        statement = await connection.prepare("select name from cats where id = $1")
        await statement.fetchrow(2)
        with pytest.raises(asyncpg.UndefinedTableError):
            await connection.fetch("select * from nowhere")
        await connection.close()

    asyncio.run(ask())
    found = spans()
    assert rows_of(found) == [2, 1, 2, 1, None]
    assert found[4]["status"] == "error" and {one["file"] for one in found} == {"test_drivers.py"}


def test_cursors_of_asyncpg_are_one_statement_each_and_count_what_they_fetch(spans: Spans, postgres: str) -> None:
    async def ask() -> None:
        connection = await asyncpg.connect(host=_socket(postgres), user="postgres", database="postgres")
        async with connection.transaction():
            assert len([row async for row in connection.cursor("select * from generate_series(1, 120)")]) == 120
            opened = await connection.cursor("select * from generate_series(1, $1)", 9)
            await opened.fetch(4)
            await opened.fetchrow()
            prepared = await connection.prepare("select * from generate_series(1, 7)")
            async for _ in prepared.cursor(prefetch=2):
                break
            with pytest.raises(asyncpg.DivisionByZeroError):
                [row async for row in connection.cursor("select 1 / 0")]
        await connection.close()

    with contextlib.suppress(asyncpg.InFailedSQLTransactionError):
        asyncio.run(ask())
    found = [one for one in spans() if one["attributes"]["statement"].startswith("select")]
    assert rows_of(found) == [120, 5, 2, None]
    assert found[3]["status"] == "error" and {one["file"] for one in found} == {"test_drivers.py"}


def test_streams_of_psycopg_count_what_is_taken(spans: Spans, postgres: str) -> None:
    async def ask() -> None:
        async with await psycopg.AsyncConnection.connect(postgres) as connection, connection.cursor() as cursor:
            assert len([row async for row in cursor.stream("select * from generate_series(1, 8)")]) == 8

    with psycopg.connect(postgres) as connection, connection.cursor() as cursor:
        assert len(list(cursor.stream("select * from generate_series(1, %s)", (6,)))) == 6
        for row in cursor.stream("select null from generate_series(1, 500)"):
            assert row == (None,)
            break
        with pytest.raises(psycopg.errors.DivisionByZero):
            list(cursor.stream("select 1 / 0"))
    asyncio.run(ask())
    found = spans()
    assert rows_of(found) == [6, 1, None, 8]
    assert [one["status"] for one in found] == ["ok", "ok", "error", "ok"] and {one["file"] for one in found} == {"test_drivers.py"}


@pytest.mark.parametrize("driver", ["psycopg", "pysqlite"])
def test_a_statement_of_sqlalchemy_is_recorded_once(spans: Spans, postgres: str, driver: str) -> None:
    url = postgres.replace("postgresql:", "postgresql+psycopg:") if driver == "psycopg" else "sqlite://"
    engine = create_engine(url)
    with engine.connect() as connection:
        connection.execute(text("select 'once'")).all()
    engine.dispose()
    assert _once(spans()) == [1]


@pytest.mark.parametrize("driver", ["psycopg", "asyncpg", "aiosqlite"])
def test_a_statement_of_the_asynchronous_engine_is_recorded_once(spans: Spans, postgres: str, driver: str) -> None:
    async def ask() -> None:
        url = "sqlite+aiosqlite://" if driver == "aiosqlite" else f"postgresql+{driver}://postgres@/postgres?host={_socket(postgres)}"
        engine = create_async_engine(url)
        async with engine.connect() as connection:
            (await connection.execute(text("select 'once'"))).all()
        await engine.dispose()

    asyncio.run(ask())
    assert _once(spans()) == [1]


def _once(found: list[dict[str, Any]]) -> list[int | None]:
    return rows_of([one for one in found if "once" in one["attributes"]["statement"]])


def _socket(address: str) -> str:
    return parse_qs(urlsplit(address).query)["host"][0]
