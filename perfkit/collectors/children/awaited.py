"""Runs a program and profiles each of its event loops' main coroutines with pyinstrument: the time it waits counts where it is awaited."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine
from typing import Any

import program_start  # type: ignore[import-not-found]  # beside this file, which runs as a script
from pyinstrument import Profiler


def main() -> None:
    """Arguments: the file for the session, seconds between samples, `-m` or `script`, the program, its own arguments."""
    outfile, interval, form, name, *arguments = sys.argv[1:]
    program_start.prepare(form, name, arguments)
    profiler = Profiler(interval=float(interval), async_mode="enabled")
    run_loop = asyncio.Runner.run

    async def profiled(main_coroutine: Coroutine[Any, Any, Any]) -> Any:
        profiler.start(caller_frame=sys._getframe())
        try:
            return await main_coroutine
        finally:
            profiler.stop()

    def run(runner: asyncio.Runner, coro: Coroutine[Any, Any, Any], **how: Any) -> Any:
        return run_loop(runner, profiled(coro), **how)

    asyncio.Runner.run = run  # type: ignore[method-assign, assignment]
    try:
        program_start.run(form, name)
    finally:
        if profiler.last_session is None:
            print("The program ran no event loop by asyncio.run or asyncio.Runner. Profile it without --async.", file=sys.stderr)  # noqa: T201
        else:
            profiler.last_session.save(outfile)


if __name__ == "__main__":
    main()
