"""Function or block → the same, timed while a recorder runs; without one it costs a comparison."""

from __future__ import annotations

import inspect
import sys
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from functools import wraps
from time import perf_counter_ns
from types import CodeType, TracebackType
from typing import Any, ParamSpec, Self, TypeVar, cast, overload

from perfkit.errors import UsageError
from perfkit.trace import recorder
from perfkit.trace.calls import MOST_WAITING, Timing, above, begin, end, failed, numbers, stand_below

P = ParamSpec("P")
T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])

COROUTINE = {"coroutine": True}
"""Marks what is awaited: such calls could be awaited together."""
RESUMED = {"resumed": True}
"""Marks every step of a generator but its first: all of them are one call."""
_BLOCKS_KEPT = 10_000

_blocks: dict[tuple[str, str, int], Timing] = {}


@overload
def timed(what: F, /) -> F: ...
@overload
def timed(what: str | None = None, /, **attributes: Any) -> Timed: ...
def timed(what: Any = None, /, **attributes: Any) -> Any:
    """Records each call as an internal span: @timed, @timed("gate.pii", module="gdpr"), or with timed("rank", candidates=40): …

    Functions, coroutines, generators and methods. A generator is timed step by step: what its consumer does in between is not its own.
    """
    return Timed(what, attributes) if what is None or isinstance(what, str) else _decorated(what, None, {})


class Timed:
    """A name for a function or a block, with attributes; one object may serve many blocks at the same time."""

    __slots__ = ("_attributes", "_name", "_open")

    def __init__(self, name: str | None, attributes: dict[str, Any]) -> None:
        self._name, self._attributes = name, attributes
        self._open: dict[int, Call] = {}

    def __call__(self, function: F) -> F:
        return cast(F, _decorated(function, self._name, self._attributes))

    def __enter__(self) -> Call:
        recording = recorder.active
        if recording is None:
            return Call(None, None, None, 0, dict(self._attributes))
        timing = _timing_of_block(self._name, sys._getframe(1))
        outer, number = begin()
        call = self._open[number] = Call(recording, timing, outer, number, dict(self._attributes))
        return call

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if not self._open:
            return
        standing = recorder._current.get()
        number = standing[0] if type(standing) is tuple else None
        call = self._open.pop(number, None) if number is not None else None
        (call or self._open.popitem()[1]).end(error)


class Call:
    """A timed block that is open."""

    __slots__ = ("_number", "_outer", "_recording", "_timing", "attributes", "started")

    def __init__(self, recording: recorder.Recorder | None, timing: Timing | None, outer: Any, number: int, attributes: dict[str, Any]) -> None:
        self._recording, self._timing, self._outer, self._number = recording, timing, outer, number
        self.attributes = attributes
        self.started = perf_counter_ns()

    def set(self, **attributes: Any) -> Self:
        """Adds attributes."""
        self.attributes.update(attributes)
        return self

    def end(self, error: BaseException | None) -> None:
        """Hands it to the recorder that was running when it began."""
        if self._recording is not None and self._timing is not None:
            more = self.attributes if error is None else self.attributes | {"error": type(error).__name__}
            end(self._recording, self._timing, self._outer, self._number, self.started, more or None)


def _timing_of_block(name: str | None, frame: Any) -> Timing:
    code, line = frame.f_code, frame.f_lineno
    key = (name or code.co_qualname, code.co_filename, line)
    timing = _blocks.get(key)
    if timing is None:
        if len(_blocks) >= _BLOCKS_KEPT:
            _blocks.clear()
        timing = _blocks[key] = Timing(*key)
    return timing


def _decorated(function: Any, name: str | None, attributes: dict[str, Any]) -> Any:
    if isinstance(function, staticmethod | classmethod):
        return type(function)(_decorated(function.__func__, name, attributes))
    if isinstance(function, type) or not callable(function):
        raise UsageError(f"timed cannot measure {function!r}: only functions and methods. Put it on the methods of a class.")
    code = getattr(inspect.unwrap(function), "__code__", None)
    known = name or getattr(function, "__qualname__", None) or type(function).__qualname__
    timing = Timing.of(known, code if isinstance(code, CodeType) else None, attributes)
    for is_kind, decorate in _KINDS:
        if is_kind(function):
            return decorate(function, timing)
    return _timed_function(function, timing)


def _timed_function(function: Callable[P, T], timing: Timing) -> Callable[P, T]:
    @wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> T:
        recording = recorder.active
        if recording is None:
            return function(*args, **kwargs) if kwargs else function(*args)  # type: ignore[call-arg]  # nothing to unpack costs, too
        # begin() and end() written out: the two calls would be a fifth of the cost
        outer, number = above(), next(numbers)
        stand_below((number, number if outer is None else outer[1] if type(outer) is tuple else outer.trace_id))  # type: ignore[union-attr]
        started = perf_counter_ns()
        try:
            result = function(*args, **kwargs) if kwargs else function(*args)  # type: ignore[call-arg]
        except BaseException as error:
            end(recording, timing, outer, number, started, failed(error))
            raise
        ended = perf_counter_ns()
        stand_below(outer)
        calls = recording.calls
        calls.append((timing, number, outer, started, ended - started, None))
        if len(calls) >= MOST_WAITING or ended > recording.due:
            recording.flush()
        return result

    return wrapper


def _timed_coroutine(function: Callable[P, Coroutine[Any, Any, T]], timing: Timing) -> Callable[P, Coroutine[Any, Any, T]]:
    timing = Timing(timing.name, timing.file, timing.line, timing.attributes | COROUTINE)

    @wraps(function)
    async def wrapper(*args: P.args, **kwargs: P.kwargs) -> T:
        recording = recorder.active
        if recording is None:
            return await function(*args, **kwargs)
        outer, number = begin()
        started = perf_counter_ns()
        try:
            result = await function(*args, **kwargs)
        except BaseException as error:
            end(recording, timing, outer, number, started, failed(error))
            raise
        end(recording, timing, outer, number, started)
        return result

    return wrapper


def _timed_generator(function: Callable[P, Generator[T, Any, Any]], timing: Timing) -> Callable[P, Generator[T, Any, Any]]:
    later = Timing(timing.name, timing.file, timing.line, timing.attributes | RESUMED)

    @wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> Generator[T, Any, Any]:
        inner = function(*args, **kwargs)
        step, argument, this = inner.send, cast(Any, None), timing
        while True:
            try:
                item = _stepped(step, argument, this)
            except StopIteration as done:
                return done.value
            this = later
            try:
                step, argument = inner.send, (yield item)
            except GeneratorExit:
                _stepped(lambda _: inner.close(), None, this)
                raise
            except BaseException as error:
                step, argument = inner.throw, error

    return wrapper


def _stepped(step: Callable[[Any], T], argument: Any, timing: Timing) -> T:
    recording = recorder.active
    if recording is None:
        return step(argument)
    outer, number = begin()
    started = perf_counter_ns()
    try:
        item = step(argument)
    except BaseException as error:
        end(recording, timing, outer, number, started, None if isinstance(error, StopIteration) else failed(error))
        raise
    end(recording, timing, outer, number, started)
    return item


def _timed_async_generator(function: Callable[P, AsyncGenerator[T, Any]], timing: Timing) -> Callable[P, AsyncGenerator[T, Any]]:
    later = Timing(timing.name, timing.file, timing.line, timing.attributes | RESUMED)

    @wraps(function)
    async def wrapper(*args: P.args, **kwargs: P.kwargs) -> AsyncGenerator[T, Any]:
        inner = function(*args, **kwargs)
        step, argument, this = inner.asend, cast(Any, None), timing
        while True:
            try:
                item = await _stepped_later(step, argument, this)
            except StopAsyncIteration:
                return
            this = later
            try:
                step, argument = inner.asend, (yield item)
            except GeneratorExit:
                await _stepped_later(lambda _: inner.aclose(), None, this)
                raise
            except BaseException as error:
                step, argument = inner.athrow, error

    return wrapper


async def _stepped_later(step: Callable[[Any], Any], argument: Any, timing: Timing) -> Any:
    recording = recorder.active
    if recording is None:
        return await step(argument)
    outer, number = begin()
    started = perf_counter_ns()
    try:
        item = await step(argument)
    except BaseException as error:
        end(recording, timing, outer, number, started, None if isinstance(error, StopAsyncIteration) else failed(error))
        raise
    end(recording, timing, outer, number, started)
    return item


_KINDS: tuple[tuple[Callable[[Any], bool], Callable[[Any, Timing], Any]], ...] = (
    (inspect.iscoroutinefunction, _timed_coroutine),
    (inspect.isasyncgenfunction, _timed_async_generator),
    (inspect.isgeneratorfunction, _timed_generator),
)
