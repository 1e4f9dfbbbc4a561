"""When must a load test not be judged? When its generator was short of time, lost workers, missed its rate, or ended before its end."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence

from perfkit.collectors.load_options import LoadOptions
from perfkit.collectors.load_state import State, WorkerState
from perfkit.collectors.process import SILENCE, Ended

BUSY_PERCENT = 90.0
BUSY_WINDOW_S = 5.0
MISSED_SHARE = 0.03
RATE_SHARE = 0.95
IMBALANCE_SHARE = 0.2
CLEAR_SIGMAS = 4.0
"""A difference between two workers' counts counts only when chance hardly makes one as large."""
PACED_S = 5.0
"""Workers that were steady for a shorter time are not held against each other."""
EARLY_S = 1.5

CpuSeconds = Sequence[tuple[float, float]]
"""Pairs of time and CPU time used until then."""


def doubts(ended: Ended, state: State, options: LoadOptions, cpu: Mapping[str, CpuSeconds]) -> list[str]:
    """Why this run must not be judged; empty when it may be."""
    return [
        *_about_the_end(ended, state, options),
        *_about_workers(state, options),
        *_about_cpu(cpu),
        *_about_missed_seconds(state, options),
        *_about_the_rate(state, options),
        *_about_balance(state.workers),
    ]


def busiest_percent(cpu_seconds: CpuSeconds) -> float:
    """The largest CPU share of any window; of everything when that is shorter."""
    if len(cpu_seconds) < 2:
        return 0.0
    times = [moment for moment, _ in cpu_seconds]
    window = min(BUSY_WINDOW_S, times[-1] - times[0])
    shares = []
    for first, (moment, used) in enumerate(cpu_seconds):
        last = max(bisect_left(times, moment + window), first + 1)
        if last < len(times):
            shares.append((cpu_seconds[last][1] - used) / (times[last] - moment))
    return 100 * max(shares)


def last_line(ended: Ended) -> str:
    """What Locust said last."""
    return ended.last_words.splitlines()[-1]


def _about_the_end(ended: Ended, state: State, options: LoadOptions) -> Iterator[str]:
    if ended.status:
        yield f"Locust ended with status {ended.status}: {last_line(ended)}"
    if state.stopped is None:
        yield f"the load ended without its last rows: {last_line(ended)}"
    elif state.started is not None and not state.own_shape and state.stopped - state.started < options.planned_s - EARLY_S:
        yield f"the load stopped after {state.stopped - state.started:.0f} of {options.planned_s:.0f} s: {last_line(ended)}"
    if state.requests == 0:
        early = f"only {state.ended} in the ramp or the warm-up, of which {state.errors} failed"
        cause = (
            "the target answered too slowly, or the ramp was too long" if ended.last_words == SILENCE else f"Locust's last line: {last_line(ended)}"
        )
        yield f"no request began within the measured time, {early}; {cause}"


def _about_workers(state: State, options: LoadOptions) -> Iterator[str]:
    lost = sorted(name for name, worker in state.workers.items() if not worker.finished)
    if lost:
        yield f"{len(lost)} of {max(len(state.workers), options.generators.count)} workers were lost: {', '.join(lost)}"
    missing = options.generators.count - len(state.workers)
    if missing > 0:
        yield f"{missing} of {options.generators.count} workers took no part"
    for name, worker in sorted(state.workers.items()):
        if worker.lost_rows:
            yield f"{worker.lost_rows} requests of {name} did not reach the master"


def _about_cpu(cpu: Mapping[str, CpuSeconds]) -> Iterator[str]:
    for name, used in sorted(cpu.items()):
        busy = busiest_percent(used)
        if busy > BUSY_PERCENT:
            who = "the load generator" if len(cpu) == 1 else f"the load generator {name}"
            yield f"{who} used {busy:.0f} % of its core, so it may have slowed the requests down itself"


def _about_missed_seconds(state: State, options: LoadOptions) -> Iterator[str]:
    length_s = state.stopped - state.started if state.stopped and state.started else options.planned_s
    for name, worker in sorted(state.workers.items()):
        if worker.missed_s >= max(1, MISSED_SHARE * length_s):
            yield f"{name} had no time for itself in {worker.missed_s} of {length_s:.0f} s, so requests began late or were timed late"


def _about_the_rate(state: State, options: LoadOptions) -> Iterator[str]:
    if options.arrivals is None:
        return
    for number, rate in enumerate(options.levels):
        due = rate * options.step_s
        chance = 3 * math.sqrt(due) if options.arrivals.pace == "poisson" else options.generators.count
        sent = sum(worker.sent.get(str(number), 0) for worker in state.workers.values())
        if sent < RATE_SHARE * due - chance:
            share = f"{sent / due:.0%}; at least {RATE_SHARE:.0%} needed"
            yield f"only {sent / options.step_s:.4g} of {rate:g} arrivals a second were sent in time ({share})"


def _about_balance(workers: Mapping[str, WorkerState]) -> Iterator[str]:
    """Compares requests per user, since users do not always divide evenly."""
    busy = {name: worker for name, worker in workers.items() if worker.paced_s >= PACED_S and worker.user_seconds > 0}
    if len(busy) < 2:
        return
    pace = {name: worker.paced_requests / worker.user_seconds for name, worker in busy.items()}
    least, most = min(busy, key=lambda name: pace[name]), max(busy, key=lambda name: pace[name])
    expected = pace[most] * busy[least].user_seconds
    gap = expected - busy[least].paced_requests
    if gap > IMBALANCE_SHARE * expected and gap > CLEAR_SIGMAS * math.sqrt(max(expected, 1)):
        share = 1 - pace[least] / pace[most]
        yield f"{least} made {share:.0%} fewer requests for each of its users than {most}: the generators were not alike"
