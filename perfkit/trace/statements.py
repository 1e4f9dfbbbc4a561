"""Statement on its way → db span: what the hooks of every driver record of it; never a parameter's value."""

from __future__ import annotations

import json
import time
from collections.abc import Sized
from contextvars import ContextVar
from marshal import dumps
from typing import Any

from perfkit.trace import recorder
from perfkit.trace.callsite import Site
from perfkit.trace.fingerprint import describe
from perfkit.trace.recorder import Above, Recorder, Span, new_id

_LONGEST_STATEMENT = 4_000
_END_KEPT = 2_500
"""Of a longer one: tables and conditions stand at the end, and in between is only more of the same."""
_SHAPES_KEPT = 2_000
_BITS = (1 << 64) - 1
_NO_REFERENCES = 2
"""The version of marshal whose bytes depend on values alone."""

_shapes: dict[str, tuple[str, str, str]] = {}
_above: ContextVar[bool] = ContextVar("perfkit_trace_statement", default=False)
"""Whether a library above the driver is recording the statement that the driver now gets."""
_drivers = 0
"""How many drivers have hooks of their own: without any nobody asks what is above."""


class Sent:
    """One execution of a statement; rows may still be counted while open."""

    __slots__ = ("duration_ms", "error", "many", "open", "params_hash", "parent", "rows", "sets", "site", "started", "started_at", "statement")

    def __init__(self, statement: str, parameters: Any, many: bool, site: Site) -> None:
        self.statement, self.many, self.site = statement, many, site
        self.params_hash = _params_hash(parameters, many)
        self.sets: int | None = None
        self.parent: Span | Above | None = recorder.current()
        self.rows: int | None = None
        self.error: str | None = None
        self.open = False
        self.duration_ms = 0.0
        self.started_at = time.time_ns() // 1000
        self.started = time.perf_counter_ns()  # last: what the recorder itself took is not the database's

    def line(self) -> str:
        """The span's line in the trace."""
        parent = self.parent
        trace_id, parent_id = (new_id(), "null") if parent is None else (parent.trace_id, f'"{parent.span_id}"')
        name, fingerprint, statement = _shapes.get(self.statement) or _shape(self.statement)
        file, line, chain = self.site.texts
        rows = "null" if self.rows is None else self.rows
        more = "" if self.sets is None else f',"parameter_sets":{self.sets}'
        status = "ok"
        if self.error is not None:
            status, more = "error", f'{more},"error":{json.dumps(self.error)}'
        return (
            f'{{"trace_id":"{trace_id}","span_id":"{new_id()}","parent_id":{parent_id},"kind":"db","name":{name},"started_at":{self.started_at},'
            f'"duration_ms":{self.duration_ms:.6f},"status":"{status}","fingerprint":{fingerprint},"file":{file},"line":{line},'
            f'"attributes":{{"statement":{statement},"params_hash":"{self.params_hash:016x}","rows":{rows},'
            f'"executemany":{"true" if self.many else "false"},"call_chain":{chain}{more}}}}}'
        )


def finish(recording: Recorder, sent: Sent, ended: int) -> None:
    """The database has answered; ended is perf_counter's."""
    sent.duration_ms = (ended - sent.started) / 1e6
    recording.add(sent, ended)


def fail(recording: Recorder, sent: Sent, error: BaseException) -> None:
    """The database has refused, or nobody waits for it any more."""
    sent.error = type(error).__name__
    finish(recording, sent, time.perf_counter_ns())


def cover(covered: bool) -> None:
    """Says to the driver's hooks whether the statement is recorded above them."""
    if _drivers:
        _above.set(covered)


def covered() -> bool:
    """Whether it is."""
    return _above.get()


def watch_driver(change: int) -> None:
    """A driver's hooks come (1) or go (-1)."""
    global _drivers
    _drivers += change


def _shape(statement: str) -> tuple[str, str, str]:
    """Name, fingerprint and text in JSON: an application has few texts and sends them often."""
    if len(_shapes) >= _SHAPES_KEPT:
        _shapes.clear()
    name, fingerprint = describe(statement)
    text = json.dumps(statement)
    if len(statement) > _LONGEST_STATEMENT:
        text = f'{json.dumps(_cut(statement))},"cut":true'
    shape = json.dumps(name), json.dumps(fingerprint), text
    if len(statement) <= _LONGEST_STATEMENT:
        _shapes[statement] = shape
    return shape


def _cut(statement: str) -> str:
    """Its beginning and its end; a text in quotes that the cut goes through is closed before it and opened after it."""
    begin, end = statement[: _LONGEST_STATEMENT - _END_KEPT], statement[-_END_KEPT:]
    open_before, open_after = begin.count("'") % 2, statement[:-_END_KEPT].count("'") % 2
    return begin + "'" * open_before + " … " + "'" * open_after + end


def _params_hash(parameters: Any, many: bool) -> int:
    if many and isinstance(parameters, Sized) and len(parameters) > 1:
        # a bulk insert may hold a million rows: its ends and its length tell it apart well enough
        try:
            parameters = (len(parameters), parameters[0], parameters[-1])  # type: ignore[index]
        except (LookupError, TypeError):
            parameters = (len(parameters),)
    try:
        content = dumps(parameters, _NO_REFERENCES)
    except ValueError:
        content = repr(parameters).encode("utf-8", "surrogatepass")
    # keyed by a number that this process drew and never writes: nobody finds a value by hashing guesses
    return hash((_KEY, content)) & _BITS


_KEY = new_id()
