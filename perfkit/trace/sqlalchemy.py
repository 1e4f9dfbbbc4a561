"""SQLAlchemy engine → db spans: text, hash of the parameters, rows and call site of every statement; never a parameter's value."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.ext.asyncio import AsyncEngine

from perfkit.trace import recorder
from perfkit.trace.fingerprint import describe, text_hash
from perfkit.trace.recorder import STUMBLES, Span

_LONGEST_STATEMENT = 4_000
_SPAN = "_perfkit_span"


def install(engine: Engine | AsyncEngine | None = None) -> Callable[[], None]:
    """Records the engine's statements, or those of every engine; returns what takes the hooks out again."""
    target = engine.sync_engine if isinstance(engine, AsyncEngine) else engine or Engine
    hooks = (("before_cursor_execute", _before), ("after_cursor_execute", _after), ("handle_error", _failed))
    for name, hook in hooks:
        event.listen(target, name, hook)

    def uninstall() -> None:
        for name, hook in hooks:
            event.remove(target, name, hook)

    return uninstall


def _before(connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, executemany: bool) -> None:  # noqa: ARG001
    recording = recorder.active
    if recording is None or context is None:
        return
    try:
        span = recording.begin("db", "statement", recording.sites.here(1))
        span.name, span.fingerprint = describe(statement)
        span.attributes = {
            "statement": statement[:_LONGEST_STATEMENT],
            "params_hash": _params_hash(parameters, executemany),
            "rows": None,
            "executemany": bool(executemany),
            "call_chain": span.site.chain,
        }
        setattr(context, _SPAN, span)
        span.started = time.perf_counter_ns()  # what the recorder itself took is not the database's
    except STUMBLES:
        recording.dropped += 1


def _after(connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, executemany: bool) -> None:  # noqa: ARG001
    ended = time.perf_counter_ns()
    span = _taken(context)
    if span is None or recorder.active is None:
        return
    rows = getattr(cursor, "rowcount", None)
    span.attributes["rows"] = rows if isinstance(rows, int) and rows >= 0 else None
    recorder.active.finish(span, (ended - span.started) / 1e6)


def _failed(problem: Any) -> None:
    span = _taken(problem.execution_context)
    if span is None or recorder.active is None:
        return
    span.status = "error"
    span.attributes["error"] = type(problem.original_exception).__name__
    recorder.active.finish(span)


def _taken(context: Any) -> Span | None:
    span: Span | None = getattr(context, _SPAN, None)
    if span is not None:
        setattr(context, _SPAN, None)
    return span


def _params_hash(parameters: Any, executemany: bool) -> str:
    if executemany and len(parameters) > 1:
        # a bulk insert may hold a million rows: its ends and its length tell it apart well enough
        return text_hash(repr((len(parameters), parameters[0], parameters[-1])))
    return text_hash(repr(parameters))
