"""SQLAlchemy, ASGI, Redis, httpx and language models: each leaves its span where the application asked for the work."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.util import greenlet_spawn

from perfkit.trace import httpx as http_hook
from perfkit.trace import record, sqlalchemy
from perfkit.trace.asgi import TraceMiddleware
from perfkit.trace.llm import chat
from tests.trace.conftest import Spans


@pytest.fixture
def engine() -> Iterator[Engine]:
    engine = create_engine("sqlite://")
    uninstall = sqlalchemy.install(engine)
    yield engine
    uninstall()
    engine.dispose()


def test_a_statement_stands_on_the_applications_line(spans: Spans, engine: Engine) -> None:
    with engine.connect() as connection:
        here = connection.execute(text("select :secret"), {"secret": "hunter2"})  # this line
        here.close()
    (found,) = spans()
    line = (
        Path(__file__)
        .read_text("utf-8")
        .splitlines()
        .index('        here = connection.execute(text("select :secret"), {"secret": "hunter2"})  # this line')
        + 1
    )
    assert (found["kind"], found["file"], found["line"]) == ("db", "test_hooks.py", line)
    assert found["attributes"]["call_chain"][0].endswith(f"test_a_statement_stands_on_the_applications_line:{line}")
    assert "hunter2" not in str(found)


def test_the_call_site_is_found_through_a_greenlet(spans: Spans, engine: Engine) -> None:
    def ask() -> Any:
        with engine.connect() as connection:
            return connection.scalar(text("select 1"))

    async def request() -> Any:
        return await greenlet_spawn(ask)

    assert asyncio.run(request()) == 1
    functions = [step.split(":")[1].rpartition(".")[2] for step in spans()[0]["attributes"]["call_chain"]]
    assert functions == ["ask", "request", "test_the_call_site_is_found_through_a_greenlet"]


def test_the_call_site_is_found_from_a_greenlet_that_holds_one_call_alone(spans: Spans, engine: Engine) -> None:
    async def request() -> None:
        with engine.connect() as connection:
            (await greenlet_spawn(connection.exec_driver_sql, "select 1")).close()

    asyncio.run(request())
    functions = [step.split(":")[1].rpartition(".")[2] for step in spans()[0]["attributes"]["call_chain"]]
    assert functions == ["request", "test_the_call_site_is_found_from_a_greenlet_that_holds_one_call_alone"]


def test_recursion_collapses_in_the_call_chain(spans: Spans, engine: Engine) -> None:
    def descend(depth: int) -> Any:
        if depth:
            return descend(depth - 1)
        with engine.connect() as connection:
            return connection.scalar(text("select 1"))

    descend(30)
    assert len(spans()[0]["attributes"]["call_chain"]) == 3


def test_same_statement_same_fingerprint_other_parameters_other_hash(spans: Spans, engine: Engine) -> None:
    with engine.connect() as connection:
        for number in (1, 2):
            connection.execute(text("select :number"), {"number": number})
    one, two = spans()
    assert one["fingerprint"] == two["fingerprint"]
    assert one["attributes"]["params_hash"] != two["attributes"]["params_hash"]


def test_a_failed_statement_is_an_error(spans: Spans, engine: Engine) -> None:
    with engine.connect() as connection, pytest.raises(OperationalError):
        connection.execute(text("select * from nowhere"))
    (found,) = spans()
    assert (found["status"], found["name"]) == ("error", "SELECT nowhere")


def test_a_request_is_named_by_its_route_and_placed_at_its_endpoint(spans: Spans) -> None:
    app = FastAPI()
    app.add_middleware(TraceMiddleware)

    @app.get("/personas/{persona_id}")
    async def show(persona_id: int) -> dict[str, int]:
        with chat("tiny", f"Who is {persona_id}?", "Who is {}?") as call:
            call.set(input_tokens=4, output_tokens=2)
        return {"id": persona_id}

    asyncio.run(_get(app, "/personas/7"))
    asyncio.run(_get(app, "/nowhere/12345"))
    model, request, missing = spans()
    assert (request["name"], request["file"]) == ("GET /personas/{persona_id}", "test_hooks.py")
    assert request["attributes"] == {"method": "GET", "route": "/personas/{persona_id}", "http_status": 200}
    assert (model["parent_id"], model["name"], model["attributes"]["output_tokens"]) == (request["span_id"], "chat tiny", 2)
    assert (missing["name"], missing["attributes"]["http_status"]) == ("GET /nowhere/{id}", 404)


def test_an_outgoing_request_leaves_no_query_string(spans: Spans) -> None:
    uninstall = http_hook.install()
    transport = httpx.MockTransport(lambda request: httpx.Response(503))
    with httpx.Client(transport=transport) as client:
        client.get("https://api.example/users/42?token=secret")
    uninstall()
    (found,) = spans()
    assert (found["kind"], found["name"], found["status"]) == ("http", "GET api.example/users/{id}", "error")
    assert "secret" not in str(found)


def test_recording_a_statement_takes_some_microseconds(artefact: Path, engine: Engine) -> None:
    with engine.connect() as connection:
        silent = min(_seconds(connection) for _ in range(5))
        with record(artefact):
            recorded = min(_seconds(connection) for _ in range(5))
    # some 20 µs of this process's own time, writing included, however busy the machine is
    assert (recorded - silent) / 300 < 100e-6


async def _get(app: FastAPI, path: str) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        await client.get(path)


def _seconds(connection: Any) -> float:
    statement = text("select 1")
    started = time.process_time()
    for _ in range(300):
        connection.execute(statement).close()
    return time.process_time() - started
