"""Span → NDJSON: a line each, or one for many alike. Recording never raises into the application and never holds more than one small buffer."""

from __future__ import annotations

import atexit
import json
import logging
import os
import random
import time
from collections.abc import Iterator, Mapping
from contextvars import Context, ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Self, TypeVar, Union

from perfkit import __version__
from perfkit.errors import UsageError
from perfkit.trace.callsite import CallSites, Site, site_at

if TYPE_CHECKING:
    from perfkit.trace.calls import Waiting
    from perfkit.trace.statements import Sent

T = TypeVar("T")
Kind = Literal["server", "db", "cache", "llm", "http", "pool", "loop", "internal"]
Status = Literal["ok", "error"]

STUMBLES = (ArithmeticError, AttributeError, LookupError, OSError, RuntimeError, TypeError, ValueError)
"""What a hook may trip over while it looks at foreign objects; it then loses its span and nothing else."""

_FORMAT = 3
"""1 had no lines of packed calls, 2 no statements in them."""
_SPANS_PER_FLUSH = 64
_NS_PER_FLUSH = 1_000_000_000
_NOWHERE = site_at(None, None, ())

_LINE = (
    '{"trace_id":"%s","span_id":"%s","parent_id":%s,"kind":"%s","name":%s,"started_at":%d,"duration_ms":%.6f,'
    '"status":"%s","fingerprint":%s,"file":%s,"line":%s,"attributes":%s}'
)
"""Written by hand: a third of the encoder's time, and the keys keep their order."""
_quoted = json.encoder.encode_basestring_ascii

_log = logging.getLogger("perfkit.trace")
Standing = Union["Span", tuple[int, int | str], None]
"""A timed call is only its number and that of its trace: it is opened far more often than it is asked for."""
_current: ContextVar[Standing] = ContextVar("perfkit_trace_span", default=None)
_ids = random.Random()


class Above(NamedTuple):
    """What a new span stands below."""

    trace_id: str
    span_id: str


active: Recorder | None = None
"""The one recorder of this process, or None: everything that records asks here first."""


@dataclass(slots=True, eq=False)
class Span:
    """One piece of work under way; its owner may still add to it."""

    kind: Kind
    name: str
    trace_id: str
    span_id: str
    parent_id: str | None
    started_at: int
    """Unix time in µs."""
    started: int
    """perf_counter in ns: only differences mean something."""
    site: Site = _NOWHERE
    status: Status = "ok"
    fingerprint: str | None = None
    attributes: dict[str, Any] = field(default_factory=dict)

    def set(self, **attributes: Any) -> None:
        """Adds attributes; those that JSON does not know are written as the name of their type."""
        self.attributes.update(attributes)


class Recorder:
    """Writes every finished span of this process to one file, from start() to stop()."""

    def __init__(self, path: str | Path, root: str | Path | None = None, attributes: Mapping[str, Any] | None = None) -> None:
        self.path = Path(path)
        self.sites = CallSites(Path(root) if root is not None else Path.cwd())
        self.spans = 0
        self.dropped = 0
        """Spans that could not be written, for example on a full disk."""
        self._attributes = dict(attributes or {})
        self._encode = json.JSONEncoder(separators=(",", ":"), skipkeys=True, allow_nan=False, default=_type_name).encode
        self._lock = RLock()
        self.calls: list[Waiting] = []
        self.due = 0
        """When the buffer is to be written at the latest, by perf_counter."""
        self.prefix = ""
        """What ids by number begin with: those of timed calls and of statements."""
        self.statements: list[Sent] = []
        self._open: list[Sent] = []
        """Statements whose rows are still fetched: they wait for the next time."""
        self._lines: list[str] = []
        self._file: int | None = None

    def start(self) -> Self:
        """Opens the file, writes its header and becomes the process's recorder."""
        if active is not None:
            raise UsageError(f"Already recording to {active.path}. Stop that recorder first: a process has one trace.")
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_CLOEXEC", 0), 0o644)
        _ids.seed()
        self.prefix = new_id()[:8]
        header = {"perfkit_trace": _FORMAT, "clock": "unix_us", "started_at": time.time_ns() // 1000, "tool_version": __version__}
        self._write([self._encode(header | {"attributes": self._attributes})])
        atexit.register(self.stop)
        _become(self)
        return self

    def stop(self) -> None:
        """Writes what is left and the closing line; a second call does nothing."""
        if active is self:
            _become(None)
        with self._lock:
            if self._file is None:
                return
            self.flush(whole=True)
            self._write([self._encode({"perfkit_trace_end": self.spans})])
            if self._file is not None:
                os.close(self._file)
                self._file = None
        atexit.unregister(self.stop)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def begin(self, kind: Kind, name: str, site: Site = _NOWHERE) -> Span:
        """A span below the current one; it is not yet current itself."""
        parent = current()
        trace_id, parent_id = (parent.trace_id, parent.span_id) if parent else (new_id(), None)
        return Span(kind, name, trace_id, new_id(), parent_id, time.time_ns() // 1000, time.perf_counter_ns(), site)

    def finish(self, span: Span, duration_ms: float | None = None) -> None:
        """Writes the span; without a duration it lasted until now."""
        if duration_ms is None:
            duration_ms = (time.perf_counter_ns() - span.started) / 1e6
        line = self._line(span, duration_ms)
        if line is None:
            self.dropped += 1
        else:
            self._add(line, time.perf_counter_ns())

    def _add(self, line: str, now: int) -> None:
        self._lines.append(line)  # needs no lock: flush() takes from the front of this same list
        if len(self._lines) >= _SPANS_PER_FLUSH or now > self.due:
            self.flush()

    def flush(self, *, whole: bool = False) -> None:
        """Hands what was finished to the operating system, also what is not all known if it is to be whole."""
        with self._lock:
            self.due = time.perf_counter_ns() + _NS_PER_FLUSH
            calls, statements, lines = _taken(self.calls), self._known(whole), _taken(self._lines)
            spans = len(calls) + len(statements) + len(lines)
            if self._write([*self._packed_calls(calls), *self._packed_statements(statements), *lines]):
                self.spans += spans
            else:
                self.dropped += spans

    def _known(self, whole: bool) -> list[Sent]:
        """Statements of which everything is known."""
        known: list[Sent] = []
        still_open: list[Sent] = []
        for sent in self._open + _taken(self.statements):
            (still_open if sent.open and not whole else known).append(sent)
        self._open = still_open
        return known

    def _packed_calls(self, calls: list[Waiting]) -> Iterator[str]:
        if calls:
            from perfkit.trace.calls import line_of

            yield line_of(calls, self.prefix, self.sites.home, self._encode)

    def _packed_statements(self, statements: list[Sent]) -> Iterator[str]:
        if statements:
            from perfkit.trace.statements import line_of

            yield line_of(statements, self.prefix)

    def _write(self, lines: list[str]) -> bool:
        """On a failing disk the recorder gives up, once and quietly."""
        if self._file is None or not lines:
            return False
        try:
            _write_all(self._file, ("\n".join(lines) + "\n").encode("ascii"))
        except OSError as error:
            _log.warning("Recording to %s stopped: %s.", self.path, error)
            self.abandon()
            return False
        return True

    def abandon(self) -> None:
        """Lets go of the file without a closing line: after a failed write, and in a forked child."""
        if active is self:
            _become(None)
        file, self._file = self._file, None
        self.calls, self.statements, self._open, self._lines = [], [], [], []
        if file is not None:
            os.close(file)

    def _line(self, span: Span, duration_ms: float) -> str | None:
        try:
            return _LINE % (*_fields(span, duration_ms), self._encode(span.attributes))
        except STUMBLES:
            # a ring, a NaN or a dictionary that another thread changes: the span still counts, without its attributes
            return self._plain_line(span, duration_ms)

    def _plain_line(self, span: Span, duration_ms: float) -> str | None:
        try:
            return _LINE % (*_fields(span, duration_ms), "{}")
        except STUMBLES:
            return None


def enter(span: Span) -> Standing:
    """Makes the span current in this context and returns the one that was."""
    outer = _current.get()
    _current.set(span)
    return outer


def leave(outer: Standing) -> None:
    """Makes the outer span current again; unlike a token this also works from another context."""
    _current.set(outer)


def _fields(span: Span, duration_ms: float) -> tuple[object, ...]:
    parent = "null" if span.parent_id is None else f'"{span.parent_id}"'
    fingerprint = "null" if span.fingerprint is None else _quoted(span.fingerprint)
    file, line, _ = span.site.texts
    head = (span.trace_id, span.span_id, parent, span.kind, _quoted(span.name))
    return (*head, span.started_at, duration_ms, span.status, fingerprint, file, line)


def current(context: Context | None = None) -> Span | Above | None:
    """What new spans stand below, here or in another context."""
    found = _current.get() if context is None else context.get(_current)
    if not isinstance(found, tuple):
        return found
    number, trace = found
    prefix = active.prefix if active is not None else ""
    return Above(trace if isinstance(trace, str) else f"{prefix}{trace:08x}", f"{prefix}{number:08x}")


def _taken(waiting: list[T]) -> list[T]:
    """What waits now; others may add to it meanwhile, and that stays."""
    count = len(waiting)
    taken = waiting[:count]
    del waiting[:count]
    return taken


def _become(recorder: Recorder | None) -> None:
    global active
    active = recorder


def new_id() -> str:
    """16 random hexadecimal digits."""
    return f"{_ids.getrandbits(64):016x}"


def _type_name(thing: object) -> str:
    return f"<{type(thing).__name__}>"


def _write_all(file: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(file, rest) :]


def _forget_in_child() -> None:
    if active is not None:
        active._lock = RLock()  # the parent's lock may have been held by a thread that does not exist here
        active.abandon()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_in_child)
