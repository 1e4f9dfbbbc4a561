"""SQLAlchemy's connection pool → pool spans: connect, checkout (the wait), held (until it is given back), close, invalidate."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from contextvars import ContextVar
from functools import wraps
from time import perf_counter_ns
from typing import Any

from sqlalchemy import Engine, event

from perfkit.trace import recorder
from perfkit.trace.callsite import Site
from perfkit.trace.recorder import STUMBLES, Recorder, Span

_STATE = "perfkit_trace"
"""Where a connection's record keeps what the recorder knows of it."""
_numbers = itertools.count(1)


class _Asked:
    """A request for a connection, until it has one."""

    __slots__ = ("connecting", "name", "parent", "pool", "site", "started", "started_at")

    def __init__(self, pool: Any, name: str, site: Site) -> None:
        self.pool, self.name, self.site, self.parent = pool, name, site, recorder.current()
        self.started_at, self.started = time.time_ns() // 1000, perf_counter_ns()
        self.connecting: int | None = None
        """When the driver was asked for a new connection."""


class _State:
    """What is known of one connection."""

    __slots__ = ("asked", "busy_ns", "connection", "ended", "made_for", "pool", "pool_name", "taken", "taken_at")

    def __init__(self, asked: _Asked) -> None:
        self.connection = f"connection {next(_numbers)}"
        self.pool, self.pool_name = asked.pool, asked.name
        self.made_for = asked
        self.asked: _Asked | None = None
        """Who holds it now."""
        self.ended: str | None = None
        self.busy_ns = self.taken = self.taken_at = 0


_raw_connection = Engine.raw_connection
_targets: list[Any] = []
_asking: ContextVar[_Asked | None] = ContextVar("perfkit_trace_pool", default=None)
connecting = _asking.get
"""For whom a connection is being made, if one is: what SQLAlchemy then asks the server is no statement of the application's."""


def install(target: Any) -> Callable[[], None]:
    """Records the pool of one engine, or of every engine if the class is given; returns what takes the hooks out again."""
    if not _targets:
        Engine.raw_connection = _asking_first  # type: ignore[method-assign,assignment]
    _targets.append(target)
    hooks = (("do_connect", _connecting), ("connect", _connected), ("checkin", _given_back), ("close", _closed), ("invalidate", _invalidated))
    for name, hook in hooks:
        event.listen(target, name, hook)

    def uninstall() -> None:
        _targets.remove(target)
        if not _targets:
            Engine.raw_connection = _raw_connection  # type: ignore[method-assign]
        for name, hook in hooks:
            event.remove(target, name, hook)

    return uninstall


def note_busy(info: dict[str, Any], took_ns: int) -> None:
    """A statement used the connection that this is known of for so long."""
    state = info.get(_STATE)
    if state is not None:
        state.busy_ns += took_ns


@wraps(Engine.raw_connection)
def _asking_first(engine: Any) -> Any:
    recording = recorder.active
    if recording is None or not any(target is Engine or engine.pool is target.pool for target in _targets):
        return _raw_connection(engine)
    asked = _Asked(engine.pool, _name_of(engine), recording.sites.here(1))
    outer = _asking.get()
    _asking.set(asked)
    try:
        connection = _raw_connection(engine)
    except BaseException as error:
        _write(recording, "checkout", asked, perf_counter_ns() - asked.started, error=type(error).__name__)
        raise
    finally:
        _asking.set(outer)
    _taken(recording, asked, connection)
    return connection


def _taken(recording: Recorder, asked: _Asked, connection: Any) -> None:
    now = perf_counter_ns()
    try:
        state = _state_of(connection.info, asked)
        state.asked, state.busy_ns, state.taken, state.taken_at = asked, 0, now, time.time_ns() // 1000
        _write(recording, "checkout", asked, now - asked.started, connection=state.connection, overflow=_beyond_size(asked.pool))
    except STUMBLES:
        recording.dropped += 1


def _connecting(dialect: Any, record: Any, arguments: Any, options: Any) -> None:  # noqa: ARG001
    asked = _asking.get()
    if asked is not None:
        asked.connecting = perf_counter_ns()


def _connected(dbapi_connection: Any, record: Any) -> None:  # noqa: ARG001
    asked, recording, known = _asking.get(), recorder.active, record.info.get(_STATE)
    # an engine may be recorded twice, for itself and among all: the second hook finds the work done
    if asked is not None and recording is not None and (known is None or known.made_for is not asked):
        now = perf_counter_ns()
        took = now - (asked.connecting or asked.started)
        state = record.info[_STATE] = _State(asked)
        _write(recording, "connect", asked, took, started_at=time.time_ns() // 1000 - took // 1000, connection=state.connection)


def _given_back(dbapi_connection: Any, record: Any) -> None:  # noqa: ARG001
    state, recording = record.info.get(_STATE), recorder.active
    if state is not None and state.asked is not None:
        asked, state.asked = state.asked, None
        if recording is not None:
            details = {"connection": state.connection, "busy_ms": state.busy_ns / 1e6}
            _write(recording, "held", asked, perf_counter_ns() - state.taken, started_at=state.taken_at, **details)


def _closed(dbapi_connection: Any, record: Any) -> None:  # noqa: ARG001
    _ended("close", record)


def _invalidated(dbapi_connection: Any, record: Any, error: Any) -> None:  # noqa: ARG001
    _ended("invalidate", record)


def _ended(name: str, record: Any) -> None:
    state, recording = record.info.get(_STATE), recorder.active
    if state is not None and recording is not None and state.ended != name:
        state.ended = name
        asked = _Asked(state.pool, state.pool_name, recording.sites.here(2))
        _write(recording, name, asked, 0, connection=state.connection, overflow=name == "close" and _full(state.pool))


def _state_of(info: dict[str, Any], asked: _Asked) -> _State:
    """A connection that was made before the recording began has none yet."""
    state: _State | None = info.get(_STATE)
    if state is None:
        state = info[_STATE] = _State(asked)
    return state


def _beyond_size(pool: Any) -> bool:
    """Whether it has more connections than it keeps; pools without a size never have."""
    overflow = getattr(pool, "overflow", None)
    return overflow is not None and overflow() > 0


def _full(pool: Any) -> bool:
    """Whether it keeps as many connections as it may: one that is given back to it then is closed."""
    return hasattr(pool, "checkedin") and hasattr(pool, "size") and pool.size() > 0 and pool.checkedin() >= pool.size()


def _name_of(engine: Any) -> str:
    url = engine.url
    return f"{type(engine.pool).__name__} {url.get_backend_name()} {url.database or 'memory'}"


def _write(recording: Recorder, name: str, asked: _Asked, took_ns: int, *, started_at: int | None = None, **details: Any) -> None:
    trace_id, parent_id = (recorder.new_id(), None) if asked.parent is None else (asked.parent.trace_id, asked.parent.span_id)
    span = Span("pool", name, trace_id, recorder.new_id(), parent_id, started_at or asked.started_at, 0, asked.site)
    span.attributes = {"pool": asked.name, **details}
    if "error" in details:
        span.status = "error"
    recording.finish(span, took_ns / 1e6)
