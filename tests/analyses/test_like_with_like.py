"""Only like is compared with like, and a run that is not valid is never judged."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from perfkit.analyses.known_runs import Selection
from perfkit.model.run import Manifest
from perfkit.workbench import Workbench
from tests.conftest import WriteLog, described


def fill(
    bench: Workbench, write: WriteLog, label: str, median_ms: float, users: int, *, first: int = 0, valid: bool = True, scenario: str = "s"
) -> None:
    logs = []
    for seed in range(first, first + 5):
        log = write(f"{label}{users}{seed}.csv", median_ms=median_ms, seed=seed + users * 100 + int(median_ms) * 1000)
        reason = None if valid else "the load generator was starved"
        stated = Manifest(label=label, scenario=scenario, parameters={"users": users}, valid=valid, invalid_because=reason)
        logs.append(described(log, replace(stated, started_at=datetime(2026, 1, 1) + timedelta(minutes=seed))))
    bench.ingest(logs)


def verdicts(bench: Workbench, *, force: bool = False) -> set[tuple[str, str | None]]:
    compared = bench.compare(Selection(label="a"), Selection(label="b"), ["latency.p95"], force=force)
    return {(item.verdict, item.why) for item in compared}


def test_runs_of_another_workload_are_not_compared_unless_forced(bench: Workbench, locust_log: WriteLog) -> None:
    fill(bench, locust_log, "a", 100, users=10)
    fill(bench, locust_log, "b", 50, users=20)
    [(verdict, why)] = verdicts(bench)
    assert verdict == "inconclusive"
    assert why == "the runs differ in users (10 and 20); --force compares them all the same"
    assert {verdict for verdict, _ in verdicts(bench, force=True)} == {"faster"}


def test_what_else_was_measured_in_another_way_does_not_matter(bench: Workbench, locust_log: WriteLog) -> None:
    for label, median_ms, others in (("a", 100, 30), ("b", 50, 40)):
        fill(bench, locust_log, label, median_ms, users=others, scenario="before")
        fill(bench, locust_log, label, median_ms, users=10, first=10)
    assert {verdict for verdict, _ in verdicts(bench)} == {"faster"}


def test_what_only_one_side_measured_last_is_not_compared_with_something_else(bench: Workbench, locust_log: WriteLog) -> None:
    for label, median_ms in (("a", 100), ("b", 50)):
        fill(bench, locust_log, label, median_ms, users=10)
    fill(bench, locust_log, "b", 50, users=10, first=10, scenario="lately")
    assert {why for _, why in verdicts(bench)} == {
        "the runs of the two sides have no scenario in common (s and lately); --force compares them all the same"
    }


def test_older_runs_of_another_workload_are_left_out(bench: Workbench, locust_log: WriteLog) -> None:
    fill(bench, locust_log, "a", 400, users=10)
    fill(bench, locust_log, "a", 100, users=20, first=10)
    fill(bench, locust_log, "b", 50, users=20, first=10)
    compared = bench.compare(Selection(label="a"), Selection(label="b"), ["latency.p95"])
    assert {(item.verdict, item.runs_base) for item in compared} == {("faster", 5)}


def test_an_invalid_run_is_shown_but_not_measured(bench: Workbench, locust_log: WriteLog) -> None:
    fill(bench, locust_log, "a", 100, users=10, valid=False)
    assert len(bench.runs()) == 5
    assert bench.measure("latency.p95") == []


def test_percentiles_are_those_of_all_samples_not_means_of_percentiles(bench: Workbench, locust_log: WriteLog) -> None:
    bench.ingest([locust_log(requests=1000)], Manifest(label="a"))
    [measured] = bench.measure("latency.p95", subject="all requests")
    truth = bench.store.query("select quantile_cont(duration_ms, 0.95) from requests")[1][0][0]
    assert measured.value == truth
    assert measured.lo is not None, "ten stretches of time bound one run"


def test_subjects_of_one_side_are_named(bench: Workbench, locust_log: WriteLog) -> None:
    fill(bench, locust_log, "a", 100, users=10)
    fill(bench, locust_log, "b", 50, users=10)
    with bench.store.writing() as connection:
        connection.execute("update requests set endpoint = '/old' where duration_ms < 100 and run_id in (select run_id from runs where label = 'a')")
    assert bench.one_sided(Selection(label="a"), Selection(label="b"), ["latency.p95"]) == (("GET /old",), ())
    assert bench.one_sided(Selection(label="b"), Selection(label="a")) == ((), ("GET /old",))


@pytest.mark.parametrize(
    ("investigations", "further", "verdict"),
    [(("q", "q"), {}, "faster"), (("q", "q"), {"users": 9}, "inconclusive"), (("q", "p"), {}, "inconclusive"), ((None, None), {}, "inconclusive")],
)
def test_two_commands_are_the_variants_of_one_investigation_and_of_nothing_else(
    bench: Workbench, locust_log: WriteLog, investigations: tuple[str | None, str | None], further: dict[str, int], verdict: str
) -> None:
    for label, median_ms, investigation in (("a", 100.0, investigations[0]), ("b", 50.0, investigations[1])):
        more = further if label == "b" else {}
        for seed in range(5):
            log = locust_log(f"{label}{seed}.csv", median_ms=median_ms, seed=seed + int(median_ms))
            stated = Manifest(label=label, scenario="s", investigation=investigation, parameters={"command": f"python {label}.py", "users": 8} | more)
            bench.ingest([log], stated)
    assert {said for said, _ in verdicts(bench)} == {verdict}
