"""How many users does the system carry? The highest step of a ladder that was tested and passed, and nothing beyond it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from perfkit.analyses.ladder import Passing, Step, steps
from perfkit.model.run import Run
from perfkit.stats.capacity import Knee, Scaling, Usl, knee, linear_scaling, usl
from perfkit.store import Store

LEAST_STEPS = 3
LEAST_STEPS_FOR_LAW = 5


@dataclass(frozen=True, slots=True)
class Capacity:
    """What a ladder says of the system; the fits are drawn and explained, they decide nothing."""

    users: int | None
    """The highest step that passes with all lower ones."""
    step_is: str
    """users, or requests/s in an open model."""
    limit_ms: float
    error_limit: float
    asked: int | None
    verdict: str | None
    """Of what was asked: met, missed, inconclusive or no_data."""
    why: str
    steps: tuple[Step, ...]
    scaling: Scaling | None
    knee: Knee | None
    law: Usl | None


def capacity(store: Store, runs: Sequence[Run], passing: Passing, asked: int | None = None) -> Capacity:
    """Over all valid runs that climbed a ladder."""
    judged = steps(store, runs, passing)
    highest = highest_passing(judged)
    verdict, why = ready_for(judged, asked) if asked else (None, _next_step(judged))
    users, throughput = [float(step.users) for step in judged], [step.per_second for step in judged]
    enough, many = len(judged) >= LEAST_STEPS, len(judged) >= LEAST_STEPS_FOR_LAW
    return Capacity(
        users=highest.users if highest else None,
        step_is="requests/s" if any(run.load_model == "open" for run in runs) else "users",
        limit_ms=passing.limit_ms,
        error_limit=passing.error_limit,
        asked=asked,
        verdict=verdict,
        why=why,
        steps=tuple(judged),
        scaling=linear_scaling(users, throughput) if enough else None,
        knee=knee(users, throughput) if many else None,
        law=usl(users, throughput) if many else None,
    )


def highest_passing(judged: Sequence[Step]) -> Step | None:
    """The last step before the first that did not pass."""
    passed = list(takewhile(lambda step: step.verdict == "met", judged))
    return passed[-1] if passed else None


def ready_for(judged: Sequence[Step], wanted: int) -> tuple[str, str]:
    """Verdict and reason: met only if a step of at least so many was tested and it and all lower ones passed."""
    tested = [step for step in judged if step.users >= wanted]
    needed = [step for step in judged if step.users <= (tested[0].users if tested else judged[-1].users)]
    broken = next((step for step in needed if step.verdict == "missed"), None)
    if broken:
        return "missed", f"the step of {broken.users} does not pass: {broken.why}"
    if not tested:
        return "no_data", f"{wanted} was not tested; the highest step was {judged[-1].users}"
    open_step = next((step for step in needed if step.verdict != "met"), None)
    if open_step:
        return "inconclusive", f"the step of {open_step.users} is not decided: {open_step.why}"
    return "met", f"the step of {tested[0].users} and all lower ones pass"


def _next_step(judged: Sequence[Step]) -> str:
    """What ends the climb."""
    first_open = next((step for step in judged if step.verdict != "met"), None)
    if first_open is None:
        return f"all {len(judged)} steps pass; what lies beyond {judged[-1].users} was not tested"
    return f"the step of {first_open.users} is {first_open.verdict}: {first_open.why}"
