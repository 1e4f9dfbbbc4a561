"""What only a look from outside shows of a running program: for how long it runs, what it holds, and what its child processes do."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol

import psutil

from perfkit.collectors.base import UNKNOWN, Progress
from perfkit.units import format_quantity

WORKED_S = 0.2
"""A child process that used less CPU time than that was started, but had nothing to do."""


class Stoppable(Protocol):
    """Options of a program that can be stopped."""

    @property
    def duration_s(self) -> float | None:
        """After so many seconds; None: when it likes."""

    @property
    def say(self) -> Callable[[str], None]:
        """Who is told what numbers do not tell."""


@dataclass(slots=True)
class Onlooker:
    """Called a few times a second while a program runs."""

    tell: Progress
    name: str
    limit_s: float | None = None
    """When it will be stopped; None: when it likes."""
    below: int = 0
    """So many processes stand between the one that was started and the program."""
    says_memory: bool = False
    worked_s: dict[int, float] = field(default_factory=dict)
    """CPU time of the program's child processes, by their ids, as far as it was seen."""
    held_by_children: float = 0.0
    """The most that they held in memory together, in bytes."""

    def __call__(self, pid: int, seconds: float) -> None:
        """Looks, and says how it goes on."""
        generations = _generations(pid)
        held = self._look(generations)
        said = f" · {format_quantity(held, 'bytes')}" if self.says_memory else ""
        self.tell(f"{seconds:.0f} s · {self.name}{said}", UNKNOWN if self.limit_s is None else min(seconds / self.limit_s, 1.0))

    @property
    def children_at_work(self) -> int:
        """How many child processes did something."""
        return sum(seconds >= WORKED_S for seconds in self.worked_s.values())

    def _look(self, generations: list[list[psutil.Process]]) -> float:
        """Bytes that all of them hold."""
        held = held_below = 0.0
        for depth, processes in enumerate(generations):
            for process in processes:
                with suppress(psutil.Error):
                    size, times = float(process.memory_info().rss), process.cpu_times()
                    held += size
                    if depth > self.below:
                        held_below += size
                        self.worked_s[process.pid] = times.user + times.system
        self.held_by_children = max(self.held_by_children, held_below)
        return held


def stopped(options: Stoppable, stopped_after_s: float | None) -> dict[str, float]:
    """The parameter of a run that did not come to its own end, and is compared only with those that ran as long; says so where it is news."""
    if stopped_after_s is not None:
        options.say(f"Stopped after {stopped_after_s:.1f} s; what was measured until then is kept.")
        return {"duration_s": round(stopped_after_s, 1)}
    return {} if options.duration_s is None else {"duration_s": options.duration_s}


def _generations(pid: int) -> list[list[psutil.Process]]:
    """The process, its children, theirs, and so on."""
    with suppress(psutil.Error):
        first = psutil.Process(pid)
        found, known = [[first]], {pid}
        below = first.children(recursive=True)
        parents = {process.pid: process.ppid() for process in below if process.is_running()}
        while layer := [process for process in below if process.pid not in known and parents.get(process.pid) in known]:
            found.append(layer)
            known |= {process.pid for process in layer}
        return found
    return []
