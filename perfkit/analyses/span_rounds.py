"""How long did each piece of traced work take, one after another? What bounds a percentile within one run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from perfkit.store import Store

QUESTION = Path(__file__).with_suffix(".sql")


@dataclass(frozen=True, slots=True)
class SpanRounds:
    """The spans of one subject in one run."""

    run_id: str
    subject: str
    rounds_ms: list[float]


def span_rounds(store: Store, run_ids: Sequence[str]) -> list[SpanRounds]:
    """By kind and name."""
    return store.ask(QUESTION, SpanRounds, run_ids=list(run_ids), statements=False, warm=False)


def warm_rounds(store: Store, run_ids: Sequence[str]) -> list[SpanRounds]:
    """The same without the first of each."""
    return store.ask(QUESTION, SpanRounds, run_ids=list(run_ids), statements=False, warm=True)


def query_rounds(store: Store, run_ids: Sequence[str]) -> list[SpanRounds]:
    """By statement."""
    return store.ask(QUESTION, SpanRounds, run_ids=list(run_ids), statements=True, warm=False)
