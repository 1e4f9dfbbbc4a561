"""What the hooks of plain drivers share: a statement is recorded unless a library above the driver records it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from time import perf_counter_ns
from typing import Any, TypeVar

from perfkit.trace import fingerprint, recorder
from perfkit.trace.callsite import Site
from perfkit.trace.recorder import STUMBLES
from perfkit.trace.statements import Sent, cover, covered, fail, finish, send, watch_driver

T = TypeVar("T")
_standing: ContextVar[Site | None] = ContextVar("perfkit_trace_site", default=None)
"""The call site of work that was handed to another thread."""
Patches = tuple[tuple[Any, str, Any], ...]


def patched(patches: Patches) -> Callable[[], None]:
    """Puts hooks in the place of attributes; returns what puts the originals back."""
    fingerprint.prepare()
    originals = [(owner, name, vars(owner)[name]) for owner, name, _ in patches]
    for owner, name, hook in patches:
        setattr(owner, name, hook)
    watch_driver(1)

    def uninstall() -> None:
        for owner, name, original in originals:
            setattr(owner, name, original)
        watch_driver(-1)

    return uninstall


def begun(statement: object, parameters: Any, many: bool, skip: int) -> Sent | None:
    """The statement under way; None if nobody records, or somebody above does."""
    recording = recorder.active
    if recording is None or covered():
        return None
    try:
        sent = send(_text(statement), parameters, many, _standing.get() or recording.sites.here(skip + 1))
    except STUMBLES:
        recording.dropped += 1
        return None
    cover(True)
    return sent


def stand_here() -> None:
    """Statements in this context were asked for by whoever is running now."""
    if recorder.active is not None and not covered():
        _standing.set(recorder.active.sites.here(2))


def refused(sent: Sent | None, error: BaseException) -> None:
    """It failed."""
    if sent is not None:
        cover(False)
        if recorder.active is not None:
            fail(recorder.active, sent, error)


def answered(sent: Sent | None, rows: int | None) -> None:
    """It was answered; rows may be known later, while sent is open."""
    if sent is not None:
        ended = perf_counter_ns()
        cover(False)
        sent.rows = rows if rows is not None and rows >= 0 else None
        if recorder.active is not None:
            finish(recorder.active, sent, ended)


def during(sent: Sent | None, work: Callable[[], T], rows_of: Callable[[T], int | None]) -> T:
    """Does the work and records how it went."""
    try:
        result = work()
    except BaseException as error:
        refused(sent, error)
        raise
    answered(sent, rows_of(result))
    return result


async def awaited(sent: Sent | None, work: Awaitable[T], rows_of: Callable[[T], int | None]) -> T:
    """The same for work that is awaited."""
    try:
        result = await work
    except BaseException as error:
        refused(sent, error)
        raise
    answered(sent, rows_of(result))
    return result


def _text(statement: object) -> str:
    if isinstance(statement, str):
        return statement
    if isinstance(statement, bytes):
        return statement.decode("utf-8", "replace")
    as_string = getattr(statement, "as_string", None)
    return str(as_string(None)) if as_string is not None else str(statement)
