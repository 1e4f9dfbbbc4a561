"""What the pictures draw equals what numpy computes from the same requests."""

from __future__ import annotations

from collections import Counter, defaultdict
from math import floor, log10

import numpy as np
import pytest

from perfkit.analyses.history import history
from perfkit.analyses.known_runs import Selection
from perfkit.analyses.latency_histogram import latency_histogram
from perfkit.analyses.latency_quantiles import latency_quantiles
from perfkit.analyses.latency_timeline import latency_timeline
from perfkit.analyses.load_curve import load_curve
from perfkit.analyses.load_steps import LoadStep, load_steps
from perfkit.analyses.metrics import metric_named
from perfkit.model.run import Manifest
from perfkit.store import Store
from perfkit.workbench import Workbench
from tests.conftest import WriteLog
from tests.figures.conftest import START, Fill, FillBuckets, Sent


def load_of(sent: list[Sent]) -> list[Sent]:
    return [item for item in sent if item.worker != "watch"]


def test_each_second_holds_the_requests_that_started_in_it(store: Store, fill: Fill, ladder: list[Sent]) -> None:
    fill("ladder", ladder)
    first = min(item.at_s for item in load_of(ladder))
    expected = defaultdict(list)
    for item in load_of(ladder):
        expected[int(round((item.at_s - first) * 1e6) // 1_000_000)].append(item)
    rows = latency_timeline(store, ["ladder"])
    assert [row.start_s for row in rows] == list(range(max(expected) + 1))
    for row in rows:
        found = expected[row.start_s]
        times = [item.duration_ms for item in found]
        assert (row.n, row.failed) == (len(found), sum(not item.ok for item in found))
        if found:
            measured = (row.p50_ms, row.p95_ms, row.max_ms)
            assert measured == pytest.approx((np.quantile(times, 0.5), np.quantile(times, 0.95), max(times)))
            assert (row.stage, row.steady) == (max(item.stage or 0 for item in found), all(item.phase == "steady" for item in found))
    assert sum(row.n for row in rows) == len(load_of(ladder))


def test_a_second_without_requests_is_there_and_empty(store: Store, fill: Fill, ladder: list[Sent]) -> None:
    fill("ladder", ladder)
    empty = [row for row in latency_timeline(store, ["ladder"]) if row.n == 0]
    assert len(empty) >= 2
    assert {(row.p50_ms, row.p95_ms, row.max_ms, row.stage, row.steady) for row in empty} == {(None,) * 5}


@pytest.mark.parametrize(("length_s", "seconds"), [(0, 1), (599, 1), (600, 2), (3000, 10), (100_000, 300), (5_000_000, 8334)])
def test_a_run_of_any_length_has_at_most_600_stretches(store: Store, fill: Fill, length_s: int, seconds: int) -> None:
    fill("run", [Sent(0, 1), Sent(length_s, 1)])
    rows = latency_timeline(store, ["run"])
    assert len(rows) == length_s // seconds + 1 <= 600
    assert {row.seconds for row in rows} == {seconds}


def test_found_warm_up_is_not_steady(store: Store, bench: Workbench, locust_log: WriteLog) -> None:
    [stored] = bench.ingest([locust_log(requests=200)], Manifest(label="a"))
    with store.writing() as connection:
        connection.execute("update runs set steady_from = (select min(started_at) from requests) + interval 2 second")
    steady = {row.start_s: row.steady for row in latency_timeline(store, [stored.run_id])}
    assert (steady[0], steady[1], steady[2]) == (False, False, True)


def test_a_subject_is_an_endpoint_or_a_glob(store: Store, fill: Fill, ladder: list[Sent]) -> None:
    fill("ladder", ladder)
    of_search = sum(item.endpoint == "/search" for item in load_of(ladder))
    assert sum(row.n for row in latency_timeline(store, ["ladder"], "GET /search")) == of_search
    assert sum(row.n for row in latency_timeline(store, ["ladder"], "GET /s*")) == of_search
    steady = sum(item.endpoint == "/search" and item.phase == "steady" for item in load_of(ladder))
    assert sum(step.n for step in load_steps(store, ["ladder"], "GET /search")) == steady


def test_quantiles_are_those_of_the_samples_and_end_with_them(store: Store, fill: Fill, ladder: list[Sent]) -> None:
    fill("ladder", ladder)
    rows = latency_quantiles(store, ["ladder"])
    for outcome, ok in (("ok", True), ("failed", False)):
        times = [item.duration_ms for item in load_of(ladder) if item.phase == "steady" and item.ok is ok]
        found = [row for row in rows if row.outcome == outcome]
        shares = [row.quantile for row in found]
        assert {row.n for row in found} == {len(times)}
        assert {0.0, 0.5, 0.9, 0.95} <= set(shares)
        assert max(shares) <= 1 - 1 / len(times)
        assert [row.lo_ms for row in found] == pytest.approx(np.quantile(times, shares))
        assert all(row.lo_ms == row.hi_ms for row in found)


def test_a_tenth_of_ten_requests_is_the_rarest_that_they_show(store: Store, fill: Fill) -> None:
    fill("ten", [Sent(second, second) for second in range(10)])
    assert max(row.quantile for row in latency_quantiles(store, ["ten"])) == 0.9


def test_quantiles_of_buckets_hold_those_of_the_samples(store: Store, fill_buckets: FillBuckets) -> None:
    times = np.random.default_rng(3).lognormal(4, 0.7, 5000)
    counts = Counter((floor(time / 10) * 10.0, floor(time / 10) * 10.0 + 10) for time in times)
    fill_buckets("buckets", counts)
    rows = latency_quantiles(store, ["buckets"])
    assert {(row.outcome, row.n) for row in rows} == {("all", 5000)}
    for row in rows:
        assert row.lo_ms <= np.quantile(times, row.quantile) <= row.hi_ms


def test_both_histograms_count_every_request_once(store: Store, fill: Fill, ladder: list[Sent]) -> None:
    fill("ladder", ladder)
    rows = latency_histogram(store, ["ladder"])
    for outcome, ok in (("ok", True), ("failed", False)):
        times = np.array([item.duration_ms for item in load_of(ladder) if item.phase == "steady" and item.ok is ok])
        for scale in ("linear", "log"):
            bins = [row for row in rows if (row.outcome, row.scale) == (outcome, scale)]
            assert sum(row.requests for row in bins) == len(times)
            for row in bins:
                assert row.requests == np.count_nonzero((times >= row.lo_ms) & (times < (row.hi_ms or np.inf))), row


def test_bins_are_equal_for_all_runs_and_reach_the_slowest_p99(store: Store, fill: Fill) -> None:
    fill("quick", [Sent(second, 5 + second % 7) for second in range(200)])
    fill("slow", [Sent(second, 100 + second) for second in range(200)])
    linear = [row for row in latency_histogram(store, ["quick", "slow"]) if row.scale == "linear"]
    [width] = {round(row.hi_ms - row.lo_ms, 9) for row in linear if row.hi_ms is not None}
    assert width == 10
    assert max(row.hi_ms for row in linear if row.hi_ms is not None) >= np.quantile(np.arange(100, 300), 0.99)


def test_a_bucket_is_shared_among_the_bins_that_it_covers(store: Store, fill_buckets: FillBuckets) -> None:
    fill_buckets("wide", {(0.0, 40.0): 40, (40.0, 60.0): 10})
    rows = latency_histogram(store, ["wide"])
    linear = {(row.lo_ms, row.hi_ms): row.requests for row in rows if row.scale == "linear"}
    assert linear[10.0, 12.0] == pytest.approx(2)
    assert linear[50.0, 52.0] == pytest.approx(1)
    for scale in ("linear", "log"):
        assert sum(row.requests for row in rows if row.scale == scale) == pytest.approx(50)


def test_requests_of_no_time_have_no_logarithmic_bin(store: Store, fill: Fill) -> None:
    fill("zeros", [Sent(0, 0), Sent(1, 0), Sent(2, 5)])
    counts = {scale: sum(row.requests for row in latency_histogram(store, ["zeros"]) if row.scale == scale) for scale in ("linear", "log")}
    assert counts == {"linear": 3, "log": 1}
    [row] = [row for row in latency_histogram(store, ["zeros"]) if row.scale == "log"]
    assert floor(log10(5) * 20) / 20 == pytest.approx(log10(row.lo_ms))


def test_a_step_counts_its_steady_time_only(store: Store, fill: Fill, ladder: list[Sent]) -> None:
    fill("ladder", ladder)
    steps = load_steps(store, ["ladder"])
    assert [step.users for step in steps] == [10, 20, 40]
    for step in steps:
        found = [item for item in load_of(ladder) if item.stage == step.users and item.phase == "steady"]
        times, starts = [item.duration_ms for item in found], [item.at_s for item in found]
        seconds = max(starts) - min(starts) + float(np.median(times)) / 1000
        assert (step.n, step.failed) == (len(found), sum(not item.ok for item in found))
        expected = (seconds, step.n / seconds, step.failed / step.n, np.mean(times), np.median(times), np.quantile(times, 0.95))
        measured = (step.seconds, step.per_second, step.error_rate, step.mean_ms, step.p50_ms, step.p95_ms)
        assert measured == pytest.approx(expected, rel=1e-6)


def test_one_time_out_does_not_stretch_a_step(store: Store, fill: Fill) -> None:
    calm = [Sent(number / 10, 50, stage=1) for number in range(100)]
    fill("calm", calm)
    fill("stuck", [*calm[:-1], Sent(9.9, 30_000, ok=False, stage=1)])
    rates = [step.per_second for step in load_steps(store, ["calm", "stuck"])]
    assert rates[1] == pytest.approx(rates[0], rel=0.01)


def test_a_curve_follows_the_law_that_the_steps_follow_and_ends_soon_after_them() -> None:
    def law(users: float) -> float:
        return 50 * users / (1 + 0.02 * (users - 1) + 1e-4 * users * (users - 1))

    steps = [LoadStep("r", users, 1000, 0, 0.0, 20.0, law(users), 20.0, 20.0, 40.0) for users in (1, 5, 10, 20, 50, 100)]
    curve = load_curve(steps)
    assert curve is not None
    assert max(curve.users) == pytest.approx(120)
    assert 100 in curve.users
    assert curve.per_second == pytest.approx([law(users) for users in curve.users], rel=1e-3)
    assert load_curve(steps[:4]) is None


def test_a_history_holds_the_runs_that_are_like_the_newest(bench: Workbench, locust_log: WriteLog) -> None:
    metric = metric_named("latency.p95")
    for day, users in ((1, 5), (3, 10), (2, 10), (4, 10)):
        stated = Manifest(label="nightly", scenario="s", parameters={"users": users}, started_at=START.replace(day=day), commit=f"c{day}")
        bench.ingest([locust_log(f"{day}.csv", median_ms=100 + day, seed=day, requests=1000)], stated)
    points = history(bench.store, metric, Selection(label="nightly"))
    assert [point.commit for point in points] == ["c2", "c3", "c4"]
    truth = {
        item.runs: (item.value, item.n)
        for point in points
        for item in bench.measure("latency.p95", Selection(run_ids=(point.run_id,)), "all requests")
    }
    assert {(point.run_id,): (point.value, point.n) for point in points} == truth
    assert all(point.lo is not None and point.hi is not None and point.lo < point.hi for point in points)


def test_a_share_has_its_interval_in_a_history(bench: Workbench, locust_log: WriteLog) -> None:
    bench.ingest([locust_log(requests=1000, failed=0.2)], Manifest(label="a"))
    [point] = bench.history("error.rate")
    assert point.lo is not None
    assert point.hi is not None
    assert point.lo < point.value < point.hi < 0.26
