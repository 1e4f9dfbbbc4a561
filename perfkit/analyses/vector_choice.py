"""Which setting reaches the wanted recall at the least latency, and what would the next cheaper one cost in recall?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from perfkit.analyses.vector_trials import EXACT, VectorTrial, vector_trials
from perfkit.store import Store

WANTED = 0.95
"""The recall that is taken to be wanted where nobody said one."""


@dataclass(frozen=True, slots=True)
class VectorChoice:
    """A recommendation for one method at the largest number of rows."""

    run_id: str
    subject: str
    """Of the chosen setting; the best one of the method where none reaches the recall."""
    method: str
    wanted: float
    reached: bool
    chosen: VectorTrial
    exact: VectorTrial | None
    cheaper: VectorTrial | None
    """The fastest setting of the method that stays below the wanted recall. None: the chosen one is the fastest of all."""

    @property
    def times_faster(self) -> float | None:
        """Median of exact search over that of the choice: an outlier of a busy machine moves the mean by any factor."""
        return self.exact.p50_ms / self.chosen.p50_ms if self.exact is not None and self.chosen.p50_ms > 0 else None

    @property
    def lost(self) -> float | None:
        """Recall that the next cheaper setting would cost."""
        return self.chosen.recall - self.cheaper.recall if self.cheaper is not None else None


def vector_choice(store: Store, run_ids: Sequence[str], wanted: float | None = None) -> list[VectorChoice]:
    """For every run and method, the fastest method first."""
    return choices(vector_trials(store, run_ids), wanted)


def choices(trials: Sequence[VectorTrial], wanted: float | None = None) -> list[VectorChoice]:
    """The same over trials that are known already."""
    found = []
    for run_id in dict.fromkeys(trial.run_id for trial in trials):
        of_run = [trial for trial in trials if trial.run_id == run_id]
        recall = wanted or of_run[0].wanted_recall or WANTED
        kinds = dict.fromkeys((trial.method, trial.in_place) for trial in of_run if trial.method != EXACT)
        of_kinds = [[trial for trial in of_run if (trial.method, trial.in_place) == kind] for kind in kinds]
        of_methods = [_choice(_largest(trials_of_kind), of_run, recall) for trials_of_kind in of_kinds]
        found += sorted(of_methods, key=lambda choice: (not choice.reached, choice.chosen.p50_ms))
    return found


def _largest(trials: Sequence[VectorTrial]) -> list[VectorTrial]:
    rows = max(trial.row_count for trial in trials)
    return [trial for trial in trials if trial.row_count == rows]


def _choice(trials: Sequence[VectorTrial], of_run: Sequence[VectorTrial], wanted: float) -> VectorChoice:
    """The fastest that reaches the recall; when none does, the one that comes nearest."""
    good = [trial for trial in trials if trial.recall >= wanted and trial.index_used is not False]
    chosen = min(good, key=lambda trial: (trial.p50_ms, trial.buffers or 0)) if good else max(trials, key=lambda trial: trial.recall)
    less = [trial for trial in trials if trial.recall < min(wanted, chosen.recall) and trial.p50_ms < chosen.p50_ms]
    cheaper = max(less, key=lambda trial: trial.recall, default=None)
    like = (trial for trial in of_run if trial.method == EXACT and (trial.row_count, trial.in_place) == (chosen.row_count, chosen.in_place))
    exact = next(like, None)
    return VectorChoice(chosen.run_id, chosen.subject, chosen.method, wanted, bool(good), chosen, exact, cheaper)
