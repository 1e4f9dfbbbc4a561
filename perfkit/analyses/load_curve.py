"""How does throughput grow with the users of a ladder? A curve through its steps, and a little beyond."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from perfkit.analyses.load_steps import LoadStep

LEAST_STEPS = 5
"""The law has three coefficients, and fits anything that has as few steps."""
POINTS = 60


@dataclass(frozen=True, slots=True)
class Fitted:
    """A model of the throughput as plain numbers."""

    name: str
    """Short, for the end of its line."""
    users: Sequence[float]
    per_second: Sequence[float]
    knee_users: float | None = None
    """Where more users begin to bring little; None where the steps do not show it."""
    about: str = "a model"


def load_curve(steps: Sequence[LoadStep]) -> Fitted | None:
    """The universal scalability law up to 1.2 times the highest step; None of fewer than five different steps."""
    from perfkit.stats.capacity import REACH, knee, predicted, usl

    users, answered = [float(step.users) for step in steps], [step.per_second for step in steps]
    if len(set(users)) < LEAST_STEPS:
        return None
    law, bend = usl(users, answered), knee(users, answered)
    highest = max(users)
    end = highest * REACH
    places = sorted({highest, *(end * place / POINTS for place in range(1, POINTS + 1))})
    return Fitted("USL", places, [predicted(law, place) for place in places], bend.users, "the universal scalability law, a model")
