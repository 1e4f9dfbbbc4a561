"""Programs that are held up by something that can be changed: locks, one interpreter, waiting for others, memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from perfkit.analyses.profile_bound import Bound, ProfileBound, profile_bounds
from perfkit.model.finding import Finding
from perfkit.rules.drafts import draft
from perfkit.store import Store

ADVICE: Mapping[Bound, tuple[str, str]] = {
    "gil": (
        "Threads take turns: only one of them computes at a time",
        "Compute in processes (concurrent.futures.ProcessPoolExecutor), or in compiled code that gives the interpreter's lock up.",
    ),
    "lock": (
        "The program waits for locks most of the time",
        "Hold the lock for less work, or give each thread data of its own; `perfkit profile RUN --view bottom-up` names who waits.",
    ),
    "io": (
        "The program reads, writes and waits for others most of the time",
        "Ask for several things at once, or for more with each call; `perfkit profile RUN --view bottom-up` names who waits.",
    ),
    "allocation": (
        "Allocating and freeing memory takes much of the time",
        "Make fewer objects: reuse buffers, work through a stream in place of a list.",
    ),
    "memory": ("Copying memory takes much of the time", "Pass views or references in place of copies."),
}
"""What the rule says where there is something to do; computing is a matter of functions."""


def find(store: Store, run_ids: Sequence[str]) -> list[Finding]:
    """Findings of every profile."""
    return judge(profile_bounds(store, run_ids))


def judge(bounds: Sequence[ProfileBound]) -> list[Finding]:
    """One finding a run that something holds up."""
    return [_finding(item, *ADVICE[item.bound]) for item in bounds if item.bound in ADVICE]


def _finding(item: ProfileBound, title: str, remedy: str) -> Finding:
    return draft(
        f"bound-by-{item.bound}",
        item.run_id,
        title=title,
        place=f"run {item.run_id}",
        anchor=(item.bound,),
        saving_basis=f"nothing is predicted: {'; '.join(item.evidence)}",
        remedy=remedy,
        effort="HIGH",
    )
