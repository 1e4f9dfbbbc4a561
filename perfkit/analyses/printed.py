"""What can be said of load runs whose tool kept no request: its printed numbers and histograms, with what they leave open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from perfkit.stats.printed import Rank, bounds_of
from perfkit.store import Store

QUESTION = Path(__file__).with_suffix(".sql")
COUNTS = ("requests", "failures", "unanswered")
PERCENTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}


@dataclass(frozen=True, slots=True)
class Line:
    """One number as printed, or one bucket."""

    run_id: str
    subject: str
    stat: str
    value: float
    lo: float | None
    hi: float | None
    unit: str


@dataclass(frozen=True, slots=True)
class Printed:
    """One number of one endpoint in one run, with the range in which the true one lies."""

    run_id: str
    subject: str
    stat: str
    value: float
    lo: float | None
    hi: float | None
    n: int
    failed: int
    """Both 0 where the tool did not say."""
    rounding: float = 0.0
    """How far the printed number may be from the one that the tool had."""
    unseen: int = 0
    """So many more requests may have failed beside the n."""


def printed(store: Store, run_ids: Sequence[str]) -> list[Printed]:
    """Every stat of every endpoint; percentiles with the range that rounding and chance leave."""
    lines = store.ask(QUESTION, Line, run_ids=list(run_ids))
    return [item for _, found in groupby(lines, key=lambda line: (line.run_id, line.subject)) for item in _of_subject(list(found))]


def _of_subject(lines: Sequence[Line]) -> list[Printed]:
    buckets = [line for line in lines if line.stat == "bucket" and line.value > 0]
    stated = {line.stat: line for line in lines if line.stat != "bucket"}
    counted = sum(int(line.value) for line in buckets)
    n = int(stated["requests"].value) if "requests" in stated else counted
    failed = int(stated["failures"].value) if "failures" in stated else 0
    ranks = _bucket_ranks(buckets, counted) if buckets else _printed_ranks(stated)
    run_id, subject = lines[0].run_id, lines[0].subject
    found = []
    for name, share in PERCENTILES.items():
        bounds = bounds_of(ranks, share, n)
        if bounds is not None and (buckets or name in stated):
            value = stated[name].value if name in stated else bounds.value
            found.append(Printed(run_id, subject, name, value, bounds.lo, bounds.hi, n, failed, bounds.rounding))
        elif name in stated:
            found.append(Printed(run_id, subject, name, stated[name].value, None, None, n, failed))
    others = [line for name, line in stated.items() if name not in PERCENTILES and name not in COUNTS]
    found += [Printed(run_id, subject, line.stat, line.value, None, None, n, failed, _rounding(line)) for line in others if line.stat != "error_rate"]
    return [*found, *_error_rate(lines[0], stated, n, failed)]


def _error_rate(line: Line, stated: dict[str, Line], n: int, failed: int) -> list[Printed]:
    """Of all requests: those that got no answer failed, too, and tools count them beside the answered ones."""
    unanswered, unseen = 0, 0
    if "unanswered" in stated:
        least, most = stated["unanswered"].lo or 0.0, stated["unanswered"].hi or 0.0
        unanswered, unseen = int(least), int(most - least)
    sent, failed = n + unanswered, failed + unanswered
    if "failures" not in stated or not sent:
        return []
    return [Printed(line.run_id, line.subject, "error_rate", failed / sent, None, None, sent, failed, unseen=unseen)]


def _printed_ranks(stated: dict[str, Line]) -> list[Rank]:
    """Percentiles from the lowest to the highest, the maximum as the last."""
    ranks = [Rank(float(name[1:]) / 100, line.lo, line.hi) for name, line in stated.items() if _is_percentile(name)]
    if "max" in stated:
        ranks.append(Rank(1.0, stated["max"].lo, stated["max"].hi))
    if "min" in stated:
        ranks.append(Rank(0.0, stated["min"].lo, stated["min"].hi))
    return sorted(ranks, key=lambda rank: rank.share)


def _rounding(line: Line) -> float:
    return 0.0 if line.lo is None or line.hi is None else (line.hi - line.lo) / 2


def _is_percentile(name: str) -> bool:
    return name.startswith("p") and name[1:].replace(".", "", 1).isdigit()


def _bucket_ranks(buckets: Sequence[Line], counted: int) -> list[Rank]:
    below, ranks = 0.0, []
    for bucket in sorted(buckets, key=lambda line: line.lo or 0.0):
        below += bucket.value
        ranks.append(Rank(below / counted, bucket.lo, bucket.hi))
    return ranks
