"""May a load run be judged? What its own requests say against it, and where its steady part begins."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

from perfkit.model.run import Manifest
from perfkit.store import Asked

QUESTION = Path(__file__).with_suffix(".sql")
SECONDS = Path(__file__).with_name("per_second.sql")
LEAST_SHARE_OF_RATE = 0.95
MOST_REFUSED = 0.5
OVERHEAD_S = 0.0005
"""What a generator itself takes between an answer and the next request; it shows where answers are that fast."""
MOST_STRETCHES = 3600
LONGEST_RUN_S = 7 * 86_400
"""A log over more than that is no load test; its seconds are not laid out."""


@dataclass(frozen=True, slots=True)
class Conduct:
    """How one load run went."""

    run_id: str
    n: int
    seconds: float
    sending_s: float
    in_flight: float
    longest_ms: float
    failed: int
    failing_with: str | None
    steps: bool
    first_end: datetime


@dataclass(frozen=True, slots=True)
class Second:
    """One second of one run."""

    run_id: str
    second: int
    n: int
    p50_ms: float


def examined(evidence: Asked, manifests: Mapping[str, Manifest]) -> dict[str, Manifest]:
    """The manifests of runs, with every doubt that their requests raise and with the end of a warm-up that they show."""
    if "requests" not in evidence.tables_of(list(manifests)):
        return dict(manifests)
    conducts = evidence.ask(QUESTION, Conduct, run_ids=list(manifests))
    level = [conduct.run_id for conduct in conducts if not conduct.steps]
    seconds = {run_id: list(found) for run_id, found in groupby(evidence.ask(SECONDS, Second, run_ids=level), key=lambda item: item.run_id)}
    found = {conduct.run_id: _examined(manifests[conduct.run_id], conduct, seconds.get(conduct.run_id, ())) for conduct in conducts}
    return {**manifests, **found}


def _examined(manifest: Manifest, conduct: Conduct, seconds: Sequence[Second]) -> Manifest:
    begins, unsteady = _steady(conduct.first_end, seconds)
    doubts = [*_off_rate(conduct, manifest.parameters), *_off_little(conduct, manifest), *unsteady]
    reasons = "; ".join(filter(None, (manifest.invalid_because, *doubts)))
    return replace(manifest, valid=manifest.valid and not doubts, invalid_because=reasons or None, steady_from=begins or manifest.steady_from)


def _off_rate(conduct: Conduct, parameters: Mapping[str, Any]) -> Iterator[str]:
    if conduct.steps or conduct.n < 2 or not conduct.sending_s:
        return
    wanted, achieved = _number(parameters.get("rate")), (conduct.n - 1) / conduct.sending_s
    if wanted and achieved < LEAST_SHARE_OF_RATE * wanted:
        yield f"{achieved:.4g} requests/s were sent where {wanted:.4g} were asked for, so slow answers held back others that were never sent"


def _off_little(conduct: Conduct, manifest: Manifest) -> Iterator[str]:
    """Closed loops keep every user busy."""
    users, pause_s = _number(manifest.parameters.get("users")), _number(manifest.parameters.get("wait_s"))
    if manifest.load_model != "closed" or not users or pause_s is None or conduct.steps:
        return
    from perfkit.stats.little import ClosedLoop

    loop = ClosedLoop(users, conduct.seconds, conduct.n / conduct.seconds, conduct.in_flight, pause_s, conduct.longest_ms / 1000)
    if loop.is_off() and conduct.failed > MOST_REFUSED * conduct.n:
        yield f"{conduct.failed} of {conduct.n} requests failed, most often with {conduct.failing_with or 'no reason'}"
    elif loop.is_off(OVERHEAD_S):
        yield f"{loop.at_work:.3g} of {users:.3g} users were at work on average, so the generator was starved or the log lacks requests"


def _steady(first_end: datetime, seconds: Sequence[Second]) -> tuple[datetime | None, list[str]]:
    """When the warm-up ended, if there was one; why there is no steady part, if there is none."""
    from perfkit.stats.steady import steady_from

    width, latency, throughput = _thinned(*laid_out(seconds))
    found = steady_from(latency, throughput)
    if not found.steady:
        return None, [f"not steady: {found.why}"]
    return (first_end + timedelta(seconds=found.start * width) if found.start else None), []


def _thinned(latency: list[float], throughput: list[float]) -> tuple[int, list[float], list[float]]:
    """A run of many hours in longer stretches than seconds: their length, the medians and the mean throughputs."""
    from statistics import fmean, median

    width = -(-len(latency) // MOST_STRETCHES) or 1
    places = range(0, len(latency), width)
    medians = [median(latency[place : place + width]) for place in places]
    return width, medians, [fmean(throughput[place : place + width]) for place in places]


def laid_out(seconds: Sequence[Second]) -> tuple[list[float], list[float]]:
    """Every second; one in which nothing ended repeats the latency before it. The last one is cut off by the end."""
    latency: list[float] = []
    throughput: list[float] = []
    if seconds and seconds[-1].second > LONGEST_RUN_S:
        return latency, throughput
    for item in seconds:
        missing = item.second - len(latency)
        latency += [latency[-1] if latency else item.p50_ms] * missing + [item.p50_ms]
        throughput += [0.0] * missing + [float(item.n)]
    return latency[:-1], throughput[:-1]


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
