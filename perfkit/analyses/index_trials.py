"""What would an index do for the statements that ask for one?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from perfkit.store import Store

QUESTION = Path(__file__).with_suffix(".sql")


@dataclass(frozen=True, slots=True)
class IndexTrial:
    """One index, tried for one statement."""

    run_id: str
    trial: int
    plan_run_id: str | None
    plan_id: int | None
    node_id: int | None
    relation: str
    definition: str
    statement: str
    fingerprint: str | None
    used: bool
    refused: str | None
    """None: it was tried."""
    cost_before: float | None
    cost_after: float | None
    before_ms: float | None
    """None: the statement was only planned."""
    after_ms: float | None
    build_ms: float | None
    bytes: float | None
    table_bytes: float | None
    write_cost: float | None
    on_copy: bool

    @property
    def before(self) -> float | None:
        """Time where it was measured, else the planner's cost."""
        return self.cost_before if self.before_ms is None else self.before_ms

    @property
    def after(self) -> float | None:
        """In the same measure."""
        return self.cost_after if self.before_ms is None else self.after_ms

    @property
    def saved(self) -> float:
        """Share of the statement that it saves; 0 where the planner does not take it, or it was not tried."""
        if not self.used or not self.before or self.after is None:
            return 0.0
        return 1 - self.after / self.before


def index_trials(store: Store, run_ids: Sequence[str]) -> list[IndexTrial]:
    """Trials of the runs."""
    return store.ask(QUESTION, IndexTrial, run_ids=list(run_ids))
