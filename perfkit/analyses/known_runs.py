"""Which runs are there, and which of them does a question mean?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from perfkit.errors import UsageError, unknown
from perfkit.model.run import Run
from perfkit.store import Store

QUESTION = Path(__file__).with_suffix(".sql")
ANY = "any"
"""In place of a kind: samples are taken beside all of them."""
MANY_SIDED = ("memory", "profile")
"""Kinds of evidence that every tool shows another side of."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which runs a question is about; what is None is not asked."""

    run_ids: tuple[str, ...] | None = None
    label: str | None = None
    system: str | None = None
    kind: str | None = None
    investigation: str | None = None
    """Whoever asks: one that measured for itself does not stand on what others measured under the same labels."""


def known_runs(store: Store) -> list[Run]:
    """Every run, newest first."""
    return store.ask(QUESTION, Run)


def select_runs(runs: Sequence[Run], selection: Selection) -> list[Run]:
    """The runs that fit, invalid ones included; a name that fits no run at all is an error."""
    chosen = list(runs)
    if selection.system is not None:
        chosen = [run for run in chosen if run.system in (selection.system, None)]
    if selection.run_ids is not None:
        chosen = _by_id(chosen, selection.run_ids)
    if selection.investigation is not None and any(run.investigation == selection.investigation for run in chosen):
        chosen = [run for run in chosen if run.investigation in (selection.investigation, None)]
    if selection.label is not None:
        labels = {run.label for run in chosen if run.label}
        if selection.label not in labels:
            raise unknown("label", selection.label, labels, listing="`perfkit runs`")
        chosen = [run for run in chosen if run.label == selection.label]
    if selection.kind is not None:
        chosen = [run for run in chosen if run.kind == selection.kind]
    return chosen


def alike(runs: Sequence[Run]) -> list[Run]:
    """Of each kind and scenario the runs that may be taken together with the newest: same host, workload and settings of the tool."""
    newest: dict[tuple[str, str | None], str] = {}
    for run in runs:
        newest.setdefault((run.kind, run.scenario), run.fingerprint)
    return [run for run in runs if run.fingerprint == newest[run.kind, run.scenario]]


def comparable(store: Store, runs: Iterable[Run], kind: str) -> list[Run]:
    """Valid runs of a kind, or of any, that are alike, newest first; requests come before what a tool printed of them, in one format."""
    fitting = [run for run in runs if run.valid and kind in (run.kind, ANY)]
    if kind == "load" and len(fitting) > 1:
        sampled = set(store.holding([run.run_id for run in fitting], ("requests",)))
        fitting = [run for run in fitting if run.run_id in sampled] or [run for run in fitting if run.format == fitting[0].format]
    return alike(fitting)


def newest_of_each_kind(runs: Iterable[Run]) -> list[Run]:
    """One run for every kind, scenario and label: evidence that is looked at closely, not counted."""
    newest: dict[tuple[str, str | None, str | None], Run] = {}
    for run in runs:
        newest.setdefault((run.kind, run.scenario, run.label), run)
    return list(newest.values())


def newest_evidence(runs: Iterable[Run]) -> list[Run]:
    """The same, but of each tool where tools do not replace one another: what one profiler does not see another may."""
    newest: dict[tuple[str, str | None, str | None, str | None], Run] = {}
    for run in runs:
        newest.setdefault((run.kind, run.scenario, run.label, run.format if run.kind in MANY_SIDED else None), run)
    return list(newest.values())


def runs_named(runs: Sequence[Run], name: str, kind: str) -> list[Run]:
    """The runs of a kind that a name means: the newest of a label, else the run that the name begins."""
    of_kind = [run for run in runs if run.kind == kind]
    labels = {run.label for run in of_kind if run.label}
    if name in labels:
        return newest_of_each_kind(run for run in of_kind if run.label == name)
    if not any(run.run_id.startswith(name) for run in of_kind):
        raise unknown(f"run or label of {kind}", name, [*labels, *(run.run_id for run in of_kind)], listing="`perfkit runs`")
    return select_runs(of_kind, Selection(run_ids=(name,)))


def _by_id(runs: Sequence[Run], asked: Sequence[str]) -> list[Run]:
    chosen: dict[str, Run] = {}
    for name in asked:
        if not name:
            raise UsageError("An empty name is the beginning of every run, and means none. `perfkit runs` lists all.")
        fitting = [run for run in runs if run.run_id.startswith(name)]
        if not fitting:
            raise unknown("run", name, [run.run_id for run in runs], listing="`perfkit runs`")
        if len(fitting) > 1:
            raise UsageError(f"The run {name!r} is ambiguous: {', '.join(run.run_id for run in fitting)}.")
        chosen[fitting[0].run_id] = fitting[0]
    return list(chosen.values())


def runs_together(runs: Sequence[Run], name: str, kind: str) -> list[Run]:
    """The runs of a kind that a name means: the valid ones of a label that are like its newest, else the run that the name begins."""
    of_kind = [run for run in runs if run.kind == kind]
    labelled = [run for run in of_kind if run.label == name and run.valid]
    return alike(labelled) if labelled else select_runs(of_kind, Selection(run_ids=(name,)))


def system_of(runs: Sequence[Run]) -> str | None:
    """The system that the runs agree on."""
    systems = {run.system for run in runs if run.system}
    return systems.pop() if len(systems) == 1 else None
