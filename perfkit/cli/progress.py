"""Progress on stderr: a bar on a terminal, a line now and then elsewhere, nothing for what is over at once."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from perfkit.cli.output import echo

QUIET_S = 2.0
"""Work that is over sooner says nothing."""
LINE_EVERY_S = 10.0

Step = Callable[[str, float], None]
"""Called with what is being done and the share that is done, 0 to 1, or not a number where nobody knows it."""


@contextmanager
def counting(verb: str) -> Iterator[Callable[[str, int, int], None]]:
    """Progress over a known number of things."""
    with stepping() as step:
        yield lambda name, done, total: step(f"{verb} {name} ({done} of {total})", done / max(total, 1))


@contextmanager
def stepping(*, quiet_s: float = QUIET_S) -> Iterator[Step]:
    """Progress of one piece of work that names its steps."""
    with _bar(quiet_s) if sys.stderr.isatty() else _lines(quiet_s) as step:
        yield step


@contextmanager
def _bar(quiet_s: float) -> Iterator[Step]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    shown = Progress(
        BarColumn(bar_width=24),
        TaskProgressColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
        console=Console(stderr=True),
    )
    began = time.monotonic()
    task = shown.add_task("", total=None)
    started = False

    def step(text: str, done: float) -> None:
        nonlocal started
        if not started and time.monotonic() - began >= quiet_s:
            shown.start()
            started = True
        shown.update(task, description=text)
        if not math.isnan(done):
            shown.update(task, completed=done, total=1.0)

    try:
        yield step
    finally:
        if started:
            shown.stop()


@contextmanager
def _lines(quiet_s: float) -> Iterator[Step]:
    last_text, last_at = "", time.monotonic() - LINE_EVERY_S + quiet_s

    def step(text: str, done: float) -> None:
        nonlocal last_text, last_at
        name = text.split(" · ", maxsplit=1)[0]
        if time.monotonic() - last_at >= LINE_EVERY_S or (quiet_s == 0 and name != last_text):
            echo(text if math.isnan(done) else f"{done:4.0%} {text}", err=True)
            last_text, last_at = name, time.monotonic()

    yield step
