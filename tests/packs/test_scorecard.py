"""Targets of every form against evidence: limits, harder limits, readings, ladders, reductions, scenarios."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from perfkit.collectors.rounds import Round, write_rounds
from perfkit.errors import UsageError
from perfkit.figures.scorecard import scorecard_figure
from perfkit.model.run import Manifest
from perfkit.model.verdict import Verdict
from perfkit.verdicts import exit_code
from perfkit.workbench import Workbench
from tests.conftest import WriteLog, ladder_log

PACK = "name: shop\ntitle: A shop\nsource: the team\ntargets:\n"


def judged(bench: Workbench, targets: str, label: str | None = "base", against: str | None = None) -> list[Verdict]:
    folder = bench.workspace.packs / "shop"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pack.yml").write_text(PACK + "".join(f"  - {{{line}}}\n" for line in targets.splitlines() if line), encoding="utf-8")
    return bench.check("shop", label, against)


def measured(bench: Workbench, write: WriteLog, label: str, median_ms: float, *, scenario: str = "s", runs: int = 5, seed: int = 1) -> None:
    for turn in range(runs):
        log = write(f"{label}{scenario}{turn}.csv", median_ms=median_ms, seed=seed + turn)
        bench.ingest([log], Manifest(label=label, scenario=scenario))


def test_beyond_the_harder_limit_work_is_rejected(bench: Workbench, locust_log: WriteLog) -> None:
    measured(bench, locust_log, "base", 100)
    late, refused = judged(
        bench,
        'label: Late, metric: latency.p95, subject: all requests, must_be: "<", limit: 50 ms, reject: 1 s\n'
        'label: Refused, metric: latency.p95, subject: all requests, must_be: "<", limit: 50 ms, reject: 80 ms\n',
    )
    assert (late.verdict, late.rejected, late.why) == ("missed", False, None)
    assert (refused.verdict, refused.rejected, refused.why) == ("missed", True, "beyond 80 ms, from which the source rejects it")
    assert refused.source == "the team"


def test_readings_of_one_sentence_are_judged_each(bench: Workbench, locust_log: WriteLog) -> None:
    measured(bench, locust_log, "base", 100)
    verdicts = judged(
        bench,
        'label: "Answers < 120 ms", variant: median, metric: latency.p50, subject: all requests, must_be: "<", limit: 120 ms\n'
        'label: "Answers < 120 ms", variant: P99, metric: latency.p99, subject: all requests, must_be: "<", limit: 120 ms\n',
    )
    assert [(item.target, item.verdict, item.reading_of) for item in verdicts] == [
        ("Answers < 120 ms (median)", "met", "Answers < 120 ms"),
        ("Answers < 120 ms (P99)", "missed", "Answers < 120 ms"),
    ]


READY = 'label: "Ready", metric: latency.p95, users: {users}, must_be: "<", limit: 60 ms'


@pytest.mark.parametrize(("users", "verdict"), [(20, "met"), (40, "met"), (500, "no_data")])
def test_users_are_judged_on_the_steps_that_were_run(bench: Workbench, tmp_path: Path, users: int, verdict: str) -> None:
    log = ladder_log(tmp_path / "ladder.csv", [20, 40], seconds=60)
    bench.ingest([log], Manifest(label="base", scenario="ladder", load_model="closed"))
    [item] = judged(bench, READY.format(users=users))
    assert item.verdict == verdict
    assert (item.subject == f"all requests at {users} users") == (verdict == "met")
    assert (item.value is None) == (verdict == "no_data")


def test_a_step_too_slow_is_the_one_that_is_named(bench: Workbench, tmp_path: Path) -> None:
    log = ladder_log(tmp_path / "ladder.csv", [20, 40], seconds=60, median_ms=90)
    bench.ingest([log], Manifest(label="base", scenario="ladder", load_model="closed"))
    [item] = judged(bench, READY.format(users=40))
    assert (item.verdict, item.subject) == ("missed", "all requests at 20 users")
    assert "does not pass" in (item.why or "")


@pytest.mark.parametrize(("load_model", "verdict"), [("closed", "met"), ("open", "no_data")])
def test_throughput_that_grows_with_the_users_scales(bench: Workbench, tmp_path: Path, load_model: str, verdict: str) -> None:
    log = ladder_log(tmp_path / "ladder.csv", [10, 20, 40, 80], seconds=12)
    bench.ingest([log], Manifest(label="base", scenario="ladder", load_model=load_model))
    [item] = judged(bench, 'label: Linear, metric: load.scaling, must_be: ">=", limit: 0.9')
    assert item.verdict == verdict
    assert item.value is None or item.value == pytest.approx(1.0, abs=0.02)


def test_arrivals_a_second_are_not_users(bench: Workbench, tmp_path: Path) -> None:
    log = ladder_log(tmp_path / "ladder.csv", [20, 40], seconds=60)
    bench.ingest([log], Manifest(label="base", scenario="ladder", load_model="open"))
    [item] = judged(bench, READY.format(users=20))
    assert (item.verdict, item.value) == ("no_data", None)


HALF = 'label: Half, metric: latency.mean, subject: all requests, reduction: true, must_be: ">", limit: 40 %'


@pytest.mark.parametrize(("median_ms", "verdict"), [(50.0, "met"), (70.0, "missed"), (60.0, "inconclusive")])
def test_a_reduction_is_judged_by_its_interval(bench: Workbench, locust_log: WriteLog, median_ms: float, verdict: str) -> None:
    measured(bench, locust_log, "baseline", 100)
    measured(bench, locust_log, "optimized", median_ms, seed=50)
    [item] = judged(bench, HALF, "optimized")
    assert item.verdict == verdict
    assert item.value == pytest.approx(1 - median_ms / 100, abs=0.03)
    assert (item.unit, item.n, len(item.runs)) == ("ratio", 10, 10)
    assert item.lo is not None and item.hi is not None and item.lo < (item.value or 0) < item.hi


def test_a_reduction_needs_something_to_be_measured_from(bench: Workbench, locust_log: WriteLog) -> None:
    measured(bench, locust_log, "old", 100)
    measured(bench, locust_log, "new", 40, seed=50)
    [without] = judged(bench, HALF, "new")
    assert (without.verdict, without.why) == ("no_data", "a reduction is judged against an earlier label; --against names it")
    [named] = judged(bench, HALF, "new", against="old")
    assert named.verdict == "met"
    with pytest.raises(UsageError, match="label 'older'"):
        judged(bench, HALF, "new", against="older")


def test_a_single_run_a_side_reduces_nothing(bench: Workbench, locust_log: WriteLog) -> None:
    measured(bench, locust_log, "baseline", 100, runs=1)
    measured(bench, locust_log, "optimized", 40, runs=1, seed=50)
    [item] = judged(bench, HALF, "optimized")
    assert item.verdict == "inconclusive"
    assert "fewer than three a side" in (item.why or "")


def test_other_workloads_reduce_nothing(bench: Workbench, locust_log: WriteLog) -> None:
    measured(bench, locust_log, "baseline", 100, scenario="large")
    measured(bench, locust_log, "optimized", 40, scenario="small", seed=50)
    [item] = judged(bench, HALF, "optimized")
    assert item.verdict == "inconclusive"
    assert "no scenario in common" in (item.why or "")


def test_a_target_may_count_one_scenario_only(bench: Workbench, locust_log: WriteLog) -> None:
    measured(bench, locust_log, "base", 10, scenario="idle")
    measured(bench, locust_log, "base", 500, scenario="load", seed=50)
    form = 'label: "{0}", metric: latency.p95, subject: all requests, scenario: "{0}", must_be: "<", limit: 60 ms\n'
    idle, load, none = judged(bench, "".join(form.format(name) for name in ("*idle*", "load", "night")))
    assert (idle.verdict, load.verdict, none.verdict) == ("met", "missed", "no_data")
    assert none.why == "no valid load run in a scenario like 'night' measured it"


def test_no_data_says_what_is_missing(bench: Workbench, locust_log: WriteLog) -> None:
    measured(bench, locust_log, "base", 10, runs=1)
    other, kind = judged(
        bench,
        'label: A, metric: latency.p95, subject: "WS*", must_be: "<", limit: 50 ms\nlabel: B, metric: span.p95, must_be: "<", limit: 50 ms',
    )
    assert other.why == "no endpoint is like 'WS*'; there is GET /items, all requests"
    assert kind.why == "no valid trace run measured it"
    assert (other.value, kind.value) == (None, None)
    assert exit_code([other, kind]) == 3


@pytest.mark.parametrize(("exponent", "verdict"), [(1.0, "met"), (1.5, "missed")])
def test_growth_is_judged_by_the_bounds_of_its_fit(bench: Workbench, tmp_path: Path, exponent: float, verdict: str) -> None:
    noise, sizes = random.Random(1), (100, 300, 1000, 3000, 10_000, 30_000, 100_000)
    rounds = [Round(turn, size**exponent / 10 * noise.lognormvariate(0, 0.01), "ms", None, size) for size in sizes for turn in range(5)]
    bench.ingest([write_rounds(tmp_path / "sweep.json", "sweep", "documents", rounds, {})], Manifest(label="base"))
    [item] = judged(bench, 'label: "Linear scaling", metric: sweep.growth, must_be: "<=", limit: 1.1')
    assert (item.verdict, item.subject, item.n) == (verdict, "documents", len(sizes))
    assert item.lo is not None and item.hi is not None and item.lo <= (item.value or 0) <= item.hi


def test_a_change_for_the_worse_can_be_drawn(bench: Workbench, locust_log: WriteLog) -> None:
    measured(bench, locust_log, "baseline", 50)
    measured(bench, locust_log, "optimized", 100, seed=50)
    verdicts = judged(bench, HALF, "optimized")
    assert verdicts[0].verdict == "missed"
    assert verdicts[0].value is not None and verdicts[0].value < 0
    assert scorecard_figure(verdicts, title="Shop").axes


def test_a_limit_of_zero_has_words_in_the_picture_but_no_share(bench: Workbench, locust_log: WriteLog) -> None:
    measured(bench, locust_log, "base", 100)
    [item] = judged(bench, 'label: Faultless, metric: error.rate, subject: all requests, must_be: "<=", limit: 0 %')
    [axes] = scorecard_figure([item], title="Shop").axes
    assert (item.limit, len(axes.texts), len(axes.lines)) == (0.0, 1, 1)
