"""What equal runs differ by stands beside every comparison, and a variant that answers wrongly is never faster."""

from __future__ import annotations

import json
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from perfkit.analyses.known_runs import Selection
from perfkit.errors import UsageError
from perfkit.model.run import Manifest
from perfkit.workbench import Workbench
from tests.command_line import perfkit
from tests.conftest import WriteLog, described

RIGHT_OR_WRONG = "import sys; print('recall', 0.95 if sys.argv[1] == 'a' else {candidate})"


def fill(bench: Workbench, write: WriteLog, medians: dict[str, list[float]]) -> None:
    """Runs of the labels in turns, one for each median."""
    logs = []
    for place, (label, values) in enumerate(medians.items()):
        for turn, median_ms in enumerate(values):
            log = write(f"{label}{turn}.csv", median_ms=median_ms, seed=turn * 10 + place + 1000 * len(label))
            logs.append(described(log, Manifest(label=label, scenario="s", started_at=datetime(2026, 1, 1) + timedelta(minutes=2 * turn + place))))
    bench.ingest(logs)


@pytest.fixture
def two_labels(bench: Workbench, locust_log: WriteLog) -> Workbench:
    """Five runs of a and five of b, which takes half the time."""
    fill(bench, locust_log, {"a": [100.0, 101, 99, 100, 102], "b": [50.0, 51, 49, 50, 52]})
    return bench


def test_the_noise_floor_is_the_spread_of_equal_runs(bench: Workbench, locust_log: WriteLog) -> None:
    fill(bench, locust_log, {"same": [100.0, 110, 91, 121, 83]})
    [floor] = [item for item in bench.noise(Selection(label="same"), ["latency.p50"]) if item.subject == "all requests"]
    assert 0.10 < floor.spread < 0.20
    assert floor.detectable > floor.spread
    assert len(floor.runs) == 5


def test_a_known_noise_floor_widens_what_can_be_seen(two_labels: Workbench, locust_log: WriteLog) -> None:
    quiet = two_labels.compare(Selection(label="a"), Selection(label="b"), ["latency.p50"])[0]
    fill(two_labels, locust_log, {"noisy": [100.0, 150, 70, 220, 50]})
    two_labels.noise(Selection(label="noisy"), ["latency.p50"])
    noisy = two_labels.compare(Selection(label="a"), Selection(label="b"), ["latency.p50"])[0]
    assert (quiet.noise, quiet.verdict) == (None, "faster")
    assert (noisy.noise or 0) > 0.3
    assert (noisy.detectable or 0) > (quiet.detectable or 0)
    assert noisy.verdict == "inconclusive", "half the time is within twice what equal runs differ by"


def test_fewer_than_five_runs_have_no_noise_floor(bench: Workbench, locust_log: WriteLog) -> None:
    fill(bench, locust_log, {"few": [100.0, 101, 99, 100]})
    with pytest.raises(UsageError, match="--repeat 5"):
        bench.noise(Selection(label="few"))


@pytest.mark.parametrize(("candidate", "code", "verdict"), [("0.95", 0, "faster"), ("0.80", 1, "inconclusive")])
def test_a_command_checks_the_accuracy(two_labels: Workbench, tmp_path: Path, candidate: str, code: int, verdict: str) -> None:
    check = tmp_path / "check.py"
    check.write_text(RIGHT_OR_WRONG.format(candidate=candidate))
    command = f"{sys.executable} {check} {{label}}"
    done = perfkit(two_labels.workspace.root, "compare", "a", "b", "--metric", "latency.p95", "--accuracy", command, "--json")
    assert done.returncode == code, done.stderr
    assert {item["verdict"] for item in json.loads(done.stdout)} == {verdict}
    assert ("fell from 0.95 to 0.8" in done.stderr) == (code == 1)


def test_a_failing_check_withholds_faster(two_labels: Workbench) -> None:
    done = perfkit(two_labels.workspace.root, "compare", "a", "b", "--metric", "latency.p95", "--accuracy", "test {label} = a", "--json")
    assert done.returncode == 1
    assert "not shown to be right" in json.loads(done.stdout)[0]["why"]


def test_a_metric_checks_the_accuracy(bench: Workbench, locust_log: WriteLog) -> None:
    fill(bench, locust_log, {"a": [100.0] * 5})
    for turn in range(5):
        log = locust_log(f"b{turn}.csv", median_ms=10, seed=90 + turn, failed=0.2)
        bench.ingest([log], Manifest(label="b", scenario="s", started_at=datetime(2026, 1, 1, 0, turn, 30)))
    done = perfkit(bench.workspace.root, "compare", "a", "b", "--metric", "latency.p95", "--accuracy", "error.rate", "--json")
    assert done.returncode == 1
    assert "error.rate" in done.stderr


def test_a_missing_check_is_a_missing_tool(two_labels: Workbench) -> None:
    done = perfkit(two_labels.workspace.root, "compare", "a", "b", "--accuracy", "no-such-command-here {label}")
    assert done.returncode == 4
    assert "cannot be started" in done.stderr


def test_runs_that_were_not_taken_in_turns_are_named(bench: Workbench, locust_log: WriteLog) -> None:
    for place, label in enumerate("ab"):
        for turn in range(3):
            log = locust_log(f"{label}{turn}.csv", median_ms=100 - 50 * place, seed=turn + 10 * place)
            bench.ingest([log], Manifest(label=label, scenario="s", started_at=datetime(2026, 1, 1 + place, 0, turn)))
    notes = bench.cautions(Selection(label="a"), Selection(label="b"))
    assert any("take turns" in note for note in notes)
    assert any("fewer than 5" in note for note in notes)


def test_one_of_many_endpoints_that_differs_by_chance_is_not_decided() -> None:
    from perfkit.analyses.comparison import Compared, without_false_discoveries

    def row(number: int, p_value: float, verdict: str) -> Compared:
        return Compared("latency.p95", f"GET /{number}", "ms", 100, 120, 1.2, 1.05, 1.4, verdict, 0.1, 5, 5, None, p_value)

    rows = [row(0, 0.03, "slower"), *(row(number, 0.5, "inconclusive") for number in range(1, 30))]
    [first, *_] = without_false_discoveries(rows)
    assert (first.verdict, first.why) == ("inconclusive", "it does not stand out among 30 subjects that were tested together")
    [alone] = without_false_discoveries(rows[:1])
    assert alone.verdict == "slower"
