"""A program whose stacks are known: two threads, recursion, a child process, a loop with tasks, and little else that takes time."""

from __future__ import annotations

import subprocess
import sys
import threading
import time

SECONDS = 0.5


def spin(seconds: float) -> int:
    """Works with the processor."""
    end, turns = time.perf_counter() + seconds, 0
    while time.perf_counter() < end:
        turns += len(sorted(str(number) for number in range(200)))
    return turns


def descend(depth: int, seconds: float) -> int:
    """Calls itself before it works."""
    return descend(depth - 1, seconds) if depth else spin(seconds)


def price(seconds: float) -> int:
    return spin(seconds / 2) + descend(5, seconds / 2)


def rank(seconds: float) -> int:
    return spin(seconds)


def serve_all(seconds: float) -> None:
    """Two tasks that work a little and wait a little, over and over."""
    import asyncio

    async def serve() -> None:
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            price(0.02)
            await asyncio.sleep(0.02)

    async def both() -> None:
        await asyncio.gather(asyncio.create_task(serve(), name="basket"), asyncio.create_task(serve(), name="search"))

    asyncio.run(both())


def main(what: str) -> None:
    if what == "tasks":
        serve_all(SECONDS)
    elif what == "children":
        child = subprocess.Popen([sys.executable, "-S", "-E", __file__, "plain"])
        rank(SECONDS)
        child.wait()
    elif what == "threads":
        helper = threading.Thread(target=rank, args=(SECONDS,), name="helper")
        helper.start()
        price(SECONDS)
        helper.join()
    else:
        price(SECONDS)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "plain")
