"""Where the time of a pipeline goes, in words."""

from __future__ import annotations

from collections.abc import Sequence

from perfkit.analyses.stages import ITSELF, Stage
from perfkit.figures.amounts import how_many
from perfkit.units import format_quantity

BOTTLENECKS = 3


def bottlenecks(rows: Sequence[Stage], most: int = BOTTLENECKS) -> list[Stage]:
    """The stages of one whole that most of its time goes to; what it does between them has no name of its own."""
    return [row for row in rows if row.stage != ITSELF][:most]


def stage_sentences(rows: Sequence[Stage]) -> list[str]:
    """One sentence a whole."""
    wholes: dict[str, list[Stage]] = {}
    for row in rows:
        wholes.setdefault(row.subject, []).append(row)
    return [_sentence(subject, whole) for subject, whole in wholes.items()]


def _sentence(subject: str, whole: Sequence[Stage]) -> str:
    often = f" on average, {how_many(whole[0].wholes, 'time')} in all" if whole[0].wholes > 1 else ", once"
    takes = f"{subject} takes {format_quantity(whole[0].whole_ms, 'ms')}{often}"
    top = bottlenecks(whole)
    if not top:
        return f"{takes}. It has no stages: put timed on the functions that it calls."
    named = ", ".join(f"{row.stage} {row.share * 100:.0f} %{_beside(row)}" for row in top)
    rest = max(0.0, 1.0 - sum(row.share for row in top))
    return f"{takes}. Most of its own time: {named}; everything else {rest * 100:.0f} %."


def _beside(row: Stage) -> str:
    """A moment that several share is divided among them, so the share must say so."""
    return " (its part of what ran side by side)" if row.parallel >= 1.1 else ""
