"""One job is one fresh process: wall time, CPU time and peak memory as the operating system counts them."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run of a job took."""

    wall_s: float
    cpu_s: float
    peak_mb: float


@dataclass(frozen=True, slots=True)
class Job:
    """A command, with what must happen before each run of it."""

    name: str
    command: Sequence[str]
    before: Callable[[], None] | None = None
    scale: float = 1.0
    """Above 1 when the job does only a part of the work; its times are multiplied."""


@dataclass(frozen=True, slots=True)
class Limit:
    """The medians of two jobs, held against a limit."""

    job: str
    peer: str
    at_most: float
    of: str = "wall_s"
    """Which cost is compared."""


def python(code: str, *arguments: str) -> list[str]:
    """A command that runs a piece of Python."""
    return [sys.executable, "-c", code, *arguments]


def measure(job: Job) -> Cost:
    """Run it once."""
    if job.before is not None:
        job.before()
    began = time.perf_counter()
    process = subprocess.Popen(job.command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    said = process.stderr.read() if process.stderr else b""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.stderr:
        process.stderr.close()
    if process.returncode:
        raise RuntimeError(f"{job.name} ended with {process.returncode}: {said.decode()[-500:]}")
    wall_s = time.perf_counter() - began
    return Cost(wall_s * job.scale, (usage.ru_utime + usage.ru_stime) * job.scale, usage.ru_maxrss / 1024)


def measure_all(jobs: Sequence[Job], rounds: int = ROUNDS) -> dict[str, Cost]:
    """Medians over rounds in which every job has its turn."""
    costs: dict[str, list[Cost]] = {job.name: [] for job in jobs}
    for _ in range(rounds):
        for job in jobs:
            costs[job.name].append(measure(job))
    return {name: _median(found) for name, found in costs.items()}


def table(title: str, costs: Mapping[str, Cost], against: str, limits: Sequence[Limit]) -> str:
    """Markdown: every job's cost, its ratio to the peer, and whether the limits hold."""
    lines = [f"### {title}", "", f"| job | wall s | CPU s | peak MB | wall, {against} = 1 |", "|---|---:|---:|---:|---:|"]
    lines += [
        f"| {name} | {cost.wall_s:.2f} | {cost.cpu_s:.2f} | {cost.peak_mb:.0f} | {cost.wall_s / costs[against].wall_s:.2f} |"
        for name, cost in costs.items()
    ]
    lines.append("")
    for limit in limits:
        ratio = getattr(costs[limit.job], limit.of) / getattr(costs[limit.peer], limit.of)
        verdict = held(ratio <= limit.at_most)
        what = {"wall_s": "time", "cpu_s": "CPU", "peak_mb": "memory"}[limit.of]
        lines.append(f"- {limit.job} needs at most {limit.at_most:.3g} times the {what} of {limit.peer}: {ratio:.3g}, {verdict}.")
    return "\n".join([*lines, ""])


def held(holds: bool) -> str:
    """How a limit is told."""
    return "holds" if holds else "DOES NOT HOLD"


def save(name: str, text: str) -> None:
    """Printed, and kept in benchmarks/results."""
    folder = Path(__file__).parent / "results"
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.md").write_text(text, encoding="utf-8")
    sys.stdout.write(text + "\n")


def _median(found: Sequence[Cost]) -> Cost:
    return Cost(*(statistics.median(getattr(cost, name) for cost in found) for name in ("wall_s", "cpu_s", "peak_mb")))
