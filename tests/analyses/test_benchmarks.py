"""Percentiles of a benchmark's rounds are bounded by one run that is long enough, and by none that is short or changes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from perfkit.analyses.known_runs import Selection
from perfkit.model.run import Manifest
from perfkit.stats.intervals import percentile_interval
from perfkit.stats.measured import Floats
from perfkit.workbench import Workbench


def rounds_file(path: Path, rounds_ms: Sequence[float] | Floats) -> Path:
    """What pyperf leaves of one process."""
    values = [float(value) / 1000 for value in rounds_ms]
    document = {"version": "1.0", "benchmarks": [{"metadata": {"name": "sum", "unit": "second"}, "runs": [{"values": values}]}]}
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def rounds(count: int) -> Floats:
    """1 ms and an exponential rest with a mean of 1 ms."""
    return 1 + np.random.default_rng(4).exponential(1.0, count)


@pytest.mark.parametrize(("metric", "share"), [("bench.p95", 0.95), ("bench.p99", 0.99)])
def test_one_run_of_many_rounds_bounds_its_percentiles(bench: Workbench, tmp_path: Path, metric: str, share: float) -> None:
    bench.ingest([rounds_file(tmp_path / "a.json", rounds(2000))])
    [measured] = bench.measure(metric)
    expected = percentile_interval(rounds(2000), share)
    assert (measured.n, measured.method) == (2000, "order-statistics")
    assert [measured.lo, measured.value, measured.hi] == pytest.approx([expected.lo, expected.value, expected.hi])
    assert (measured.lo or 0) < 1 - np.log(1 - share) < (measured.hi or 0)


@pytest.mark.parametrize(("count", "bounded"), [(20, False), (58, False), (59, True)])
def test_few_rounds_bound_nothing(bench: Workbench, tmp_path: Path, count: int, bounded: bool) -> None:
    bench.ingest([rounds_file(tmp_path / "a.json", rounds(count))])
    [measured] = bench.measure("bench.p95")
    assert (measured.hi is not None) == bounded
    assert measured.lo is None or bounded


def test_a_machine_that_slows_down_leaves_no_bounds(bench: Workbench, tmp_path: Path) -> None:
    bench.ingest([rounds_file(tmp_path / "a.json", rounds(2000) * np.linspace(1, 1.3, 2000))])
    [measured] = bench.measure("bench.p95")
    assert (measured.lo, measured.hi, measured.method) == (None, None, "tenths differ")


@pytest.mark.parametrize(("limit_ms", "verdict"), [(3.5, "missed"), (4.0, "inconclusive"), (4.5, "met")])
def test_a_target_is_decided_from_one_run(bench: Workbench, tmp_path: Path, limit_ms: float, verdict: str) -> None:
    pack = tmp_path / "mine" / "pack.yml"
    pack.parent.mkdir()
    pack.write_text(
        f"name: mine\ntitle: Mine\ntargets:\n  - metric: bench.p95\n    must_be: '<'\n    limit: {limit_ms} ms\n    label: sums are fast\n",
        encoding="utf-8",
    )
    bench.ingest([rounds_file(tmp_path / "a.json", rounds(2000))])
    [judged] = bench.check(str(pack.parent))
    assert judged.verdict == verdict


@pytest.mark.parametrize(
    ("base", "candidate", "why"),
    [
        ((92.6, 98.0, 101.5, 101.2, 100.6), (110.5, 107.5, 105.6, 113.5, 99.5), "the order of the runs does not confirm it"),
        ((99.5, 100.5, 101.5), (111.5, 112.5, 113.5), "a change counts only beyond twice the noise floor, 1"),
        ((90, 95, 100, 105, 110), (94, 99, 104, 109, 114), "vary too much"),
    ],
)
def test_what_is_not_decided_says_what_is_missing(
    bench: Workbench, tmp_path: Path, base: Sequence[float], candidate: Sequence[float], why: str
) -> None:
    for label, values in (("base", base), ("candidate", candidate), ("yesterday", (89.3, 94.3, 99.3, 104.3, 109.3))):
        bench.ingest([rounds_file(tmp_path / f"{label}{number}.json", [value]) for number, value in enumerate(values)], Manifest(label=label))
    bench.noise(Selection(label="yesterday"))
    [compared] = bench.compare(Selection(label="base"), Selection(label="candidate"), ["bench.mean"])
    assert compared.verdict == "inconclusive"
    assert why in (compared.why or "")
    assert ("leaves out 1" in (compared.why or "")) == ((compared.lo or 0) > 1)
