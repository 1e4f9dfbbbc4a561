"""However the application fetches, the span says how many rows it got."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest
from sqlalchemy import Connection, Engine, String, create_engine, event, insert, select, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.pool import StaticPool

from perfkit.trace import recorder, sqlalchemy
from tests.trace.conftest import Spans


class Base(DeclarativeBase):
    pass


class Cat(Base):
    __tablename__ = "cats"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40))


@pytest.fixture
def engine() -> Iterator[Engine]:
    engine = create_engine("sqlite://", poolclass=StaticPool)
    Base.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(insert(Cat), [{"id": number, "name": f"cat {number}"} for number in range(1, 101)])
    uninstall = sqlalchemy.install(engine)
    yield engine
    uninstall()
    engine.dispose()


ALL = text("select id, name from cats")
WAYS: dict[str, tuple[Callable[[Connection], object], int]] = {
    "all": (lambda connection: connection.execute(ALL).all(), 100),
    "iterated": (lambda connection: list(connection.execute(ALL)), 100),
    "first": (lambda connection: connection.execute(ALL).first(), 1),
    "scalar": (lambda connection: connection.scalar(ALL), 1),
    "some": (lambda connection: connection.execute(ALL).fetchmany(7), 7),
    "partitions": (lambda connection: [len(part) for part in connection.execute(ALL).partitions(30)], 100),
    "mappings": (lambda connection: connection.execute(ALL).mappings().all(), 100),
    "yielded": (lambda connection: list(connection.execution_options(yield_per=8).execute(ALL)), 100),
    "streamed": (lambda connection: list(connection.execution_options(stream_results=True).execute(ALL)), 100),
    "none": (lambda connection: connection.execute(text("select id from cats where id < 0")).all(), 0),
    "closed": (lambda connection: connection.execute(ALL).close(), 0),
    "broken off": (lambda connection: next(iter(connection.execute(ALL))), 1),
}


class Slow:
    """A connection on which cats are found slowly."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def execute(self, _: object) -> Any:
        return self.connection.execute(text("select id, name from slow"))

    def execution_options(self, **options: Any) -> Slow:
        return Slow(self.connection.execution_options(**options))


@pytest.mark.parametrize("way", WAYS)
def test_rows_are_those_that_were_fetched(spans: Spans, engine: Engine, way: str) -> None:
    fetch, expected = WAYS[way]
    with engine.connect() as connection:
        fetch(connection)
    (found,) = spans()
    assert found["attributes"]["rows"] == expected


@pytest.mark.parametrize("way", ["all", "iterated", "partitions", "yielded", "streamed"])
def test_what_finding_the_rows_takes_is_the_time_of_the_statement(spans: Spans, engine: Engine, way: str) -> None:
    """SQLite finds a row when it is fetched. Whatever the application does between two rows is its own."""
    with engine.connect() as connection:
        connection.connection.create_function("waited", 1, lambda number: time.sleep(0.001) or number)  # type: ignore[func-returns-value]
        connection.exec_driver_sql("create temp view slow as select waited(id) as id, name from cats")
        WAYS[way][0](cast(Connection, Slow(connection)))
    assert max(one["duration_ms"] for one in spans()) >= 100


def test_the_orm_counts_what_it_loads(spans: Spans, engine: Engine) -> None:
    with Session(engine) as session:
        assert len(session.scalars(select(Cat).where(Cat.id < 11)).all()) == 10
        assert sum(1 for _ in session.scalars(select(Cat).execution_options(yield_per=9))) == 100
        session.get(Cat, 50)
    assert [one["attributes"]["rows"] for one in spans()] == [10, 100, 1]


def test_a_result_that_is_open_while_others_are_written_keeps_counting(spans: Spans, engine: Engine) -> None:
    with engine.connect() as connection:
        result = connection.execute(ALL)
        result.fetchmany(3)
        for _ in range(150):
            connection.execute(text("select 1")).all()
        result.fetchmany(4)
        result.close()
    rows = [one["attributes"]["rows"] for one in spans()]
    assert sorted(rows, key=lambda count: count or 0)[-1] == 7 and len(rows) == 151


def test_a_result_that_is_forgotten_is_written_without_waiting_for_the_end(spans: Spans, engine: Engine) -> None:
    with engine.connect() as connection:
        connection.execute(ALL).fetchone()
        gc.collect()
        assert recorder.active is not None
        recorder.active.flush()
        assert recorder.active.spans == 2  # the connection's checkout and the statement
    assert len(spans()) == 1


def test_changed_rows_are_counted(spans: Spans, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("update cats set name = 'x' where id <= 5"))
        connection.execute(text("delete from cats where id = 0"))
        assert connection.execute(insert(Cat).values(id=201, name="new").returning(Cat.id)).scalar() == 201
    assert [one["attributes"]["rows"] for one in spans()] == [5, 0, 1]


def test_bulk_inserts_say_how_often_they_ran(spans: Spans, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(insert(Cat), [{"id": number, "name": "x"} for number in range(300, 350)])
        many = [{"name": f"batch {number}"} for number in range(2500)]
        assert len(connection.execute(insert(Cat).returning(Cat.id), many).all()) == 2500
    bulk, *batches = spans()
    assert (bulk["attributes"]["executemany"], bulk["attributes"]["parameter_sets"]) == (True, 50)
    assert len(batches) == 3 and all(one["attributes"]["executemany"] for one in batches)
    assert len({one["fingerprint"] for one in batches}) == 1


def test_another_listener_that_does_the_work_itself_is_recorded_too(spans: Spans, engine: Engine) -> None:
    seen: list[str] = []

    def instead(cursor: Any, statement: str, parameters: Any, context: Any) -> bool:
        seen.append(statement)
        cursor.execute(statement, parameters)
        return True

    event.listen(engine, "do_execute", instead)
    with engine.connect() as connection:
        assert len(connection.execute(ALL).all()) == 100
    assert len(seen) == 1 and [one["attributes"]["rows"] for one in spans()] == [100]


def test_the_asynchronous_engine_counts_as_well(spans: Spans) -> None:
    async def ask() -> None:
        engine = create_async_engine("sqlite+aiosqlite://")
        uninstall = sqlalchemy.install(engine)
        async with engine.connect() as connection:
            await connection.execute(text("select 1 union select 2 union select 3"))
            streamed = await connection.stream(text("select 1 union select 2"))
            assert len([row async for row in streamed]) == 2
        uninstall()
        await engine.dispose()

    asyncio.run(ask())
    assert [one["attributes"]["rows"] for one in spans()][1:] == [2]


def test_a_cancelled_statement_is_an_error(spans: Spans, postgres: str) -> None:
    async def ask() -> None:
        engine = create_async_engine(postgres.replace("postgresql:", "postgresql+psycopg:"))
        uninstall = sqlalchemy.install(engine)
        async with engine.connect() as connection:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(connection.execute(text("select pg_sleep(30)")), 0.2)
        uninstall()
        await engine.dispose()

    asyncio.run(ask())
    (found,) = [one for one in spans() if "pg_sleep" in one["attributes"]["statement"]]
    assert (found["status"], found["attributes"]["error"]) == ("error", "CancelledError")
