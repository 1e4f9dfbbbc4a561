"""Real event loops, sampled as py-spy does: blocking calls are named, short callbacks are not, however many there are."""

from __future__ import annotations

import asyncio
import json
import sys
import threading
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from perfkit.analyses.sampled_loops import sampled_loops
from perfkit.rules import stages as rules
from perfkit.workbench import Workbench

EVERY_S = 0.005


def speedscope_of(work: Callable[[], Coroutine[Any, Any, None]]) -> dict[str, Any]:
    """Runs the work and samples its thread; frames as py-spy writes them, the application's file relative."""
    frames: dict[tuple[str, str, int], int] = {}
    samples: list[list[int]] = []
    thread, done = threading.get_ident(), threading.Event()

    def sample() -> None:
        due = time.perf_counter()
        while not done.is_set():
            frame, stack = sys._current_frames().get(thread), []
            while frame is not None:
                file = frame.f_code.co_filename
                shown = "app/views.py" if file == __file__ else file
                stack.append(frames.setdefault((frame.f_code.co_name, shown, frame.f_lineno), len(frames)))
                frame = frame.f_back
            samples.append(stack[::-1])
            due += EVERY_S
            time.sleep(max(0.0, due - time.perf_counter()))

    sampler = threading.Thread(target=sample)
    sampler.start()
    asyncio.run(work())
    done.set()
    sampler.join()
    profile = {"type": "sampled", "name": "loop", "unit": "seconds", "startValue": 0, "endValue": len(samples) * EVERY_S}
    return {
        "$schema": "https://www.speedscope.app/file-format-schema.json",
        "shared": {"frames": [{"name": name, "file": file, "line": line} for name, file, line in frames]},
        "profiles": [profile | {"samples": samples, "weights": [EVERY_S] * len(samples)}],
        "exporter": "py-spy@0.4.1",
    }


def stored(bench: Workbench, path: Path, work: Callable[[], Coroutine[Any, Any, None]]) -> str:
    path.write_text(json.dumps(speedscope_of(work)))
    [found] = bench.ingest([path])
    return found.run_id


def test_a_blocking_call_among_waiting_is_named(bench: Workbench, tmp_path: Path) -> None:
    def blocks() -> None:
        time.sleep(0.15)

    async def others() -> None:
        while True:
            time.sleep(0.01)
            await asyncio.sleep(0.005)

    async def handler() -> None:
        beside = asyncio.create_task(others())
        for _ in range(3):
            await asyncio.sleep(0.3)
            blocks()
        beside.cancel()

    run = stored(bench, tmp_path / "profile.json", handler)
    [row] = sampled_loops(bench.store, [run])
    assert (row.function, row.file, row.n) == ("blocks", "app/views.py", 3)
    assert row.longest_ms == pytest.approx(150, rel=0.4)
    assert [finding.rule for finding in rules.find(bench.store, [run])] == ["blocked-event-loop"]


def test_short_callbacks_are_silent_even_in_a_busy_loop(bench: Workbench, tmp_path: Path) -> None:
    def computes() -> None:
        until = time.perf_counter() + 0.004
        while time.perf_counter() < until:
            pass

    async def task() -> None:
        for _ in range(40):
            computes()
            await asyncio.sleep(0)

    async def busy() -> None:
        await asyncio.gather(*(task() for _ in range(3)))
        await asyncio.sleep(0.1)

    assert sampled_loops(bench.store, [stored(bench, tmp_path / "profile.json", busy)]) == []


def test_profiles_without_a_loop_say_nothing(bench: Workbench, tmp_path: Path) -> None:
    assert sampled_loops(bench.store, []) == []
