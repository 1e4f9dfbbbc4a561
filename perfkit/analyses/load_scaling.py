"""By which power of the users does throughput grow on a ladder? Users that wait for one another add less than their share."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from perfkit.analyses.capacity import LEAST_STEPS
from perfkit.analyses.known_runs import known_runs
from perfkit.analyses.latency import ALL_REQUESTS
from perfkit.analyses.load_steps import LoadStep, load_steps
from perfkit.stats.capacity import linear_scaling
from perfkit.store import Store


@dataclass(frozen=True, slots=True)
class LoadScaling:
    """One ladder."""

    run_id: str
    subject: str
    n: int
    """Steps."""
    exponent: float
    """1 is linear, 0 is no more throughput with more users."""
    lo: float
    hi: float


def load_scaling(store: Store, run_ids: Sequence[str]) -> list[LoadScaling]:
    """Ladders of users with three steps or more; what arrives by the clock grows by itself."""
    by_clock = {run.run_id for run in known_runs(store) if run.load_model == "open"}
    climbed: dict[str, list[LoadStep]] = defaultdict(list)
    for step in load_steps(store, [run_id for run_id in run_ids if run_id not in by_clock]):
        climbed[step.run_id].append(step)
    return [_scaling(run_id, found) for run_id, found in climbed.items() if len(found) >= LEAST_STEPS]


def _scaling(run_id: str, found: Sequence[LoadStep]) -> LoadScaling:
    fit = linear_scaling([float(step.users) for step in found], [step.per_second for step in found])
    return LoadScaling(run_id, ALL_REQUESTS, len(found), fit.slope, fit.lo, fit.hi)
