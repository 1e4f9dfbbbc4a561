"""Trials of vector searches → what is set wrongly. Recall stands beside every latency: a search that finds nothing is fast."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

from perfkit.analyses.vector_choice import WANTED, choices
from perfkit.analyses.vector_trials import EXACT, VectorTrial, vector_trials
from perfkit.model.finding import Finding, Level
from perfkit.rules.drafts import draft
from perfkit.store import Store
from perfkit.units import format_quantity

ROWS_PER_LIST = 50
"""k-means needs so many rows a list."""
TOO_EARLY = 0.1
"""So much less recall than the same index built afresh: it was built before its data."""
LIKE = 0.1
"""Rows of two trials may differ by so much to be compared."""
MOST_EF_SEARCH = 1000
"""What pgvector takes."""
NAMES = {
    "pgvector": {"probes": "set ivfflat.probes", "ef_search": "set hnsw.ef_search"},
    "faiss": {"probes": "index.nprobe", "ef_search": "set index.hnsw.efSearch"},
}
NEARLY_ALL = 0.999
"""Of the neighbours asked for."""


def find(store: Store, run_ids: Sequence[str]) -> list[Finding]:
    """Findings of every set of trials."""
    return judge(vector_trials(store, run_ids))


def judge(trials: Sequence[VectorTrial]) -> list[Finding]:
    """Run by run. Settings of copies are experiments: only what an index in place does is a fault, besides what no setting can mend."""
    found: list[Finding] = []
    for _, group in groupby(trials, key=lambda trial: trial.run_id):
        of_run = list(group)
        found += [finding for rule in RULES for finding in rule(of_run)]
    return found


def _below_wanted(trials: Sequence[VectorTrial]) -> Iterator[Finding]:
    """No setting of an index in place reaches the recall; or, of copies, no setting at all."""
    for choice in choices(trials):
        alone = choice.chosen.in_place or all(other.reached is False for other in choices(trials))
        if not choice.reached and alone and (choice.chosen.in_place or choice.chosen.wanted_recall is not None):
            yield _finding(
                "vector-recall-below-wanted",
                choice.chosen,
                f"{choice.chosen.source}: no tried setting of {choice.chosen.built} reaches recall {_share(choice.wanted)}; "
                f"the best one, {choice.chosen.searched or 'its only one'}, finds {_beside(choice.chosen)}",
                _rebuilt(choice.chosen),
                impact="HIGH" if choice.chosen.recall < choice.wanted - TOO_EARLY else "MEDIUM",
            )


def _too_early(trials: Sequence[VectorTrial]) -> Iterator[Finding]:
    """An IVFFlat index in place that finds less than the same one built on the data that is there now."""
    fresh = [trial for trial in trials if trial.method == "ivfflat" and not trial.in_place]
    pairs = [
        (old, new)
        for old in trials
        if old.method == "ivfflat" and old.in_place
        for new in fresh
        if (old.lists, old.probes) == (new.lists, new.probes) and abs(old.row_count - new.row_count) <= LIKE * old.row_count
    ]
    worst = max(pairs, key=lambda pair: pair[1].recall - pair[0].recall, default=None)
    if worst is not None and worst[1].recall - worst[0].recall >= TOO_EARLY:
        old, new = worst
        yield _finding(
            "vector-index-built-before-its-data",
            old,
            f"{old.source}: the {old.setting} that is there finds {_beside(old)}; built afresh it finds {_beside(new)}",
            "Its lists were chosen when the table was empty or held other rows: reindex it now, and build IVFFlat indexes after loading the data.",
            impact="HIGH",
        )


def _few_rows(trials: Sequence[VectorTrial]) -> Iterator[Finding]:
    trial = _first(trials, lambda item: item.lists is not None and item.in_place and item.row_count < ROWS_PER_LIST * item.lists)
    if trial is not None and trial.lists is not None:
        advised = max(trial.row_count // 1000, 10)
        yield _finding(
            "vector-lists-too-many",
            trial,
            f"{trial.source}: {trial.lists} lists for {_count(trial.row_count)} rows, fewer than {ROWS_PER_LIST} rows a list; "
            f"with {trial.searched} it finds {_beside(trial)}",
            f"Build the index with lists = {advised}"
            + (", or search exactly: so few rows need no index." if trial.row_count < ROWS_PER_LIST * advised else "."),
        )


def _probes(trials: Sequence[VectorTrial]) -> Iterator[Finding]:
    """One finding an index: the setting that an application is most likely to have is the smallest one tried."""
    few = _first(trials, lambda item: _known(item) and item.in_place and (item.probes or 0) < math.sqrt(item.lists or 0) / 2 and not _good(item))
    if few is not None and few.lists is not None:
        yield _finding(
            "vector-probes-too-few",
            few,
            f"{few.source}: {few.probes} of {few.lists} lists searched, less than half of √lists, find {_beside(few)}",
            f"{_set(few, 'probes')} = {_recommended(trials, few)}; the default is 1.",
        )
    many = _first(trials, lambda item: _known(item) and (item.probes or 0) >= (item.lists or 0) > 1)
    if many is not None:
        yield _finding(
            "vector-probes-search-all",
            many,
            f"{many.source}: {many.probes} probes of {many.lists} lists search everything, as no index would; found: {_beside(many)}",
            f"{_set(many, 'probes')} = {math.ceil(math.sqrt(many.lists or 1))} and compare recall, or drop the index and search exactly.",
            impact="LOW",
        )


def _short(trials: Sequence[VectorTrial]) -> Iterator[Finding]:
    """Fewer rows than asked for: ef_search below LIMIT, or lists with too few rows."""
    trial = _first(trials, lambda item: _short_of(item) and item.index_used is not False and (item.in_place or (item.ef_search or item.k) < item.k))
    if trial is None:
        return
    ef = trial.ef_search is not None and trial.ef_search < trial.k
    cause = f"ef_search {trial.ef_search} is below LIMIT {trial.k}" if ef else "the lists that are searched hold too few rows"
    yield _finding(
        "vector-search-returns-too-few",
        trial,
        f"{trial.source}: {_count(trial.returned)} rows returned of {trial.k} asked for with {trial.setting}: {cause}; it finds {_beside(trial)}",
        _longer(trial) if ef else _more_lists(trial),
        impact="HIGH" if trial.in_place else "MEDIUM",
    )


def _longer(trial: VectorTrial) -> str:
    if trial.library == "pgvector" and trial.k > MOST_EF_SEARCH:
        return f"hnsw.ef_search goes up to {MOST_EF_SEARCH}: set hnsw.iterative_scan = relaxed_order as well (pgvector 0.8), or ask for fewer rows."
    return f"{_set(trial, 'ef_search')} to at least {trial.k}, better twice that."


def _more_lists(trial: VectorTrial) -> str:
    return "Search more lists" + (", or set ivfflat.iterative_scan = relaxed_order." if trial.library == "pgvector" else ".")


def _rebuilt(trial: VectorTrial) -> str:
    """A quantized index loses what no search brings back."""
    if trial.library == "pgvector":
        return (
            "Search more (probes, ef_search), rebuild with larger m and ef_construction, or more lists; "
            "perfkit collect vectors without --in-place tries them on a copy."
        )
    if trial.method in ("ivfflat", "hnsw"):
        return "Search more (nprobe, efSearch), or rebuild with larger M and efConstruction, or fewer lists."
    return "Its codes are too short for this recall: rebuild with more bits a vector, or compare the nearest again by IndexRefineFlat."


def _set(trial: VectorTrial, what: str) -> str:
    """How the setting is called where the index lives."""
    return NAMES[trial.library].get(what, what)


def _unused(trials: Sequence[VectorTrial]) -> Iterator[Finding]:
    trial = _first(trials, lambda item: item.in_place and item.index_used is False and (item.probes or 0) < (item.lists or math.inf))
    if trial is not None:
        yield _finding(
            "vector-index-not-used",
            trial,
            f"{trial.source}: the planner answers without the {trial.built} index although it is there ({trial.searched}): {_beside(trial)}",
            "analyze the table; compare random_page_cost with what the storage can do; small tables are searched faster without an index.",
            impact="LOW",
        )


RULES: tuple[Callable[[Sequence[VectorTrial]], Iterator[Finding]], ...] = (_too_early, _below_wanted, _few_rows, _probes, _short, _unused)


def _finding(rule: str, trial: VectorTrial, title: str, remedy: str, impact: Level = "MEDIUM") -> Finding:
    return draft(
        rule,
        trial.run_id,
        title=title,
        place=f"{trial.source} {trial.setting}",
        cause=trial.subject,
        anchor=(trial.source, trial.built),
        cost_ms=trial.p50_ms,
        saves_ms=None,
        saving_basis="what is missing is recall, not time: a right answer may take longer",
        remedy=remedy,
        effort="LOW",
        impact=impact,
    )


def _recommended(trials: Sequence[VectorTrial], trial: VectorTrial) -> int:
    """The probes that reached the wanted recall in these trials; where none did, the fewest that find as much as any."""
    like = [item for item in trials if item.build == trial.build and item.in_place == trial.in_place and item.probes]
    chosen = next((choice.chosen.probes for choice in choices(like) if choice.reached), None)
    best = max(item.recall for item in like)
    return chosen or min(item.probes or 1 for item in like if item.recall >= best * NEARLY_ALL)


def _short_of(trial: VectorTrial) -> bool:
    return trial.method != EXACT and trial.returned < min(trial.k, trial.row_count) * NEARLY_ALL


def _first(trials: Sequence[VectorTrial], fits: Callable[[VectorTrial], bool]) -> VectorTrial | None:
    return next((trial for trial in trials if fits(trial)), None)


def _known(trial: VectorTrial) -> bool:
    return trial.lists is not None and trial.probes is not None


def _good(trial: VectorTrial) -> bool:
    return trial.recall >= (trial.wanted_recall or WANTED)


def _beside(trial: VectorTrial) -> str:
    """Recall beside latency, with what they are computed from."""
    times = f"P50 {format_quantity(trial.p50_ms, 'ms')}, P95 {format_quantity(trial.p95_ms, 'ms')}"
    return f"{_share(trial.recall)} of the {trial.k} nearest ({times}; n = {trial.n} queries)"


def _share(value: float) -> str:
    return format_quantity(value, "ratio")


def _count(value: float) -> str:
    return format_quantity(value, "count")
