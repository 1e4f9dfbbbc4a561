"""Which of many like things are the slowest, and did they get faster? The run is the unit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean

from perfkit.errors import UsageError
from perfkit.stats.comparison import CHANCE, MIN_RUNS, compare, false_discovery
from perfkit.store import Store

QUESTION = Path(__file__).with_suffix(".sql")


@dataclass(frozen=True, slots=True)
class StageCalls:
    """One of them in one run."""

    run_id: str
    stage: str
    file: str | None
    line: int | None
    n: int
    mean_ms: float
    p50_ms: float
    max_ms: float
    total_ms: float


@dataclass(frozen=True, slots=True)
class SlowStage:
    """One of them under a label, and under another one."""

    stage: str
    file: str | None
    line: int | None
    n: int
    mean_ms: float
    """Of a call; the mean of the runs."""
    max_ms: float
    runs: int
    against_ms: float | None
    """The same under the other label; None when it has no such stage or nothing was compared."""
    ratio: float | None
    """Against over this."""
    lo: float | None
    hi: float | None
    verdict: str | None
    """Whether it is faster or slower under the other label, same or inconclusive; None when nothing was compared."""
    why: str | None
    """Why there is no verdict, where there is none."""
    runs_against: int
    p_value: float | None = None
    """Welch's, adjusted for the number of stages that were compared together."""


def slowest_stages(store: Store, run_ids: Sequence[str], like: str = "*", against: Sequence[str] = ()) -> list[SlowStage]:
    """By the time of a call, slowest first; like is a glob over names, or attribute=glob."""
    base, other = _by_stage(store, run_ids, like), _by_stage(store, against, like)
    found = [_slow(stage, rows, other.get(stage, []), bool(against)) for stage, rows in base.items()]
    adjusted = iter(false_discovery([item.p_value for item in found if item.p_value is not None]))
    judged = [item if item.p_value is None else _among_all(replace(item, p_value=next(adjusted)), len(found)) for item in found]
    return sorted(judged, key=lambda item: (-item.mean_ms, item.stage))


def _by_stage(store: Store, run_ids: Sequence[str], like: str) -> dict[str, list[StageCalls]]:
    if not run_ids:
        return {}
    attribute, equals, pattern = like.partition("=")
    if '"' in attribute or (equals and not attribute):
        raise UsageError(f"{like!r} names no stages. Write a glob such as 'gate.*', or attribute=glob such as 'module=gdpr*'.")
    given = {"attribute": attribute, "like": pattern} if equals else {"attribute": None, "like": like}
    found: dict[str, list[StageCalls]] = defaultdict(list)
    for row in store.ask(QUESTION, StageCalls, run_ids=list(run_ids), **given):
        found[row.stage].append(row)
    return found


def _slow(stage: str, rows: Sequence[StageCalls], others: Sequence[StageCalls], compared: bool) -> SlowStage:
    calls, mean_ms, longest_ms = sum(row.n for row in rows), fmean(row.mean_ms for row in rows), max(row.max_ms for row in rows)
    item = SlowStage(stage, rows[0].file, rows[0].line, calls, mean_ms, longest_ms, len(rows), None, None, None, None, None, None, len(others))
    if not compared:
        return item
    if not others:
        return replace(item, verdict="no_data", why="the other side has no such stage")
    result = compare([row.mean_ms for row in rows], [row.mean_ms for row in others], direction="lower")
    few = min(len(rows), len(others)) < MIN_RUNS
    why = f"fewer than {MIN_RUNS} runs a side" if few else "the runs differ too much" if result.verdict == "inconclusive" else None
    against = fmean(row.mean_ms for row in others)
    return replace(item, against_ms=against, ratio=result.ratio, lo=result.lo, hi=result.hi, verdict=result.verdict, why=why, p_value=result.p_value)


def _among_all(item: SlowStage, tested: int) -> SlowStage:
    """Of many some differ by chance."""
    if item.verdict in ("faster", "slower") and (item.p_value or 0.0) > CHANCE:
        return replace(item, verdict="inconclusive", why=f"it does not stand out among {tested} stages that were tested together")
    return item
