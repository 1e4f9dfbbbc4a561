"""SQLAlchemy engine → db spans: text, hash of the parameters, rows and call site of every statement; never a parameter's value."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from operator import attrgetter
from time import perf_counter_ns
from types import FrameType
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.ext.asyncio import AsyncEngine

from perfkit.trace import fingerprint, pool, recorder
from perfkit.trace.fetched import count_fetched
from perfkit.trace.pool import connecting, note_busy
from perfkit.trace.recorder import STUMBLES, Recorder
from perfkit.trace.statements import Sent, cover, fail, finish, send

_STEPS = ("do_execute", "do_executemany", "do_execute_no_params")
_OURS = 3
"""Frames between SQLAlchemy's own and what looks for the call site."""
_THEIRS = 4
"""Frames of SQLAlchemy's own from Connection.execute to the first of ours, where a statement takes that way."""
_EXECUTE = Connection.execute.__code__


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
    listeners_of, driver_of = attrgetter(f"dialect.dispatch.{step}"), attrgetter(f"dialect.{step}")

    def execute(*arguments: Any) -> bool:
        recording = recorder.active
        context = arguments[-1]
        if recording is None or context is None or connecting() is not None:
            return False
        sent = _begun(recording, arguments, context)
        if sent is None:
            return False
        try:
            cover(True)
            listeners = listeners_of(context)
            if len(listeners) == 1 or not _done_by_others(listeners, execute, arguments):
                driver_of(context)(*arguments)
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
        sent = send(arguments[1], parameters, many, recording.sites.at(_asking()))
    except STUMBLES:
        recording.dropped += 1
        return None
    return sent


def _asking() -> FrameType:
    """The innermost frame that may be the application's."""
    try:
        frame = sys._getframe(_OURS + _THEIRS)
        if frame.f_code is _EXECUTE:
            return frame
    except ValueError:
        pass  # in a greenlet of its own the stack may be shorter
    return sys._getframe(_OURS)


def _done_by_others(listeners: Iterable[Callable[..., bool]], own: Callable[..., bool], arguments: tuple[Any, ...]) -> bool:
    """Another listener of the application's may do the driver's work itself."""
    return any(listener(*arguments) for listener in listeners if listener is not own)


def _end(recording: Recorder, sent: Sent, context: Any, ended: int) -> None:
    try:
        cursor = context.cursor
        rows = cursor.rowcount
        if rows > 0:
            sent.rows = int(rows)
        elif cursor.description is not None and not sent.many:
            count_fetched(context, sent)  # SQLite knows only what was fetched
        elif rows == 0:
            sent.rows = 0
        finish(recording, sent, ended)
        note_busy(context._dbapi_connection.info, sent.took)
    except STUMBLES:
        recording.dropped += 1
