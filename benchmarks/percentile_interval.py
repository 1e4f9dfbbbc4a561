"""The 95 % interval of the P95 of a million durations: order statistics against a bootstrap of 1 000 draws."""

from __future__ import annotations

from benchmarks.jobs import Job, held, measure_all, python, save, table

DRAWS = 1000
MEASURED_DRAWS = 50
LEAST = 100

SAMPLES = """
import sys
import numpy as np
from perfkit.stats.intervals import percentile_interval
noise = np.random.default_rng(20260101)
samples = noise.lognormal(5, 0.5, 1_000_000)
"""
ORDER_SCRIPT = SAMPLES + "for _ in range(int(sys.argv[1])): percentile_interval(samples, 0.95)"
BOOTSTRAP_SCRIPT = SAMPLES + "np.quantile([np.quantile(noise.choice(samples, len(samples)), 0.95) for _ in range(int(sys.argv[1]))], [0.025, 0.975])"


def run() -> None:
    """Measure and print; both peers make the samples first, so that this is a job of its own and can be subtracted."""
    jobs = [
        Job(f"{MEASURED_DRAWS} intervals by order statistics", python(ORDER_SCRIPT, str(MEASURED_DRAWS))),
        Job(f"{MEASURED_DRAWS} draws of a bootstrap", python(BOOTSTRAP_SCRIPT, str(MEASURED_DRAWS))),
        Job("a million durations", python(SAMPLES)),
    ]
    costs = measure_all(jobs)
    ours, theirs, start = (costs[job.name].cpu_s for job in jobs)
    interval, draw = (ours - start) / MEASURED_DRAWS, (theirs - start) / MEASURED_DRAWS
    faster = DRAWS * draw / interval
    verdict = held(faster >= LEAST)
    text = table("The interval of a P95 of a million durations", costs, jobs[0].name, [])
    said = f"- the interval takes {interval * 1000:.1f} ms of CPU, a bootstrap of {DRAWS} draws {DRAWS * draw:.1f} s"
    save("percentile_interval", text + f"{said}; at least {LEAST} times faster: {faster:.0f}, {verdict}.\n")
