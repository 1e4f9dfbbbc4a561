"""SQLAlchemy engine → db spans: text, hash of the parameters, rows and call site of every statement; never a parameter's value."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter_ns
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.ext.asyncio import AsyncEngine

from perfkit.trace import fingerprint, pool, recorder
from perfkit.trace.fetched import count_fetched
from perfkit.trace.recorder import STUMBLES, Recorder
from perfkit.trace.statements import Sent, cover, fail, finish

_STEPS = ("do_execute", "do_executemany", "do_execute_no_params")
_BETWEEN = 3
"""Frames between the call site's walk and SQLAlchemy's own."""


def install(engine: Engine | AsyncEngine | None = None) -> Callable[[], None]:
    """Records statements and pool of the engine, or of every engine; returns what takes the hooks out again."""
    fingerprint.prepare()
    target = engine.sync_engine if isinstance(engine, AsyncEngine) else engine or Engine
    for step, hook in _HOOKS.items():
        event.listen(target, step, hook)
    uninstall_pool = pool.install(target)

    def uninstall() -> None:
        uninstall_pool()
        for step, hook in _HOOKS.items():
            event.remove(target, step, hook)

    return uninstall


def _around(step: str) -> Callable[..., bool]:
    """One event around the driver's work: one before and one after it would cost SQLAlchemy more than a span costs us."""

    def execute(*arguments: Any) -> bool:
        recording = recorder.active
        context = arguments[-1]
        if recording is None or context is None or pool.connecting():
            return False
        sent = _begun(recording, arguments, context)
        if sent is None:
            return False
        try:
            cover(True)
            _pass_on(step, arguments, context.dialect)
        except BaseException as error:
            cover(False)
            fail(recording, sent, error)
            raise
        ended = perf_counter_ns()
        cover(False)
        _end(recording, sent, context, ended)
        return True

    return execute


_HOOKS = {step: _around(step) for step in _STEPS}


def _begun(recording: Recorder, arguments: tuple[Any, ...], context: Any) -> Sent | None:
    try:
        many = context.executemany
        parameters = arguments[2] if len(arguments) > 3 else ()
        sent = Sent(arguments[1], parameters, many, recording.sites.here(_BETWEEN))
        if many and isinstance(parameters, list):
            sent.sets = len(parameters)
        sent.started = perf_counter_ns()
    except STUMBLES:
        recording.dropped += 1
        return None
    return sent


def _pass_on(step: str, arguments: tuple[Any, ...], dialect: Any) -> None:
    """To the driver, unless another listener of the application's does the work itself."""
    listeners = getattr(dialect.dispatch, step)
    if len(listeners) > 1:
        own = _HOOKS[step]
        if any(listener(*arguments) for listener in listeners if listener is not own):
            return
    getattr(dialect, step)(*arguments)


def _end(recording: Recorder, sent: Sent, context: Any, ended: int) -> None:
    try:
        cursor = context.cursor
        rows = cursor.rowcount
        if rows > 0:
            sent.rows = rows
        elif cursor.description is not None and not sent.many:
            count_fetched(context, sent)  # SQLite knows only what was fetched
        elif rows == 0:
            sent.rows = 0
        finish(recording, sent, ended)
        pool.note_busy(context.root_connection, sent.duration_ms)
    except STUMBLES:
        recording.dropped += 1
