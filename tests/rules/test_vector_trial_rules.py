"""Trials of vector searches are judged by what they find beside how long they take."""

from __future__ import annotations

from dataclasses import replace

import pytest

from perfkit.analyses.vector_choice import choices
from perfkit.analyses.vector_growth import growths
from perfkit.analyses.vector_trials import VectorTrial
from perfkit.rules.vectors import judge

BASE = VectorTrial(
    run_id="r",
    trial=1,
    subject="items.embedding ivfflat lists 100 probes 10",
    source="items.embedding",
    method="ivfflat",
    metric="cosine",
    row_count=100_000,
    dimensions=32,
    lists=100,
    probes=10,
    m=None,
    ef_construction=None,
    ef_search=None,
    k=10,
    n=50,
    recall=0.97,
    returned=10,
    p50_ms=1.0,
    p95_ms=2.0,
    p99_ms=3.0,
    mean_ms=1.2,
    queries_per_s=800,
    build_ms=None,
    bytes=1e6,
    buffers=200,
    index_used=True,
    in_place=True,
    wanted_recall=None,
    library="pgvector",
)


def rules(*trials: VectorTrial) -> set[str]:
    return {finding.rule for finding in judge(trials)}


def test_a_good_index_is_silent() -> None:
    assert rules(BASE) == set()


@pytest.mark.parametrize(
    ("trial", "rule"),
    [
        (replace(BASE, row_count=4000), "vector-lists-too-many"),
        (replace(BASE, probes=4, recall=0.6), "vector-probes-too-few"),
        (replace(BASE, probes=100), "vector-probes-search-all"),
        (replace(BASE, returned=7.5), "vector-search-returns-too-few"),
        (replace(BASE, recall=0.5), "vector-recall-below-wanted"),
        (replace(BASE, index_used=False), "vector-index-not-used"),
    ],
)
def test_each_fault_is_found_and_shows_recall_beside_latency(trial: VectorTrial, rule: str) -> None:
    [finding] = [finding for finding in judge([trial]) if finding.rule == rule]
    assert "of the 10 nearest (P50 1.00 ms, P95 2.00 ms; n = 50 queries)" in finding.title and finding.saves_ms is None


def test_few_probes_are_no_fault_where_they_find_enough_or_are_only_tried() -> None:
    assert rules(replace(BASE, probes=4)) == set()
    assert rules(replace(BASE, probes=4, recall=0.6, in_place=False), replace(BASE, in_place=False)) == set()


def test_an_index_that_finds_less_than_a_fresh_one_was_built_before_its_data() -> None:
    old, fresh = replace(BASE, recall=0.4, probes=10), replace(BASE, in_place=False, row_count=99_950)
    assert "vector-index-built-before-its-data" in rules(old, fresh)
    assert "vector-index-built-before-its-data" not in rules(replace(old, recall=0.93), fresh)
    assert "vector-index-built-before-its-data" not in rules(old, replace(fresh, row_count=20_000))


def test_linear_growth_beside_a_constant_part_is_not_called_sub_linear() -> None:
    sizes = (125, 250, 500, 1000, 2000, 3900)
    trials = [replace(BASE, row_count=size, buffers=12 + 0.0077 * size, in_place=False) for size in sizes]
    [growth] = growths(trials)
    assert growth.exponent is not None and growth.exponent < 0.5 and growth.verdict == "not decided" and growth.law == "a + b·n"
    [unreached] = growths([replace(trial, recall=0.9) for trial in trials])
    assert unreached.verdict == "not decided" and "no setting reached recall 0.95 at 125, 250" in unreached.why
    [asked_too_little] = growths([replace(trial, n=20) for trial in trials])
    assert asked_too_little.why == "20 queries were asked; a law needs 30"


def test_an_outlier_of_a_busy_machine_does_not_choose() -> None:
    """Three executions in a thousand that waited for the machine move the mean, and say nothing of the setting."""
    few = replace(BASE, trial=2, probes=3, recall=0.96, p50_ms=0.5, mean_ms=9.0)
    exact = replace(BASE, trial=0, method="exact", lists=None, probes=None, recall=1, p50_ms=2.0, mean_ms=80.0)
    [choice] = choices([exact, BASE, few], 0.95)
    assert (choice.chosen.probes, choice.times_faster) == (3, 4)


def test_faiss_is_advised_in_the_words_of_faiss() -> None:
    few = replace(BASE, library="faiss", source="items.faiss", probes=1, recall=0.5)
    best = replace(few, trial=2, probes=3, recall=0.67)
    more = replace(few, trial=3, probes=11, recall=0.67)
    remedies = [finding.remedy for finding in judge([few, best, more]) if finding.rule == "vector-probes-too-few"]
    assert remedies == ["index.nprobe = 3; the default is 1."]
    pressed = [replace(trial, method="IndexIVFPQ") for trial in (few, best, more)]
    [lost] = [finding.remedy for finding in judge(pressed) if finding.rule == "vector-recall-below-wanted"]
    assert "more bits a vector" in lost and "copy" not in lost


def test_no_more_candidates_are_advised_than_pgvector_takes() -> None:
    short = replace(BASE, method="hnsw", lists=None, probes=None, m=16, ef_construction=64, ef_search=40, k=5000, returned=40, recall=0.008)
    [remedy] = [finding.remedy for finding in judge([short]) if finding.rule == "vector-search-returns-too-few"]
    assert remedy.startswith("hnsw.ef_search goes up to 1000: set hnsw.iterative_scan")
