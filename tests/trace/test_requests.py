"""Statements hang below the request that sent them: in tasks, threads, forks and templates, under ASGI, WSGI and no server at all."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from flask import Flask
from jinja2 import Environment, FileSystemLoader
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import QueuePool

from perfkit.trace import record, request, sqlalchemy
from perfkit.trace.wsgi import TraceMiddleware
from tests.trace.conftest import Spans

TASKS = 50


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = create_engine(f"sqlite:///{tmp_path / 'requests.db'}", poolclass=QueuePool, pool_size=8)
    uninstall = sqlalchemy.install(engine)
    yield engine
    uninstall()
    engine.dispose()


def test_fifty_concurrent_tasks_keep_their_statements(spans: Spans, tmp_path: Path) -> None:
    async def requests() -> None:
        engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'tasks.db'}", pool_size=10, max_overflow=5)
        uninstall = sqlalchemy.install(engine)
        await asyncio.gather(*(_task(engine, number) for number in range(TASKS)))
        uninstall()
        await engine.dispose()

    asyncio.run(requests())
    found = spans("server", "db")
    numbers = {one["span_id"]: one["attributes"]["number"] for one in found if one["kind"] == "server"}
    sent = [one for one in found if one["kind"] == "db"]
    assert len(numbers) == TASKS and len(sent) == 4 * TASKS
    assert all(f"from_task_{numbers[one['parent_id']]}_" in one["attributes"]["statement"] for one in sent)
    assert {one["attributes"]["call_chain"][0].split(":")[1] for one in sent} == {"_ask"}


async def _task(engine: AsyncEngine, number: int) -> None:
    with request("task", number=number):
        for _ in range(2):
            await asyncio.gather(_ask(engine, number), _ask(engine, number))


async def _ask(engine: AsyncEngine, number: int) -> None:
    async with engine.connect() as connection:
        await asyncio.sleep(0)
        await connection.execute(text(f"select 1 as from_task_{number}_"))


def test_threads_keep_their_statements(spans: Spans, engine: Engine) -> None:
    def work(number: int) -> None:
        with request("thread", number=number), engine.connect() as connection:
            for _ in range(5):
                connection.execute(text(f"select 1 as from_thread_{number}_")).all()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(40)))
    found = spans("server", "db")
    numbers = {one["span_id"]: one["attributes"]["number"] for one in found if one["kind"] == "server"}
    sent = [one for one in found if one["kind"] == "db"]
    assert len(sent) == 200 and all(f"from_thread_{numbers[one['parent_id']]}_" in one["attributes"]["statement"] for one in sent)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_child_sends_statements_and_writes_nothing(spans: Spans, engine: Engine, tmp_path: Path) -> None:
    with engine.connect() as connection:
        connection.execute(text("select 1")).all()
    engine.dispose()
    child = os.fork()
    if child == 0:
        with engine.connect() as connection:
            connection.execute(text("select 2")).all()
        with record(tmp_path / "child.ndjson"), engine.connect() as connection:
            connection.execute(text("select 3")).all()
        os._exit(0)
    os.waitpid(child, 0)
    assert len(spans()) == 1
    assert "select 3" in (tmp_path / "child.ndjson").read_text("utf-8")


def test_a_templates_line_is_the_applications(spans: Spans, engine: Engine) -> None:
    folder = Path(__file__).parent / "templates"
    templates = Environment(loader=FileSystemLoader(folder), autoescape=True)
    with engine.connect() as connection:
        templates.get_template("names.html").render(ask=lambda: connection.scalar(text("select 'Tom'")))
    chain = spans()[0]["attributes"]["call_chain"]
    assert any(step.startswith("templates/names.html:") and step.endswith(":2") for step in chain)


def test_flask_requests_are_named_by_their_rule(spans: Spans, engine: Engine) -> None:
    app = Flask(__name__)
    app.wsgi_app = TraceMiddleware(app.wsgi_app)  # type: ignore[method-assign]

    @app.get("/cats/<int:cat_id>")
    def show(cat_id: int) -> str:
        with engine.connect() as connection:
            return str(connection.scalar(text("select :cat"), {"cat": cat_id}))

    @app.get("/broken")
    def broken() -> str:
        raise RuntimeError

    client = app.test_client()
    answers = [client.get(path) for path in ("/cats/7", "/nowhere/12345", "/broken")]
    assert [(answer.status_code, bool(answer.data)) for answer in answers] == [(200, True), (404, True), (500, True)]
    statement, shown, missing, failed = spans()
    assert (shown["name"], shown["file"], shown["status"]) == ("GET /cats/{cat_id}", "test_requests.py", "ok")
    assert statement["parent_id"] == shown["span_id"]
    assert shown["attributes"] == {"method": "GET", "route": "/cats/{cat_id}", "http_status": 200}
    assert (missing["name"], missing["attributes"]["http_status"]) == ("GET /nowhere/{id}", 404)
    assert (failed["name"], failed["status"]) == ("GET /broken", "error")


def test_a_streamed_answer_belongs_to_its_request(spans: Spans, engine: Engine) -> None:
    def app(environ: dict[str, object], start_response: object) -> Iterator[bytes]:
        start_response("200 OK", [])  # type: ignore[operator]
        with engine.connect() as connection:
            for number in range(3):
                yield str(connection.scalar(text(f"select {number}"))).encode()

    body = TraceMiddleware(app)({"REQUEST_METHOD": "GET", "PATH_INFO": "/stream"}, lambda *_: None)
    assert b"".join(body) == b"012"
    body.close()  # type: ignore[attr-defined]
    *sent, served = spans()
    assert (served["name"], len(sent)) == ("GET /stream", 3)
    assert {one["parent_id"] for one in sent} == {served["span_id"]}
