"""Change points and drift of a history of 10 000 runs, against a limit."""

from __future__ import annotations

from benchmarks.jobs import Job, held, measure_all, python, save, table

LIMIT_S = 0.5
REPEATS = 5

HISTORIES = """
import sys
import numpy as np
import ruptures
import scipy.stats
from scipy.ndimage import median_filter
from perfkit.stats.changes import change_points, drift
noise = np.random.default_rng(20260101)
stable = 100 + noise.normal(0, 3, 10_000)
stepped = stable * np.repeat(noise.normal(1, 0.2, 100), 100)
"""
REPEATED = HISTORIES + "for _ in range(int(sys.argv[1])): {call}"
CALLS = ("change_points(stable)", "change_points(stepped)", "drift(stable)")


def run() -> None:
    """Measure and print; making the histories is a job of its own, so that it can be subtracted."""
    jobs = [Job(f"{REPEATS} times {call}", python(REPEATED.format(call=call), str(REPEATS))) for call in CALLS]
    start = Job("imports and histories", python(HISTORIES))
    costs = measure_all([*jobs, start])
    text = table("Change points and drift of 10 000 runs", costs, start.name, [])
    for job, call in zip(jobs, CALLS, strict=True):
        took = (costs[job.name].cpu_s - costs[start.name].cpu_s) / REPEATS
        verdict = held(took <= LIMIT_S)
        text += f"- {call} takes at most {LIMIT_S:g} s of CPU: {took:.3f}, {verdict}.\n"
    save("trend", text)
