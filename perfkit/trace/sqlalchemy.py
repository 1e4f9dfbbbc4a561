"""SQLAlchemy engine → db spans: text, hash of the parameters, rows and call site of every statement; never a parameter's value."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter_ns
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.ext.asyncio import AsyncEngine

from perfkit.trace import fingerprint, pool, recorder
from perfkit.trace.fetched import count_fetched
from perfkit.trace.recorder import STUMBLES
from perfkit.trace.statements import Sent, cover, fail, finish

_SENT = "_perfkit_sent"


def install(engine: Engine | AsyncEngine | None = None) -> Callable[[], None]:
    """Records statements and pool of the engine, or of every engine; returns what takes the hooks out again."""
    fingerprint.prepare()
    target = engine.sync_engine if isinstance(engine, AsyncEngine) else engine or Engine
    hooks = (("before_cursor_execute", _before), ("after_cursor_execute", _after), ("handle_error", _failed))
    for name, hook in hooks:
        event.listen(target, name, hook)
    uninstall_pool = pool.install(target)

    def uninstall() -> None:
        uninstall_pool()
        for name, hook in hooks:
            event.remove(target, name, hook)

    return uninstall


def _before(connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, executemany: bool) -> None:  # noqa: ARG001
    recording = recorder.active
    if recording is None or context is None:
        return
    try:
        cover(True)
        sent = Sent(statement, parameters, executemany, recording.sites.here(1))
        if executemany and not isinstance(parameters, dict):
            sent.sets = _parameter_sets(parameters)
        context._perfkit_sent = sent
    except STUMBLES:
        recording.dropped += 1


def _after(connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, executemany: bool) -> None:  # noqa: ARG001
    ended = perf_counter_ns()
    sent = _taken(context)
    recording = recorder.active
    if sent is None or recording is None:
        return
    try:
        rows = cursor.rowcount
        if rows > 0:
            sent.rows = rows
        elif cursor.description is not None and not sent.many:
            count_fetched(context, sent)  # SQLite knows only what was fetched
        elif rows == 0:
            sent.rows = 0
    except STUMBLES:
        pass  # some drivers have no number of rows: then the span has none
    finish(recording, sent, ended)
    pool.note_busy(connection, sent.duration_ms)


def _failed(problem: Any) -> None:
    sent = _taken(problem.execution_context)
    if sent is not None and recorder.active is not None:
        fail(recorder.active, sent, problem.original_exception)


def _taken(context: Any) -> Sent | None:
    sent: Sent | None = getattr(context, _SENT, None)
    if sent is not None:
        context._perfkit_sent = None
        cover(False)
    return sent


def _parameter_sets(parameters: Any) -> int | None:
    """How often a bulk statement runs; None for a batch of rows in one statement, whose parameters are one flat row."""
    return len(parameters) if parameters and isinstance(parameters[0], tuple | list | dict) else None
