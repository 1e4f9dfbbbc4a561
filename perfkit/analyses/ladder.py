"""Which steps of a ladder pass? Each is judged by its latency, its errors, its steadiness and by what the users did."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perfkit.analyses.load_steps import LoadStep, load_steps
from perfkit.analyses.validity import LEAST_SHARE_OF_RATE, Second, laid_out
from perfkit.errors import UsageError
from perfkit.model.run import Run
from perfkit.stats.intervals import Interval, centre_of_runs, over_runs, proportion_interval, within_run
from perfkit.stats.little import ClosedLoop
from perfkit.stats.verdict import judge
from perfkit.store import Store

PARTS = Path(__file__).with_name("ladder_parts.sql")
SECONDS = Path(__file__).with_name("ladder_seconds.sql")


@dataclass(frozen=True, slots=True)
class Part:
    """A tenth of it."""

    run_id: str
    users: int
    part: int
    n: int
    p95_ms: float


@dataclass(frozen=True, slots=True)
class StepSecond(Second):
    """A second of it."""

    users: int


@dataclass(frozen=True, slots=True)
class Step:
    """One step over all runs that climbed it."""

    users: int
    """What was asked for: users, or arrivals a second in an open model."""
    n: int
    error_rate: float
    error_hi: float | None
    per_second: float
    in_flight: float
    """Requests open on average: throughput times response time."""
    p50_ms: float
    p95_ms: float
    lo_ms: float | None
    hi_ms: float | None
    runs: tuple[str, ...]
    verdict: str
    """met, missed or inconclusive."""
    why: str | None


@dataclass(frozen=True, slots=True)
class Passing:
    """What a step must keep to."""

    limit_ms: float
    error_limit: float = 0.01


def steps(store: Store, runs: Sequence[Run], passing: Passing) -> list[Step]:
    """Every step that the valid runs climbed, lowest first, each judged."""
    by_id = {run.run_id: run for run in runs}
    climbed: dict[int, list[LoadStep]] = defaultdict(list)
    for item in load_steps(store, list(by_id)):
        climbed[item.users].append(item)
    if not climbed:
        raise UsageError(
            "No valid run climbed a ladder, so nothing says how many users the system carries. "
            "Run one with: perfkit collect load URL --stages 10,50,100,200,500."
        )
    parts = _grouped(store.ask(PARTS, Part, run_ids=list(by_id)))
    seconds = _grouped(store.ask(SECONDS, StepSecond, run_ids=list(by_id)))
    return [_step(users, found, by_id, parts, seconds, passing) for users, found in sorted(climbed.items())]


def _grouped(items: Sequence[Any]) -> dict[tuple[str, int], list[Any]]:
    groups: dict[tuple[str, int], list[Any]] = defaultdict(list)
    for item in items:
        groups[item.run_id, item.users].append(item)
    return groups


def _step(
    users: int,
    found: Sequence[LoadStep],
    runs: Mapping[str, Run],
    parts: Mapping[tuple[str, int], Sequence[Part]],
    seconds: Mapping[tuple[str, int], Sequence[StepSecond]],
    passing: Passing,
) -> Step:
    n, failed = sum(item.n for item in found), sum(item.failed for item in found)
    p95 = _p95(found, parts[found[0].run_id, users])
    errors = proportion_interval(failed, n)
    doubts = [doubt for item in found for doubt in _doubts(item, runs[item.run_id], seconds[item.run_id, users])]
    verdict, why = _judged(p95, errors, doubts, passing)
    per_second = sum(item.per_second for item in found) / len(found)
    mean_s = sum(item.mean_ms * item.n for item in found) / n / 1000
    return Step(
        users=users,
        n=n,
        error_rate=failed / n,
        error_hi=errors.hi,
        per_second=per_second,
        in_flight=per_second * mean_s,
        p50_ms=centre_of_runs([item.p50_ms for item in found]),
        p95_ms=p95.value,
        lo_ms=p95.lo,
        hi_ms=p95.hi,
        runs=tuple(item.run_id for item in found),
        verdict=verdict,
        why=why,
    )


def _p95(found: Sequence[LoadStep], parts: Sequence[Part]) -> Interval:
    if len(found) > 1:
        return over_runs([item.p95_ms for item in found])
    return within_run(found[0].p95_ms, found[0].n, [(part.p95_ms, part.n) for part in parts], 0.95)


def _judged(p95: Interval, errors: Interval, doubts: Sequence[str], passing: Passing) -> tuple[str, str | None]:
    failing = judge(errors, "<", passing.error_limit)
    if failing == "missed":
        return "missed", f"{errors.value:.1%} of the requests failed"
    slow = judge(p95, "<", passing.limit_ms)
    if slow == "missed":
        return "missed", f"P95 is {p95.value:.4g} ms"
    if doubts:
        return "inconclusive", "; ".join(dict.fromkeys(doubts))
    if slow == "inconclusive":
        bounded = p95.lo is not None or p95.hi is not None
        return "inconclusive", "P95 straddles the limit" if bounded else f"{p95.n} value{'s' if p95.n != 1 else ''} cannot bound P95 ({p95.method})"
    if failing == "inconclusive":
        return "inconclusive", f"{errors.n} requests are too few to exclude that {passing.error_limit:.0%} fail"
    return "met", None


def _doubts(item: LoadStep, run: Run, seconds: Sequence[StepSecond]) -> Iterator[str]:
    from perfkit.stats.steady import steady_from

    found = steady_from(*laid_out(seconds))
    if not found.steady:
        yield f"not steady: {found.why}"
    achieved = item.per_second
    if run.load_model == "open" and achieved < LEAST_SHARE_OF_RATE * item.users:
        yield f"only {achieved:.4g} requests/s were sent"
    pause_s = run.setting("wait_s")
    if run.load_model == "closed" and pause_s is not None:
        loop = ClosedLoop(item.users, item.seconds, achieved, achieved * item.mean_ms / 1000, pause_s, item.p95_ms / 1000)
        if loop.is_off():
            yield f"{loop.at_work:.3g} of {item.users} users were at work on average"
