"""Traces whose calls only follow each other, all at once: a call's own time is what is left of it without the calls below it.

Where calls run side by side or outlast their caller, moments have to be divided: such traces are tangled, and left to whoever walks through them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perfkit.store import Store

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.int64]
    Marks = NDArray[np.bool_]
    Weights = NDArray[np.float64]

COLUMNS, NAMES = (Path(__file__).with_name(f"stage_{name}.sql") for name in ("columns", "names"))
DOUBLINGS = 40
"""Each doubles the way to the root that is known: what has none by then goes in circles."""


@dataclass(frozen=True, slots=True)
class StageName:
    """What a stage is called."""

    stage: int
    kind: str
    name: str
    file: str | None
    line: int | None


@dataclass(frozen=True, slots=True)
class SequenceStage:
    """One stage of one whole in one run."""

    run_id: str
    subject: str
    whole: bool
    """True: the outermost call itself."""
    stage: StageName
    calls: int
    """The steps of a generator are one."""
    own_ms: float
    total_ms: float
    """A stage within itself once."""
    waits: dict[str, float]
    """Of the stages directly below it, by name."""


@dataclass(frozen=True, slots=True)
class _Calls:
    """The spans, a row each."""

    run: Numbers
    stage: Numbers
    """Place among the names."""
    parent: Numbers
    """Row; -1 at a root."""
    start: Weights
    duration: Weights
    resumed: Marks


def sequence_stages(store: Store, run_ids: Sequence[str], clock_ms: float) -> tuple[list[SequenceStage], list[int]]:
    """The stages of such traces, and which traces are tangled."""
    import numpy as np

    spans = store.columns(COLUMNS, run_ids=list(run_ids))
    names = store.ask(NAMES, StageName, run_ids=list(run_ids))
    stage = np.searchsorted(np.array([item.stage for item in names], np.uint64), spans["stage"])
    parent, doubled = _parents(spans)
    calls = _Calls(spans["run"].astype(np.int64), stage, parent, spans["start_ms"], spans["duration_ms"], spans["resumed"])
    root = _roots(parent)
    traces, trace = np.unique(spans["trace"], return_inverse=True)
    tangled = np.bincount(trace[parent < 0], minlength=len(traces)) != 1
    tangled[trace[doubled | (parent[root] >= 0) | _untidy(calls, clock_ms)]] = True
    return _summed(calls, root, np.flatnonzero(~tangled[trace]), run_ids, names), traces[tangled].tolist()


def _parents(spans: dict[str, Any]) -> tuple[Numbers, Marks]:
    """The row of each span's parent, -1 where it is not there; and which spans have a name that another one has, too."""
    import numpy as np

    order = np.argsort(spans["span"], kind="stable")
    known = spans["span"][order]
    if not len(known):
        return np.zeros(0, np.int64), np.zeros(0, bool)
    at = np.minimum(np.searchsorted(known, spans["parent"]), len(known) - 1)
    parent = np.where((known[at] == spans["parent"]) & (spans["parent"] != 0), order[at], -1)
    doubled = np.zeros(len(known), bool)
    doubled[order[1:]] = known[1:] == known[:-1]
    return parent, doubled


def _roots(parent: Numbers) -> Numbers:
    """The row of each span's outermost caller."""
    import numpy as np

    root = np.where(parent < 0, np.arange(len(parent)), parent)
    for _ in range(DOUBLINGS):
        above = root[root]
        if (above == root).all():
            break
        root = above
    return root


def _untidy(calls: _Calls, clock_ms: float) -> Marks:
    """Spans that stick out of their parent, or begin before the one before them below the same parent has ended."""
    import numpy as np

    parent, start, end = calls.parent, calls.start, calls.start + calls.duration
    found: Marks = (parent >= 0) & ((start < start[parent] - clock_ms) | (end > end[parent] + clock_ms))
    order = np.lexsort((end, start, parent))
    before, after = order[:-1], order[1:]
    found[after[(parent[after] == parent[before]) & (parent[after] >= 0) & (end[before] > start[after] + clock_ms)]] = True
    return found


def _within_itself(calls: _Calls, kept: Numbers) -> Marks:
    """Whether a caller above, the outermost one left out, is the same stage."""
    import numpy as np

    stage, parent = calls.stage, calls.parent
    within = np.zeros(len(stage), bool)
    walking = kept[parent[kept] >= 0]
    above = parent[walking]
    while len(walking):
        same = (stage[above] == stage[walking]) & (parent[above] >= 0)
        within[walking[same]] = True
        goes_on = ~same & (parent[above] >= 0)
        walking, above = walking[goes_on], parent[above[goes_on]]
    return within


def _summed(calls: _Calls, root: Numbers, kept: Numbers, run_ids: Sequence[str], stages: Sequence[StageName]) -> list[SequenceStage]:
    import numpy as np

    count = len(stages)
    subject = calls.run[kept] * count + calls.stage[root[kept]]
    known, group = np.unique((subject * 2 + (root[kept] == kept)) * count + calls.stage[kept], return_inverse=True)
    below = kept[calls.parent[kept] >= 0]
    own = calls.duration - np.bincount(calls.parent[below], weights=calls.duration[below], minlength=len(calls.duration))
    once = np.where(_within_itself(calls, kept), 0.0, calls.duration)
    columns = [np.bincount(group, weights=weights[kept], minlength=len(known)).tolist() for weights in (~calls.resumed, own, once)]
    group_of = np.full(len(calls.duration), -1)
    group_of[kept] = group
    waits = _waits(group_of[calls.parent[below]] * count + calls.stage[below], calls.duration[below], stages, len(known))
    found = []
    for key, number_of_calls, own_ms, total_ms, waited in zip(known.tolist(), *columns, waits, strict=True):
        whole_of, stage = divmod(key, count)
        subject_of, is_whole = divmod(whole_of, 2)
        run, outermost = divmod(subject_of, count)
        row = (run_ids[run], stages[outermost].name, bool(is_whole), stages[stage], int(number_of_calls), own_ms, total_ms, waited)
        found.append(SequenceStage(*row))
    return found


def _waits(keys: Numbers, duration: Weights, stages: Sequence[StageName], groups: int) -> list[dict[str, float]]:
    """Of each group the time of the stages directly below it, by name; a key is group and stage in one number."""
    import numpy as np

    known, pair = np.unique(keys, return_inverse=True)
    waits: list[dict[str, float]] = [{} for _ in range(groups)]
    for key, waited in zip(known.tolist(), np.bincount(pair, weights=duration, minlength=len(known)).tolist(), strict=True):
        group, stage = divmod(key, len(stages))
        name = stages[stage].name
        waits[group][name] = waits[group].get(name, 0.0) + waited
    return waits
