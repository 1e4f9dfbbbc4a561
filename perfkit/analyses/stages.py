"""Which stages does the time of a request or a pipeline go to? The shares of all stages of a whole add up to 1."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from perfkit.analyses.stage_sequences import SequenceStage, sequence_stages
from perfkit.store import Store

QUESTION = Path(__file__).with_suffix(".sql")
ITSELF = "(itself)"
"""The whole while none of its stages was open."""
CLOCK_MS = 0.003
"""Starts are whole microseconds: what sticks out by no more is rounding."""

Key = tuple[str, str, str | None, int | None]
"""Kind, name, file and line."""


@dataclass(frozen=True, slots=True)
class StageSpan:
    """One span, in the terms of this question."""

    run_id: str
    trace_id: str
    span_id: str
    parent_id: str | None
    kind: str
    name: str
    file: str | None
    line: int | None
    start_ms: float
    duration_ms: float
    resumed: bool


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of the mean whole of a run."""

    run_id: str
    subject: str
    """The whole: an endpoint or the outermost function."""
    stage: str
    kind: str
    file: str | None
    line: int | None
    wholes: int
    calls: float
    """In a whole, on average."""
    own_ms: float
    """While no nested stage was open; a moment that several stages share in parallel is divided among them."""
    share: float
    """Own time of the whole."""
    total_ms: float
    """While it was open at least once, so never more than the whole."""
    parallel: float
    """How many stages worked at its moments, on average: 1 is alone."""
    waits_for: str | None
    """The nested stage that it waits for longest."""
    whole_ms: float


@dataclass(slots=True)
class _Open:
    """A span of the sweep."""

    span: StageSpan
    start: float
    end: float
    above: _Open | None
    depth: int
    key: Key
    """The stage it belongs to."""
    running: bool = False
    below: int = 0
    """Open spans whose nearest open ancestor it is."""
    since: tuple[float, float] = (0.0, 0.0)
    """The moment and the divided moment from which it has been working itself."""

    def keeper(self) -> _Open | None:
        """Its nearest open ancestor."""
        found = self.above
        while found is not None and not found.running:
            found = found.above
        return found


@dataclass(slots=True)
class _Sum:
    calls: int = 0
    own: float = 0.0
    alone: float = 0.0
    """Own time, not divided."""
    total: float = 0.0
    waits: dict[str, float] = field(default_factory=lambda: defaultdict(float))


@dataclass(slots=True)
class _Sums:
    """Of every whole of every run its stages, how many wholes there were, and how long they took together."""

    stages: dict[tuple[str, str], dict[Key, _Sum]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(_Sum)))
    wholes: dict[tuple[str, str], tuple[int, float]] = field(default_factory=lambda: defaultdict(lambda: (0, 0.0)))

    def add_wholes(self, subject: tuple[str, str], number: int, ms: float) -> None:
        n, together = self.wholes[subject]
        self.wholes[subject] = n + number, together + ms


def stages(store: Store, run_ids: Sequence[str]) -> list[Stage]:
    """Stages of every whole, by own time, longest first. Only traces with calls side by side are walked through span by span."""
    with store.sitting():
        rows, tangled = sequence_stages(store, run_ids, CLOCK_MS)
        spans = store.ask(QUESTION, StageSpan, run_ids=list(run_ids), tangled=tangled) if tangled else []
    return staged(spans, _in_sequence(rows))


def staged(spans: Iterable[StageSpan], sums: _Sums | None = None) -> list[Stage]:
    """The same from spans that stand trace by trace, added to what is known of others."""
    known = sums or _Sums()
    for _, trace in groupby(spans, lambda span: (span.run_id, span.trace_id)):
        for whole in _trees(list(trace)):
            root = whole[0]
            subject = (root.span.run_id, root.span.name)
            known.add_wholes(subject, 1, root.end - root.start)
            _sweep(whole, known.stages[subject])
    found = [_stage(subject, key, total, known.wholes[subject]) for subject, stages_ in known.stages.items() for key, total in stages_.items()]
    return sorted(found, key=lambda row: (row.run_id, -row.whole_ms * row.wholes, row.subject, -row.own_ms, row.stage))


def _in_sequence(rows: Sequence[SequenceStage]) -> _Sums:
    sums = _Sums()
    for row in rows:
        subject, stage = (row.run_id, row.subject), row.stage
        summed = sums.stages[subject][ITSELF if row.whole else stage.kind, stage.name, stage.file, stage.line]
        summed.calls, summed.own, summed.alone, summed.total = row.calls, row.own_ms, row.own_ms, row.total_ms
        summed.waits.update(row.waits)
        if row.whole:
            sums.add_wholes(subject, row.calls, row.total_ms)
    return sums


def _stage(subject: tuple[str, str], key: Key, summed: _Sum, wholes: tuple[int, float]) -> Stage:
    kind, name, file, line = key
    n, whole = wholes
    waits_for = max(summed.waits, key=lambda stage: (summed.waits[stage], stage), default=None)
    share = summed.own / whole if whole else 0.0
    parallel = summed.alone / summed.own if summed.own else 1.0
    shown = (ITSELF, "whole") if kind == ITSELF else (name, kind)
    return Stage(*subject, *shown, file, line, n, summed.calls / n, summed.own / n, share, summed.total / n, parallel, waits_for, whole / n)


def _trees(trace: Sequence[StageSpan]) -> list[list[_Open]]:
    """Every root with all that is below it, callers first; what lasts longer than its root counts as far as the root does."""
    children: dict[str | None, list[StageSpan]] = defaultdict(list)
    known = {span.span_id for span in trace}
    for span in trace:
        children[span.parent_id if span.parent_id in known else None].append(span)
    found = []
    for root in children[None]:
        top = _Open(root, root.start_ms, root.start_ms + root.duration_ms, None, 0, (ITSELF, root.name, root.file, root.line))
        tree = [top]
        for node in tree:  # grows while it is walked
            tree += [_below(node, span, top) for span in children.pop(node.span.span_id, ())]
        found.append([node for node in tree if node.start <= node.end])
    return found


def _below(node: _Open, span: StageSpan, top: _Open) -> _Open:
    start, end = max(span.start_ms, node.start), span.start_ms + span.duration_ms
    start = top.end if 0 < start - top.end <= CLOCK_MS else start
    end = max(start, end) if start - span.start_ms <= CLOCK_MS else end
    end = node.end if 0 < end - node.end <= CLOCK_MS else end
    return _Open(span, start, min(end, top.end), node, node.depth + 1, (span.kind, span.name, span.file, span.line))


def _sweep(tree: list[_Open], sums: dict[Key, _Sum]) -> None:
    """Walks through the time of a whole. Who works at a moment are the open spans that have none open below them."""
    events = [(node.start, 0, node.depth, place) for place, node in enumerate(tree)]
    events += [(node.end, 1, -node.depth, place) for place, node in enumerate(tree)]
    opened: dict[Key, list[float]] = {}
    now, divided, working = tree[0].start, 0.0, 0

    def work(node: _Open, begins: bool) -> None:
        nonlocal working
        if begins:
            node.since = (now, divided)
        else:
            summed = sums[node.key]
            summed.alone += now - node.since[0]
            summed.own += divided - node.since[1]
        working += 1 if begins else -1

    for moment, closes, _, place in sorted(events):
        divided += (moment - now) / working if working else 0.0
        now, node = moment, tree[place]
        keeper = node.keeper()
        if closes:
            if not node.below:
                work(node, begins=False)
            node.running = False
            if keeper is not None:
                keeper.below += node.below - 1
                if not keeper.below:
                    work(keeper, begins=True)
            _close(node, now, opened, sums)
        else:
            if keeper is not None:
                if not keeper.below:
                    work(keeper, begins=False)
                keeper.below += 1
            node.running = True
            work(node, begins=True)
            opened.setdefault(node.key, []).append(now)


def _close(node: _Open, now: float, opened: dict[Key, list[float]], sums: dict[Key, _Sum]) -> None:
    key = node.key
    summed, begun = sums[key], opened[key]
    summed.calls += not node.span.resumed
    if len(begun) == 1:
        summed.total += now - begun.pop()
    else:
        begun.pop()  # the first one of those that overlap stays
    if node.above is not None:
        sums[node.above.key].waits[node.span.name] += node.end - node.start
