"""Function → the same function, timed while a recorder runs; without one it costs a comparison."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast

from perfkit.errors import UsageError
from perfkit.trace import recorder
from perfkit.trace.spans import Block

P = ParamSpec("P")
T = TypeVar("T")


def timed(function: Callable[P, T]) -> Callable[P, T]:
    """Records each call as an internal span that stands where the function is defined."""
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        raise UsageError(f"timed cannot measure the generator {function.__qualname__}: put span() around the loop that consumes it.")
    if inspect.iscoroutinefunction(function):
        return cast(Callable[P, T], _timed_coroutine(function))
    name, code = function.__qualname__, inspect.unwrap(function).__code__

    @wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> T:
        if recorder.active is None:
            return function(*args, **kwargs)
        with Block("internal", name, code=code):
            return function(*args, **kwargs)

    return wrapper


def _timed_coroutine(function: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, Coroutine[Any, Any, T]]:
    name, code = function.__qualname__, inspect.unwrap(function).__code__

    @wraps(function)
    async def wrapper(*args: P.args, **kwargs: P.kwargs) -> T:
        if recorder.active is None:
            return await function(*args, **kwargs)
        with Block("internal", name, code=code):
            return await function(*args, **kwargs)

    return wrapper
