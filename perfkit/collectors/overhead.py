"""How many times as much a program takes with the tool that measures it: two whole runs, one of them alone."""

from __future__ import annotations

import shlex
from collections.abc import Callable

from perfkit.collectors.measuring import Measured
from perfkit.collectors.process import ending_of
from perfkit.model.run import Fact


def overhead(measured: Measured, run_alone: Callable[[], Measured], command: tuple[str, ...], say: Callable[[str], None]) -> dict[str, Fact]:
    """Runs the program alone and compares; nothing is known where one of the runs did not come to its end."""
    if measured.stopped_after_s is not None:
        return {}
    alone = run_alone()
    if alone.stopped_after_s is not None:
        say("Stopped while the program ran alone: what was measured before is kept, and the overhead is not known.")
        return {}
    if alone.failed:
        say(f"`{shlex.join(command)}` {ending_of(alone.status)} when it ran alone, so the overhead is not known. Its last lines:\n{alone.last_words}")
        return {}
    facts = _compared(measured, alone)
    times = f"{facts['overhead'][0]:.2f} × as long and {facts['overhead_memory'][0]:.2f} × the peak memory"
    say(f"Measured, the program took {times} of the program alone; both ran once, so take it as an order of size.")
    return facts


def _compared(measured: Measured, alone: Measured) -> dict[str, Fact]:
    wall, cpu, peak = alone.facts["wall"][0], alone.cpu_seconds, alone.facts["peak_rss"][0]
    facts: dict[str, Fact] = {
        "wall_without": (wall, "wall_s"),
        "overhead": (measured.facts["wall"][0] / wall, "ratio"),
        "cpu_without": (cpu, "cpu_s"),
        "peak_rss_without": (peak, "bytes"),
        "overhead_memory": (measured.facts["peak_rss"][0] / peak, "ratio"),
    }
    return facts | ({"overhead_cpu": (measured.cpu_seconds / cpu, "ratio")} if cpu else {})
