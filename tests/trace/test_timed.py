"""Whatever is timed behaves as before, and its calls stand where they belong."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import json
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from perfkit.errors import UsageError
from perfkit.trace import record, recorder, request, span, timed
from perfkit.trace.calls import MOST_WAITING
from tests.trace.conftest import Spans

HEX_DIGITS = 16


@timed
def leaf(number: int, *, plus: int = 0) -> int:
    return number + plus


@timed("gate.pii", module="gdpr")
def branch(number: int) -> int:
    return leaf(number, plus=1)


@timed
async def later(number: int) -> int:
    await asyncio.sleep(0.001)
    return leaf(number)


@timed
def rows(most: int) -> Iterator[int]:
    """Echoes what is sent."""
    for number in range(most):
        sent = yield leaf(number)
        if sent is not None:
            yield sent


@timed
async def pages(most: int) -> AsyncIterator[int]:
    for number in range(most):
        await asyncio.sleep(0)
        yield leaf(number)


class Service:
    @timed
    def method(self) -> str:
        return type(self).__name__

    @timed
    @classmethod
    def of_class(cls) -> str:
        return cls.__name__

    @classmethod
    @timed
    def of_class_too(cls) -> str:
        return cls.__name__

    @timed
    @staticmethod
    def of_none(number: int) -> int:
        return number


def by_name(found: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in found}


def test_a_call_stands_below_the_call_around_it(spans: Spans) -> None:
    with request("GET /"):
        assert branch(1) == 2
    found = by_name(spans())
    assert found["leaf"]["parent_id"] == found["gate.pii"]["span_id"]
    assert found["gate.pii"]["parent_id"] == found["GET /"]["span_id"]
    assert {one["trace_id"] for one in found.values()} == {found["GET /"]["trace_id"]}
    assert found["gate.pii"]["attributes"] == {"module": "gdpr"}


def test_a_call_without_a_request_is_a_trace_of_its_own(spans: Spans) -> None:
    branch(1)
    branch(1)
    found = spans()
    assert len({one["trace_id"] for one in found}) == 2
    assert all(len(one["span_id"]) == len(one["trace_id"]) == HEX_DIGITS for one in found)


def test_other_spans_stand_below_calls(spans: Spans) -> None:
    @timed
    def asks() -> None:
        with span("db", "select"):
            pass

    asks()
    found = by_name(spans())
    (call,) = (one for name, one in found.items() if name.endswith("asks"))
    assert (found["select"]["parent_id"], found["select"]["trace_id"]) == (call["span_id"], call["trace_id"])


def test_tasks_keep_their_parents_apart(spans: Spans) -> None:
    async def one(number: int) -> None:
        with request(f"request {number}"):
            await asyncio.gather(*(later(number) for _ in range(4)))

    async def every() -> None:
        await asyncio.gather(*(one(number) for number in range(5)))

    asyncio.run(every())
    found = spans()
    known = {one["span_id"]: one for one in found}
    assert all(known[one["parent_id"]]["trace_id"] == one["trace_id"] for one in found if one["kind"] == "internal")
    assert [known[one["parent_id"]]["name"] for one in found if one["name"] == "leaf"] == ["later"] * 20


def test_a_generator_is_timed_in_its_own_steps_only(spans: Spans) -> None:
    def consume() -> None:
        for _ in rows(2):
            with span("internal", "consumer"):
                pass

    consume()
    found = spans()
    steps = {one["span_id"]: one for one in found if one["name"] == "rows"}
    assert [one["attributes"] for one in steps.values()] == [{}, {"resumed": True}, {"resumed": True}]
    assert all(one["parent_id"] is None for one in found if one["name"] == "consumer")
    assert all(one["parent_id"] in steps for one in found if one["name"] == "leaf")


def test_a_timed_generator_is_still_one(spans: Spans) -> None:
    assert inspect.isgeneratorfunction(rows)
    running = rows(3)
    assert (next(running), running.send(40), next(running)) == (0, 40, 1)
    with pytest.raises(KeyError):
        running.throw(KeyError("x"))
    closing = rows(3)
    next(closing)
    closing.close()
    assert list(closing) == []
    assert [one["attributes"].get("error") for one in spans() if one["name"] == "rows"] == [None, None, None, "KeyError", None, None]


def test_an_async_generator_too(spans: Spans) -> None:
    async def consume() -> list[int]:
        return [page async for page in pages(3)]

    assert inspect.isasyncgenfunction(pages)
    assert asyncio.run(consume()) == [0, 1, 2]
    assert [one["status"] for one in spans() if one["name"] == "pages"] == ["ok"] * 4


def test_methods_of_every_sort(spans: Spans) -> None:
    service = Service()
    assert (service.method(), Service.of_class(), Service.of_class_too(), service.of_none(3)) == ("Service", "Service", "Service", 3)
    assert [one["name"] for one in spans()] == ["Service.method", "Service.of_class", "Service.of_class_too", "Service.of_none"]


def test_classes_are_refused() -> None:
    with pytest.raises(UsageError, match="only functions and methods"):
        timed(Service)


def test_blocks_take_attributes_and_errors(spans: Spans) -> None:
    with pytest.raises(LookupError), timed("rank", candidates=40) as call:
        call.set(kept=3)
        leaf(1)
        raise LookupError
    found = by_name(spans())
    assert (found["rank"]["status"], found["rank"]["attributes"]) == ("error", {"candidates": 40, "kept": 3, "error": "LookupError"})
    assert found["leaf"]["parent_id"] == found["rank"]["span_id"]


def test_one_object_serves_nested_and_concurrent_blocks(spans: Spans) -> None:
    same = timed("same")

    async def one(seconds: float) -> None:
        with same:
            await asyncio.sleep(seconds)
            with same:
                await asyncio.sleep(seconds)

    async def both() -> None:
        await asyncio.gather(one(0.05), one(0.01))

    asyncio.run(both())
    found = sorted(spans(), key=lambda one: one["duration_ms"])
    assert [round(one["duration_ms"], -1) >= least for one, least in zip(found, (10, 20, 50, 100), strict=True)] == [True] * 4
    assert [one["parent_id"] is None for one in found] == [False, True, False, True]


def test_odd_attributes_cost_only_themselves(spans: Spans) -> None:
    ring: dict[str, Any] = {}
    ring["ring"] = ring
    with timed("odd", ring=ring):
        pass
    with timed("even", number=2):
        pass
    assert {one["name"]: one["attributes"] for one in spans()} == {"odd": {}, "even": {"number": 2}}


def test_threads_lose_no_call_and_few_wait(spans: Spans) -> None:
    most = 0

    def work() -> None:
        nonlocal most
        for number in range(5000):
            leaf(number)
            assert recorder.active is not None
            most = max(most, len(recorder.active.calls))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = spans()
    assert (len(found), len({one["span_id"] for one in found})) == (20_000, 20_000)
    assert most < 2 * MOST_WAITING


def test_nothing_is_lost_when_the_program_ends(artefact: Path) -> None:
    program = f"from perfkit.trace import record, timed\nrecord({str(artefact)!r}).start()\nf = timed(lambda: None)\nf(); f()"
    subprocess.run([sys.executable, "-c", program], check=True)
    assert json.loads(artefact.read_text("utf-8").splitlines()[-1]) == {"perfkit_trace_end": 2}


def test_a_chain_of_tasks_keeps_no_calls_alive(artefact: Path) -> None:
    """Each tick starts the next one from inside: what stands above it must not grow."""

    standing: list[Any] = []

    @timed
    async def tick(left: int) -> None:
        standing.extend(value for value in contextvars.copy_context().values() if isinstance(value, tuple))
        if left:
            following.append(asyncio.create_task(tick(left - 1)))

    following: list[asyncio.Task[None]] = []

    async def ticks() -> None:
        await tick(20)
        while len(following) < 20:
            await asyncio.sleep(0)
        await asyncio.gather(*following)

    with record(artefact):
        asyncio.run(ticks())
    assert len(standing) == 21
    assert all(isinstance(part, int) for value in standing for part in value)
