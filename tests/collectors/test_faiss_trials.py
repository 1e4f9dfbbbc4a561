"""Trials of real FAISS indexes; a file that is none is an error in words, not a crash."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from perfkit.analyses.vector_trials import EXACT, VectorTrial, vector_trials
from perfkit.collectors.vectors import Grid, VectorOptions
from perfkit.demo.vectors import around
from perfkit.errors import CollectionFailed, UsageError
from perfkit.workbench import Workbench

faiss = pytest.importorskip("faiss")
ROWS, DIMENSIONS = 3000, 32


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with vectors, an inverted file, a graph and a compressed index of them."""
    folder = tmp_path_factory.mktemp("faiss")
    random = np.random.default_rng(3)
    faiss.omp_set_num_threads(1)
    base = np.ascontiguousarray(around(random.integers(0, 64, ROWS), random)[:, :DIMENSIONS])
    np.save(folder / "base.npy", base)
    for name in ("IVF32,Flat", "HNSW16", "IVF32,SQ4"):
        index = faiss.index_factory(DIMENSIONS, name)
        index.train(base)
        index.add(base)
        faiss.write_index(index, str(folder / f"{name.split(',')[-1] if 'SQ' in name else name.split(',')[0]}.faiss"))
    return folder


def tried(bench: Workbench, saved: Path, name: str, **wanted: object) -> list[VectorTrial]:
    options = VectorOptions(faiss=saved / name, vectors=saved / "base.npy", repetitions=1, **wanted)  # type: ignore[arg-type]
    return vector_trials(bench.store, [bench.collect(options).run_id])


def test_an_inverted_file_finds_more_with_more_probes(bench: Workbench, saved: Path) -> None:
    exact, one, four, all_of_them = tried(bench, saved, "IVF32.faiss", grid=Grid(probes=(1, 4, 32)))
    assert (exact.method, exact.recall, exact.returned, exact.metric) == (EXACT, 1.0, 10, "l2")
    assert (one.method, one.lists, one.probes) == ("ivfflat", 32, 1)
    assert one.recall < four.recall <= all_of_them.recall == 1.0
    assert one.bytes and one.buffers is None and one.build_ms is None


def test_a_graph_and_a_compressed_index(bench: Workbench, saved: Path) -> None:
    _, few, many = tried(bench, saved, "HNSW16.faiss", grid=Grid(ef_search=(10, 200)))
    assert (few.method, few.m, few.ef_search) == ("hnsw", 16, 10) and few.recall < many.recall
    compressed = tried(bench, saved, "SQ4.faiss", grid=Grid(probes=(32,)))[-1]
    assert compressed.method == "IndexIVFScalarQuantizer" and 0.1 < compressed.recall < 1.0


def test_queries_from_a_file_are_answered_from_all_vectors(bench: Workbench, saved: Path, tmp_path: Path) -> None:
    queries = tmp_path / "queries.csv"
    np.savetxt(queries, np.load(saved / "base.npy")[:7], delimiter=",")
    trials = tried(bench, saved, "HNSW16.faiss", queries_file=queries, k=1, grid=Grid(ef_search=(50,)))
    assert [trial.n for trial in trials] == [7, 7] and trials[0].recall == 1.0


@pytest.mark.parametrize("content", [b"", b"IxF2nonsense", b"IwFl" + bytes(200), b"\x80\x04cos\nsystem\n."])
def test_a_file_that_is_no_index_is_refused(bench: Workbench, saved: Path, tmp_path: Path, content: bytes) -> None:
    broken = tmp_path / "broken.faiss"
    broken.write_bytes(content)
    with pytest.raises(CollectionFailed, match=r"broken\.faiss cannot be read as a FAISS index"):
        bench.collect(VectorOptions(faiss=broken, vectors=saved / "base.npy"))
    assert bench.runs() == []


def test_vectors_that_do_not_belong_to_the_index_are_refused(bench: Workbench, saved: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "other.npy", np.zeros((5, DIMENSIONS), dtype=np.float32))
    np.save(tmp_path / "objects.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(CollectionFailed, match=r"holds 3000 vectors of 32 dimensions, .*5 of 32"):
        bench.collect(VectorOptions(faiss=saved / "HNSW16.faiss", vectors=tmp_path / "other.npy"))
    with pytest.raises(CollectionFailed, match=r"objects\.npy cannot be read as vectors"):
        bench.collect(VectorOptions(faiss=saved / "HNSW16.faiss", vectors=tmp_path / "objects.npy"))
    with pytest.raises(UsageError, match=r"name their \.npy file with --vectors"):
        VectorOptions(faiss=saved / "HNSW16.faiss")
