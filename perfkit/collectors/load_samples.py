"""What the two ends of a load test used, second by second: the generators by their own word, the target by a look at its process."""

from __future__ import annotations

import csv
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TextIO
from urllib.parse import urlsplit

import psutil

from perfkit.collectors.target import PORTS
from perfkit.errors import UsageError

SAMPLE = "#sample"
"""The request type of rows that are no requests; the reader puts them into the table samples."""
GENERATOR_CPU = "generator.cpu"
SAMPLE_EVERY_S = 1.0
COUNTED_PHASES = ("steady", "")


def generator_cpu(samples: Path) -> dict[str, list[tuple[float, float]]]:
    """For each generator the pairs of time and CPU time used until then, ramp and warm-up left out."""
    shares: dict[str, list[tuple[float, float]]] = defaultdict(list)
    with samples.open(newline="", encoding="utf-8") as file:
        for moment, _, series, percent, _, _, _, worker, _, phase, _ in csv.reader(file):
            if series == GENERATOR_CPU and phase in COUNTED_PHASES:
                shares[worker].append((float(moment), float(percent)))
    return {worker: _summed(points) for worker, points in shares.items()}


def _summed(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    used, before = 0.0, points[0][0] - SAMPLE_EVERY_S
    summed = [(before, used)]
    for moment, percent in points:
        used, before = used + percent / 100 * (moment - before), moment
        summed.append((moment, used))
    return summed


class TargetSampler:
    """Looks at the target's processes once a second, as long as they are on this machine."""

    def __init__(self, target: str, pid: int | None) -> None:
        self.rows: list[tuple[float, str, float, str]] = []
        """Moment, series, value and unit."""
        self._roots = [_process(pid)] if pid is not None else listening(target)
        self._used: dict[int, float] = {}
        self._seen: float | None = None

    def sample(self) -> None:
        """One look, when the last one is a second ago."""
        now = time.time()
        if not self._roots or (self._seen is not None and now - self._seen < SAMPLE_EVERY_S):
            return
        # since the last call, of all processors together; the first call has nothing before it
        machine = psutil.cpu_percent()
        if self._seen is not None:
            self.rows.append((now, "machine.cpu", machine, "%"))
        used, rss, threads = {}, 0, 0
        for process in _family(self._roots):
            with suppress(psutil.Error), process.oneshot():
                times = process.cpu_times()
                used[process.pid] = times.user + times.system
                rss += process.memory_info().rss
                threads += process.num_threads()
        if used and self._seen is not None:
            spent = sum(seconds - self._used.get(pid, seconds) for pid, seconds in used.items())
            self.rows.append((now, "target.cpu", round(100 * spent / (now - self._seen), 2), "%"))
        if used:
            self.rows += [(now, "target.rss", float(rss), "bytes"), (now, "target.threads", float(threads), "count")]
        self._used, self._seen = used, now


def listening(target: str) -> list[psutil.Process]:
    """The processes of ours that listen at the target's port on this machine; none when it is another machine's or another user's."""
    address = urlsplit(target)
    port = address.port or PORTS[address.scheme]
    with suppress(psutil.Error):
        found = {item.pid for item in psutil.net_connections("tcp") if item.status == psutil.CONN_LISTEN and item.laddr and item.laddr.port == port}
        return [psutil.Process(pid) for pid in sorted(pid for pid in found if pid is not None)]
    return []


def append_samples(file: TextIO, rows: Iterable[tuple[float, str, float, str]]) -> None:
    """Rows of the log that are no requests."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerows((round(moment, 6), SAMPLE, series, value, None, None, unit, None, None, None, None) for moment, series, value, unit in rows)


def _family(roots: Iterable[psutil.Process]) -> Mapping[psutil.Process, None]:
    """The processes and what they started, as far as it is of the same session: a load generator is of another one."""
    family: dict[psutil.Process, None] = {}
    for root in roots:
        with suppress(psutil.Error):
            family[root] = None
            family |= {child: None for child in root.children(recursive=True) if _same_session(root, child)}
    return family


def _same_session(first: psutil.Process, second: psutil.Process) -> bool:
    from os import getsid

    with suppress(OSError):
        return getsid(first.pid) == getsid(second.pid)
    return False


def _process(pid: int) -> psutil.Process:
    try:
        return psutil.Process(pid)
    except psutil.Error as error:
        raise UsageError(f"There is no process {pid} to watch as the target on this machine.") from error
