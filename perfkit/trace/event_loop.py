"""Callback that keeps an event loop of asyncio from everything else → loop span that stands where the application did it.

A clock around every callback finds the long ones; a thread that looks at the loop's stack while one is late finds the place.
Loops that run their callbacks outside of Python, such as uvloop's, are not seen, and that is told: run the server on asyncio's own loop to watch it.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import time
import warnings
from asyncio.events import Handle
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event, Thread, get_ident
from time import perf_counter_ns
from types import CodeType, FrameType
from typing import Any

from perfkit.errors import UsageError
from perfkit.trace import recorder
from perfkit.trace.callsite import Site, site_at
from perfkit.trace.recorder import STUMBLES, Above, Recorder, Span, new_id

LIMIT_MS = 50.0
LOOKS = 4
"""At a callback, before it is as late as the limit."""


@dataclass(slots=True)
class _Looks:
    """What was seen of one callback while it ran."""

    started: int
    above: Span | Above | None = None
    """The innermost request or block that it was in; at its end it may have left it."""
    places: Counter[tuple[Site, bool]] = field(default_factory=Counter)
    """Where it was, and whether that was importing."""


_running: dict[int, tuple[int, Handle] | None] = {}
"""By thread: since when which callback runs."""
_seen: dict[int, _Looks] = {}
"""By thread: the callback that was looked at last."""
_collecting = [0, 0]
"""When the garbage collection under way began, and how long all of them took."""
_run = Handle._run
_begin = asyncio._set_running_loop
unseen: set[str] = set()
"""Libraries whose loops ran while they were to be watched, and cannot be."""
_NOWHERE = site_at(None, None, ())


def install(limit_ms: float = LIMIT_MS) -> Callable[[], None]:
    """Records callbacks longer than the limit, in every loop of asyncio's own; returns what takes the hook out again."""
    if Handle._run is not _run:
        raise UsageError("Event loops are watched already. Call what the first install() returned before you install it again.")
    if not 1 <= limit_ms <= 60_000:
        raise UsageError(f"A limit of {limit_ms:g} ms for callbacks is not between 1 and 60000.")
    limit, done = round(limit_ms * 1e6), Event()
    Handle._run = _watched(limit)  # type: ignore[assignment,method-assign]
    asyncio._set_running_loop = _noticed  # what compiled loops call; those of asyncio call it by another name
    unseen.clear()
    gc.callbacks.append(_on_collection)
    watcher = Thread(target=_watch, args=(done, limit // LOOKS), name="perfkit-event-loop", daemon=True)
    watcher.start()

    def uninstall() -> None:
        Handle._run = _run  # type: ignore[method-assign]
        asyncio._set_running_loop = _begin
        gc.callbacks.remove(_on_collection)
        done.set()
        watcher.join()
        _running.clear()
        _seen.clear()

    return uninstall


def _noticed(loop: asyncio.AbstractEventLoop | None) -> None:
    """A loop of another library begins or ends."""
    library = type(loop).__module__.partition(".")[0]
    if loop is not None and not isinstance(loop, asyncio.BaseEventLoop) and library not in unseen:
        unseen.add(library)
        warnings.warn(
            f"What blocks the event loop is not seen: {library} runs its callbacks outside of Python. Use asyncio's own loop.", stacklevel=2
        )
    _begin(loop)


def _watched(limit: int) -> Callable[[Handle], None]:
    def run(handle: Handle) -> None:
        if recorder.active is None:
            return _run(handle)
        thread, started, collected = get_ident(), perf_counter_ns(), _collecting[1]
        _running[thread] = (started, handle)
        try:
            return _run(handle)
        finally:
            took = perf_counter_ns() - started
            _running[thread] = None
            if took > limit and took - _collecting[1] + collected > limit:
                _report(handle, thread, started, took, limit)

    return run


def _watch(done: Event, tick: int) -> None:
    """Looks at the stack of every thread whose callback is late."""
    while not done.wait(tick / 1e9):
        now = perf_counter_ns()
        for thread, state in list(_running.items()):
            if state is not None and now - state[0] > tick:
                _look(thread, state)


def _look(thread: int, state: tuple[int, Handle]) -> None:
    recording, frame = recorder.active, sys._current_frames().get(thread)
    if recording is None or frame is None or _running.get(thread) is not state:
        return
    try:
        place, above = (recording.sites.at(frame), _imports(frame)), recorder.current(state[1]._context)  # type: ignore[attr-defined]
    except STUMBLES:
        return
    looks = _seen.get(thread)
    if looks is None or looks.started != state[0]:
        looks = _seen[thread] = _Looks(state[0])
    looks.above = above or looks.above
    looks.places[place] += 1


def _report(handle: Any, thread: int, started: int, took: int, limit: int) -> None:
    recording = recorder.active
    if recording is None:
        return
    try:
        looks = _seen.pop(thread, None)
        if looks is None or looks.started != started:
            looks = _Looks(started, recorder.current(handle._context))
        code = _code_of(handle._callback)
        site, importing = max(looks.places, key=looks.places.__getitem__, default=(_NOWHERE, False))
        details = {"limit_ms": limit / 1e6, "importing": importing, "callback": getattr(code, "co_qualname", None)}
        # nobody could look at one call into compiled code, and sometimes only libraries run: then the callback's own function is named
        _write(recording, handle, site if site.chain or code is None else recording.sites.of(code), looks.above, took, details)
    except STUMBLES:
        recording.dropped += 1


def _write(recording: Recorder, handle: Any, site: Site, parent: Span | Above | None, took: int, attributes: dict[str, Any]) -> None:
    trace_id, parent_id = (new_id(), None) if parent is None else (parent.trace_id, parent.span_id)
    name = site.chain[0].split(":")[-2] if site.chain else attributes["callback"] or "callback"
    span = Span("loop", name, trace_id, new_id(), parent_id, (time.time_ns() - took) // 1000, 0, site)
    others = len(asyncio.all_tasks(handle._loop)) - isinstance(getattr(handle._callback, "__self__", None), asyncio.Task)
    span.attributes = {**attributes, "others": max(others, 0), "call_chain": list(site.chain)}
    recording.finish(span, took / 1e6)


def _code_of(callback: Any) -> CodeType | None:
    """Of a task's step its coroutine's, else of the function itself."""
    task = getattr(callback, "__self__", None)
    inner = task.get_coro() if isinstance(task, asyncio.Task) else callback
    code = getattr(inner, "cr_code", None) or getattr(inner, "__code__", None)
    return code if isinstance(code, CodeType) else None


def _imports(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False


def _on_collection(phase: str, info: dict[str, int]) -> None:  # noqa: ARG001  the garbage collector's own signature
    if phase == "start":
        _collecting[0] = perf_counter_ns()
    else:
        _collecting[1] += perf_counter_ns() - _collecting[0]
