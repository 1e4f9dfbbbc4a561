"""A callback that blocks is named by its line in the application, and healthy loops leave nothing."""

from __future__ import annotations

import asyncio
import gc
import time
from asyncio.events import Handle
from collections.abc import Iterator
from typing import Any

import pytest

from perfkit.errors import UsageError
from perfkit.trace import event_loop, request
from tests.trace.conftest import Spans


@pytest.fixture
def watched() -> Iterator[None]:
    uninstall = event_loop.install(limit_ms=50)
    yield
    uninstall()


def compute(seconds: float) -> int:
    until, rounds = time.perf_counter() + seconds, 0
    while time.perf_counter() < until:
        rounds += 1
    return rounds


async def beside(work: Any) -> None:
    """The work while another task lives."""
    other = asyncio.create_task(asyncio.sleep(0.02))
    await work
    await other


@pytest.mark.usefixtures("watched")
def test_a_blocking_call_is_named_by_its_line(spans: Spans) -> None:
    async def sleeps() -> None:
        with request("GET /slow"):
            await asyncio.sleep(0)
            time.sleep(0.12)

    asyncio.run(beside(sleeps()))
    found = spans("loop", "server")
    (block,) = (one for one in found if one["kind"] == "loop")
    (served,) = (one for one in found if one["kind"] == "server")
    assert (block["file"], block["line"]) == ("test_event_loop.py", sleeps.__code__.co_firstlineno + 3)
    assert 110 < block["duration_ms"] < 300
    assert block["trace_id"] == served["trace_id"]
    assert (block["attributes"]["others"] > 0, block["attributes"]["importing"]) == (True, False)


@pytest.mark.usefixtures("watched")
def test_computing_is_named_by_the_innermost_function(spans: Spans) -> None:
    async def handler() -> None:
        compute(0.12)

    asyncio.run(beside(handler()))
    (block,) = spans("loop")
    assert block["name"] == "compute"
    assert "handler" in block["attributes"]["call_chain"][1]


@pytest.mark.usefixtures("watched")
def test_healthy_loops_leave_nothing(spans: Spans) -> None:
    async def short() -> None:
        for _ in range(20):
            compute(0.005)
            await asyncio.sleep(0)

    async def elsewhere() -> None:
        await asyncio.to_thread(time.sleep, 0.12)

    async def both() -> None:
        await asyncio.gather(short(), elsewhere(), asyncio.sleep(0.15))

    asyncio.run(both())
    assert spans("loop") == []


@pytest.mark.usefixtures("watched")
def test_collecting_garbage_is_nobodys_block(spans: Spans, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = lambda phase, info: time.sleep(0.1) if phase == "start" else None  # noqa: E731
    monkeypatch.setattr(gc, "callbacks", [*gc.callbacks, slow])

    async def collects() -> None:
        gc.collect()

    asyncio.run(beside(collects()))
    assert spans("loop") == []


def test_it_is_installed_once_and_taken_out() -> None:
    before = Handle._run
    uninstall = event_loop.install()
    with pytest.raises(UsageError, match="watched already"):
        event_loop.install()
    uninstall()
    assert Handle._run is before


class CompiledLoop:
    """Begins as uvloop's does."""

    def begin(self) -> None:
        loop: Any = self
        asyncio._set_running_loop(loop)
        asyncio._set_running_loop(None)


@pytest.mark.usefixtures("watched")
def test_a_loop_that_cannot_be_watched_is_told_once() -> None:
    with pytest.warns(UserWarning, match="is not seen") as told:
        CompiledLoop().begin()
        CompiledLoop().begin()
        asyncio.run(asyncio.sleep(0))
    assert (len(told), event_loop.unseen) == (1, {CompiledLoop.__module__.partition(".")[0]})


@pytest.mark.usefixtures("watched")
def test_a_callback_costs_less_than_a_microsecond_more(spans: Spans) -> None:
    loop = asyncio.new_event_loop()
    handle: Any = asyncio.Handle(lambda: None, (), loop)

    def cost(run: Any) -> float:
        began = time.process_time()
        for _ in range(2000):
            run(handle)
        return (time.process_time() - began) / 2000 * 1e6

    extra = min(cost(Handle._run) for _ in range(30)) - min(cost(event_loop._run) for _ in range(30))
    loop.close()
    assert extra < 1.0, spans()
