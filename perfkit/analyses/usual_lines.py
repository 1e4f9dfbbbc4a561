"""Which lines does the weight of a label go to, in one unit? The median of its runs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from perfkit.analyses.hot_lines import HotLine


@dataclass(frozen=True, slots=True)
class UsualLine:
    """One line, as the runs have it in the middle."""

    file: str
    line: int
    function: str | None
    origin: str
    runs: int
    """How many have it; for the others it counts as 0."""
    hits: float | None
    own: float | None
    """None where the profiler only knows the line with what it calls."""
    total: float | None
    """None where the profiler only knows the line's own."""
    native_share: float | None
    memory_mb: float | None
    copy_mb: float | None
    share: float | None
    unit: str


def usual_lines(rows: Sequence[HotLine], runs: int) -> list[UsualLine]:
    """Lines of so many runs, all in one unit, by own weight."""
    found: dict[tuple[str, int], list[HotLine]] = defaultdict(list)
    for row in rows:
        found[row.file, row.line].append(row)
    usual = [_usual(told, runs) for told in found.values()]
    return sorted(usual, key=lambda row: (-(row.own if row.own is not None else row.total or 0.0), -(row.memory_mb or 0.0), row.file, row.line))


def _usual(told: Sequence[HotLine], runs: int) -> UsualLine:
    first = told[0]
    native = [row.native_share for row in told if row.native_share is not None]
    return UsualLine(
        *(first.file, first.line, first.function, first.origin, len(told)),
        hits=_middle([row.hits for row in told], runs),
        own=_middle([row.own for row in told], runs),
        total=_middle([row.total for row in told], runs),
        native_share=median(native) if native else None,
        memory_mb=_middle([row.memory_mb for row in told], runs),
        copy_mb=_middle([row.copy_mb for row in told], runs),
        share=_middle([row.share for row in told], runs),
        unit=first.unit,
    )


def _middle(column: Sequence[float | None], runs: int) -> float | None:
    """None where no run knows it."""
    known = [value for value in column if value is not None]
    return median([*known, *([0.0] * (runs - len(known)))]) if known else None
