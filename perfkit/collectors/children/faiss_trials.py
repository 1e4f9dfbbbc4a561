"""Opens a saved FAISS index within limits and tries its settings: a question in one JSON file, the answer in another."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from perfkit.collectors.vector_options import Grid, Row, Setting
from perfkit.collectors.vector_queries import queries_from
from perfkit.collectors.vector_recall import Doubles, Floats, Metric, Truth, distances, true_within
from perfkit.collectors.vector_timing import Keys, row_of, timed
from perfkit.errors import PerfkitError

METRICS: dict[int, Metric] = {faiss.METRIC_L2: "l2", faiss.METRIC_INNER_PRODUCT: "ip"}
SEED = 7


class UnfitError(PerfkitError):
    """The files cannot be searched."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What is searched, by which queries."""

    index: Any
    metric: Metric
    base: Floats
    queries: Floats
    own: tuple[int, ...]
    """The row of each query among the vectors; empty where they came from elsewhere."""
    bytes: int


def main() -> None:
    """The answer is written last, so that there is none when something broke."""
    asked, answered = map(Path, sys.argv[1:3])
    question = json.loads(asked.read_text(encoding="utf-8"))
    resource.setrlimit(resource.RLIMIT_AS, (question["memory"], question["memory"]))
    faiss.omp_set_num_threads(1)
    try:
        answer = answered_by(question)
    except PerfkitError as error:
        answer = {"problem": str(error)}
    except RuntimeError as error:  # all that FAISS raises
        answer = {"problem": f"FAISS cannot search {question['index']}: {' '.join(str(error).split())}"}
    except MemoryError:
        answer = {"problem": f"{question['index']} and its vectors do not fit into the memory that is allowed, {question['memory'] / 2**30:.1f} GiB."}
    answered.write_text(json.dumps(answer), encoding="utf-8")


def answered_by(question: dict[str, Any]) -> dict[str, Any]:
    """Every trial."""
    loaded = _loaded(question)
    deadline, k = time.monotonic() + question["max_time_s"], question["k"]
    truth = true_within(loaded.metric, loaded.queries, loaded.base, k, loaded.own or None)
    flat = faiss.IndexFlat(loaded.base.shape[1], loaded.index.metric_type)
    flat.add(loaded.base)
    rows = [_trial(question, loaded, flat, Setting("exact"), truth)]
    remarks = []
    for setting, apply in _settings(loaded.index, Grid(**{name: tuple(values) for name, values in question["grid"].items()}), k):
        if time.monotonic() >= deadline:
            remarks.append(f"No time is left for {setting.title}: --max-time allows {question['max_time_s']:g} s.")
            break
        apply()
        rows.append(_trial(question, loaded, loaded.index, setting, truth))
    return {"version": faiss.__version__, "metric": loaded.metric, "dimensions": loaded.base.shape[1], "trials": rows, "remarks": remarks}


def _loaded(question: dict[str, Any]) -> Loaded:
    base = queries_from(Path(question["vectors"]))
    try:
        index = faiss.read_index(question["index"])
    except RuntimeError as error:
        reason = "it was cut off" if "read error" in str(error) else "it is none that FAISS knows"
        raise UnfitError(f"{question['index']} cannot be read as a FAISS index: {reason}. faiss.write_index(index, file) writes one.") from error
    if index.d != base.shape[1] or index.ntotal != len(base):
        raise UnfitError(
            f"The index holds {index.ntotal} vectors of {index.d} dimensions, {question['vectors']} {len(base)} of {base.shape[1]}. "
            "Recall needs the very vectors that the index was built from, in their order."
        )
    if index.metric_type not in METRICS:
        raise UnfitError(f"The index measures distance by FAISS metric {index.metric_type}; known are L2 and inner product.")
    if question["given"] is None:
        own = tuple(int(row) for row in np.random.default_rng(SEED).permutation(len(base))[: question["queries"]])
        queries = base[list(own)]
    else:
        own, queries = (), np.asarray(question["given"], dtype=np.float32)
    if queries.shape[1] != index.d:
        raise UnfitError(f"The queries have {queries.shape[1]} dimensions, the index {index.d}.")
    return Loaded(index, METRICS[index.metric_type], base, queries, own, Path(question["index"]).stat().st_size)


def _settings(index: Any, grid: Grid, k: int) -> Iterator[tuple[Setting, Callable[[], None]]]:
    """Every way to search the index, and how to set it."""
    inverted = faiss.try_extract_index_ivf(index)
    if inverted is not None:
        name = "ivfflat" if isinstance(faiss.downcast_index(inverted), faiss.IndexIVFFlat) else type(index).__name__
        for probes in grid.probes_for(inverted.nlist):
            yield Setting(name, lists=inverted.nlist, probes=probes), _setter(inverted, "nprobe", probes)
    elif hasattr(index, "hnsw"):
        graph, name = index.hnsw, "hnsw" if isinstance(index, faiss.IndexHNSWFlat) else type(index).__name__
        for ef in sorted({*grid.ef_for(k), *(() if grid.ef_search else (graph.efSearch,))}):
            yield Setting(name, m=graph.nb_neighbors(1), ef_construction=graph.efConstruction, ef_search=ef), _setter(graph, "efSearch", ef)
    else:
        yield Setting(type(index).__name__), lambda: None


def _setter(thing: Any, name: str, value: int) -> Callable[[], None]:
    return lambda: setattr(thing, name, value)


def _trial(question: dict[str, Any], loaded: Loaded, index: Any, setting: Setting, truth: Truth) -> Row:
    wanted = question["k"] + bool(loaded.own)

    def search(number: int) -> list[int]:
        _, found = index.search(loaded.queries[number : number + 1], wanted)
        own = loaded.own[number] if loaded.own else -1
        return [key for key in found[0].tolist() if key not in (-1, own)][: question["k"]]

    done = timed(search, len(loaded.queries), question["repetitions"])
    answered = [_far(loaded, number, keys) for number, keys in enumerate(done.answers)]
    known = {} if setting.method == "exact" else {"bytes": loaded.bytes}
    return row_of(setting, done, truth, answered, row_count=len(loaded.base), in_place=True, **known)


def _far(loaded: Loaded, number: int, keys: Keys) -> Doubles:
    return distances(loaded.metric, loaded.queries[number], loaded.base[np.array(keys, dtype=int)])


if __name__ == "__main__":
    main()
