"""Which accuracy checks were done, and what do the newest ones of two sides say together?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from perfkit.analyses.accuracy import Accuracy, accuracy_between
from perfkit.model.run import Run
from perfkit.store import Store

QUESTION = Path(__file__).with_suffix(".sql")
KIND = "accuracy"


@dataclass(frozen=True, slots=True)
class AccuracyAnswer:
    """How one side did."""

    run_id: str
    asked: str
    passed: bool
    number: float | None
    last_line: str


def known_accuracy(store: Store, base: Sequence[Run], candidate: Sequence[Run]) -> Accuracy | None:
    """By the newest check of the candidate and the same one of the base; None when the candidate was never checked."""
    answers = accuracy_answers(store, [*base, *candidate])
    of_candidate = next((answers[run.run_id] for run in _checks(candidate)), None)
    if of_candidate is None:
        return None
    of_base = next((found for run in _checks(base) if (found := answers[run.run_id]).asked == of_candidate.asked), None)
    return accuracy_between(of_candidate.asked, of_base or of_candidate, of_candidate, candidate[0].label or "the candidate")


def accuracy_answers(store: Store, runs: Sequence[Run]) -> dict[str, AccuracyAnswer]:
    """By run."""
    ids = [run.run_id for run in _checks(runs)]
    return {item.run_id: item for item in store.ask(QUESTION, AccuracyAnswer, run_ids=ids)} if ids else {}


def _checks(runs: Sequence[Run]) -> list[Run]:
    """Newest first, as the runs are."""
    return [run for run in runs if run.kind == KIND]
