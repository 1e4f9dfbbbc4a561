"""How much do runs of the same code differ? The noise floor, and the smallest change that can be seen above it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from perfkit.analyses.known_runs import Selection, known_runs, select_runs
from perfkit.analyses.measure import Observation, judgeable, measured_runs
from perfkit.analyses.metrics import Metric
from perfkit.errors import UsageError
from perfkit.stats.comparison import detectable_change, log_spread
from perfkit.store import Store

QUESTION = Path(__file__).with_suffix(".sql")
LEAST_RUNS = 5
RUNS_A_SIDE = 5


@dataclass(frozen=True, slots=True)
class NoiseFloor:
    """One metric of one subject over runs of the same code."""

    metric: str
    subject: str
    unit: str
    value: float
    """Their geometric mean."""
    spread: float
    """Standard deviation of the logarithms: about the relative one."""
    detectable: float
    """The relative change that five runs a side show four times out of five."""
    runs: tuple[str, ...]
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Spread:
    """What the store remembers."""

    metric: str
    subject: str
    spread: float


def noise_floors(store: Store, metrics: Sequence[Metric], selection: Selection) -> list[NoiseFloor]:
    """Every metric and subject that at least five alike runs of the selection have measured."""
    runs = select_runs(known_runs(store), selection)
    fingerprints = {run.run_id: run.fingerprint for run in runs}
    labels = sorted({run.label or "(no label)" for run in runs if run.valid})
    if len(labels) > 1:
        raise UsageError(f"Runs with different labels are not the same code. Name one with --label: {', '.join(labels)}.")
    floors: list[NoiseFloor] = []
    for metric in metrics:
        for subject, found in measured_runs(store, metric, judgeable(store, runs, metric)).observed.items():
            if len(found) >= LEAST_RUNS and all(item.value > 0 for item in found):
                floors.append(_floor(metric, subject, found, fingerprints[found[-1].run_id]))
    if not floors:
        raise UsageError(
            f"A noise floor needs at least {LEAST_RUNS} valid runs of the same code, workload and machine whose values are above 0; "
            "the selection has fewer. "
            f"Make them with: perfkit collect load URL --label same-code --repeat {LEAST_RUNS}."
        )
    return floors


def remember(store: Store, floors: Sequence[NoiseFloor], measured_at: datetime) -> None:
    """Comparisons of runs that are alike will use them."""
    rows = [(item.fingerprint, item.metric, item.subject, item.spread, " ".join(item.runs), measured_at) for item in floors]
    store.append("noise_floors", rows, replacing=True)


def remembered(store: Store, fingerprint: str) -> dict[tuple[str, str], float]:
    """Spreads by metric and subject."""
    return {(item.metric, item.subject): item.spread for item in store.ask(QUESTION, Spread, fingerprint=fingerprint)}


def _floor(metric: Metric, subject: str, found: Sequence[Observation], fingerprint: str) -> NoiseFloor:
    values = [item.value for item in found]
    spread = log_spread(values)
    centre = math.exp(sum(map(math.log, values)) / len(values))
    change = detectable_change(spread, RUNS_A_SIDE, RUNS_A_SIDE)
    return NoiseFloor(metric.name, subject, metric.unit, centre, spread, change, tuple(item.run_id for item in found), fingerprint)
