"""Calls one Python function as often as it is asked to, over two pipes, and says how long each call took."""

from __future__ import annotations

import asyncio
import cProfile
import inspect
import json
import os
import sys
import time
import traceback
from collections.abc import Callable
from importlib import import_module
from operator import attrgetter
from pathlib import Path
from typing import Any

ERROR_TEXT = 300


class Callee:
    """The function under measurement, with its arguments still as templates."""

    def __init__(self, target: str, args: list[Any], kwargs: dict[str, Any], trace: str | None) -> None:
        sys.path[0] = str(Path.cwd())
        module, _, path = target.partition(":")
        self.function: Callable[..., Any] = attrgetter(path)(import_module(module))
        if not callable(self.function):
            raise TypeError(f"{target} is no function")
        self.args, self.kwargs = args, kwargs
        self.runner = asyncio.Runner()
        self.awaited: bool | None = True if inspect.iscoroutinefunction(self.function) else None
        """None until the first call has shown it."""
        self.recorder = _recorder(trace)

    def time(self, size: int | None, seed: str, rounds: int, loops: int) -> dict[str, Any]:
        """Seconds of each round, by the call."""
        call = self._call(size, seed)
        if self.awaited is None:
            self.awaited = self._gives_awaitable(call)
        began = time.time_ns() // 1000
        seconds = self.runner.run(_timed_async(call, rounds, loops)) if self.awaited else _timed(call, rounds, loops)
        ended = time.time_ns() // 1000
        if self.recorder is not None:
            self.recorder.flush()
        return {"seconds": seconds, "from_us": began, "to_us": ended}

    def profile(self, size: int | None, seed: str, outfile: str) -> dict[str, Any]:
        """One call under cProfile; nothing else of the process is in the profile."""
        from perfkit.collectors.children.profiled import dump

        call, profile = self._call(size, seed), cProfile.Profile()
        profile.runcall(lambda: self.runner.run(_timed_async(call, 1, 1)) if self.awaited else call())
        dump(profile, outfile)
        return {}

    def _call(self, size: int | None, seed: str) -> Callable[[], Any]:
        function, args, kwargs = self.function, self.args, self.kwargs
        if size is not None:
            from perfkit.collectors.sizes import value_of

            args, kwargs = value_of(args, size, seed), value_of(kwargs, size, seed)
        return lambda: function(*args, **kwargs)

    def _gives_awaitable(self, call: Callable[[], Any]) -> bool:
        """Only what wraps another function may return a coroutine without being a coroutine function; one call shows it."""
        if inspect.isfunction(self.function) and not hasattr(self.function, "__wrapped__"):
            return False
        made = call()
        if inspect.iscoroutine(made):
            made.close()
        return inspect.isawaitable(made)


def _timed(call: Callable[[], Any], rounds: int, loops: int) -> list[float]:
    clock, repeated, seconds = time.perf_counter_ns, range(loops), []
    for _ in range(rounds):
        began = clock()
        for _ in repeated:
            call()
        seconds.append((clock() - began) / 1e9 / loops)
    return seconds


async def _timed_async(call: Callable[[], Any], rounds: int, loops: int) -> list[float]:
    clock, repeated, seconds = time.perf_counter_ns, range(loops), []
    for _ in range(rounds):
        began = clock()
        for _ in repeated:
            await call()
        seconds.append((clock() - began) / 1e9 / loops)
    return seconds


def _recorder(trace: str | None) -> Any:
    """Records what the application times itself, and its statements where it uses SQLAlchemy."""
    if trace is None:
        return None
    from perfkit.trace import recorder

    if "sqlalchemy" in sys.modules:
        from perfkit.trace.sqlalchemy import install

        install()
    return recorder.active or recorder.Recorder(trace).start()


def _place(error: BaseException) -> str:
    """Where the function's code raised it; nothing where it was not reached."""
    frames = [] if isinstance(error, SyntaxError) else traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if frame.filename.startswith(f"{Path.cwd()}{os.sep}") and frame.filename != __file__]
    return f" ({own[-1].filename}:{own[-1].lineno})" if own else ""


def main() -> None:
    """Arguments: the pipe to read from and the one to write to; a line of JSON each way."""
    callee: Callee | None = None
    with os.fdopen(int(sys.argv[1]), encoding="utf-8") as asked, os.fdopen(int(sys.argv[2]), "w", encoding="utf-8") as answers:
        for line in asked:
            wanted = json.loads(line)
            do = wanted.pop("do")
            try:
                if do == "load":
                    callee, answer = Callee(**wanted), {}
                else:
                    answer = getattr(callee, do)(**wanted)
            except (Exception, SystemExit) as error:  # the function is not ours: whatever it raises is its answer
                answer = {"error": type(error).__name__, "detail": f"{type(error).__name__}: {error}"[:ERROR_TEXT] + _place(error)}
            answers.write(json.dumps(answer) + "\n")
            answers.flush()


if __name__ == "__main__":
    main()
