"""Faster but wrong is not faster: what an accuracy check leaves of a comparison."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from perfkit.analyses.comparison import Compared
from perfkit.analyses.metrics import METRICS
from perfkit.units import format_quantity


class Answer(Protocol):
    """How a command judged one side."""

    @property
    def passed(self) -> bool: ...
    @property
    def number(self) -> float | None: ...
    @property
    def last_line(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Whether the candidate is at least as accurate as the base."""

    held: bool
    said: str
    """The check and its outcome in one sentence."""


def accuracy_from(compared: Sequence[Compared]) -> Accuracy:
    """By a metric that both sides have measured: it must be equal, better, or shown to be the same."""
    for item in compared:
        if item.verdict in ("faster", "same") or _not_worse(item):
            continue
        values = f"{format_quantity(item.base, item.unit)} → {format_quantity(item.candidate, item.unit)}"
        how = "got worse" if item.verdict == "slower" else "may have got worse"
        return Accuracy(False, f"{item.metric} of {item.subject} {how}: {values}")
    if not compared:
        return Accuracy(False, "the accuracy metric was not measured on both sides")
    return Accuracy(True, f"{compared[0].metric} did not get worse")


def accuracy_between(command: str, base: Answer, candidate: Answer, whose: str = "the candidate") -> Accuracy:
    """By a command's answers for the two sides; where it prints numbers, more is better."""
    if not candidate.passed:
        return Accuracy(False, f"`{command}` failed for {whose}: {candidate.last_line}")
    if candidate.number is not None and base.number is not None and candidate.number < base.number:
        return Accuracy(False, f"`{command}` fell from {base.number:g} to {candidate.number:g}")
    return Accuracy(True, f"`{command}` passed for {whose}")


def withheld(compared: Sequence[Compared], accuracy: Accuracy) -> list[Compared]:
    """No row stays faster when the accuracy did not hold."""
    if accuracy.held:
        return list(compared)
    why = f"faster but not shown to be right: {accuracy.said}"
    return [replace(item, verdict="inconclusive", why=why) if item.verdict == "faster" else item for item in compared]


def _not_worse(item: Compared) -> bool:
    better = METRICS[item.metric].better
    return item.candidate <= item.base if better == "lower" else item.candidate >= item.base
