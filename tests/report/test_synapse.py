"""S.Y.N.A.P.S.E. ENGINE: from recorded evidence to the answer of its performance optimizer, which verifies, reads well and equals its golden file."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import yaml

import perfkit
from perfkit import Selection
from perfkit.report.lint import lint
from perfkit.workbench import Workbench
from perfkit.workspace import Workspace
from tests.command_line import perfkit as command
from tests.report.recorded import CHECKOUT, MOST_BYTES, RECORDED, difference, disagreeing, hard_to_read, headings, workspace_of, written

INVESTIGATION = Path(perfkit.__file__).parent / "packs" / "synapse" / "cold-start-and-switching.yml"
PARTS = ["## Problem Analysis", "## Optimization Strategy", "## Implementation", "## Validation", "## Monitoring"]
POINTS = [
    "### Current behavior with measurements",
    "### Root cause identification",
    "### Bottleneck breakdown (quantified)",
    "### Multiple approaches (quick wins + structural improvements)",
    "### Expected impact for each (quantified)",
    "### Trade-offs and constraints",
    "### Complete, production-ready code",
    "### Error handling and edge cases",
    "### Performance monitoring code",
    "### Benchmark code to measure improvements",
    "### Success criteria (with numbers)",
    "### Before/after comparison table",
    "### Regression test suggestions",
    "### Metrics to track ongoing performance",
    "### Alert thresholds",
    "### Prometheus/logging instrumentation",
]
NINE = (
    "Docker startup: <5s",
    "Model startup (Metal): <5s",
    "Model startup (CPU): <15s",
    "CGRAG retrieval (cold): <100ms",
    "CGRAG retrieval (warm): <50ms",
    "Simple query (FAST): <2s",
    "Two-stage query: <15s",
    "UI animations: 60fps",
    "WebSocket latency: <50ms",
)
NOT_MEASURED = ("Docker startup: <5s", "Model startup (Metal): <5s", "UI animations: 60fps")


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    return workspace_of("synapse", tmp_path_factory.mktemp("recorded"))


@pytest.fixture(scope="module")
def report(bench: Workbench) -> Path:
    return written(bench, INVESTIGATION, bench.workspace.reports / "investigation.md")


@pytest.fixture(scope="module")
def text(report: Path) -> str:
    return report.read_text(encoding="utf-8")


def test_the_recorded_evidence_is_small() -> None:
    assert sum(file.stat().st_size for file in (RECORDED / "synapse").rglob("*") if file.is_file()) < MOST_BYTES


def test_every_number_verifies(bench: Workbench, report: Path) -> None:
    assert disagreeing(bench, report) == []


def test_the_report_equals_its_golden_file(report: Path, update_golden: bool) -> None:
    assert difference(report, "synapse.md", update=update_golden) == ""


def test_the_headings_are_those_of_the_document(report: Path) -> None:
    title, *found = headings(report)
    assert title == "# S.Y.N.A.P.S.E. ENGINE: cold start, queries and model switching"
    assert [heading for heading in found if heading.startswith("## ")] == PARTS
    assert [heading for heading in found if heading.startswith("### ")] == POINTS


def test_the_report_reads_well(report: Path) -> None:
    assert hard_to_read(report) == []
    assert lint(report) == []


def test_the_answer_stands_in_the_first_five_lines(text: str) -> None:
    answer = "\n".join(text.splitlines()[:5])
    assert "The first retrieval of a process takes" in answer
    assert "Each call of `switch_model` leaves memory behind" in answer
    assert "targets" in answer or "scorecard" in answer


@pytest.mark.parametrize("target", NINE)
def test_each_of_the_nine_targets_is_judged(text: str, target: str) -> None:
    [line, *_] = [line for line in text.splitlines() if line.startswith(f"| {target}")]
    assert ("not measured" in line) == (target in NOT_MEASURED)


@pytest.mark.parametrize("tier", ["FAST", "BALANCED", "DEEP"])
def test_each_tier_of_queries_is_judged(text: str, tier: str) -> None:
    [line] = [line for line in text.splitlines() if line.startswith("| ") and f"`POST {tier} query` | <" in line]
    assert "not measured" not in line


def test_the_faults_are_named_with_their_places(text: str) -> None:
    causes = text.partition("### Root cause identification")[2].partition("### Bottleneck")[0]
    for said, place in (("load_index takes", "faiss_store.py:"), ("Each switch_model leaves", "models.py:"), ("6 model calls", "query_service.py:")):
        [line] = [line for line in causes.splitlines() if said in line]
        assert place in line


def test_a_fault_that_two_scenarios_show_is_told_once(bench: Workbench, text: str) -> None:
    shown = [finding for finding in bench.diagnose(Selection(label="baseline"), system="synapse") if "load_index takes" in finding.title]
    assert len({finding.run_id for finding in shown}) > 1
    assert text.count("load_index takes") == text.count(max(shown, key=lambda finding: finding.cost_ms or 0.0).title) > 0


def test_memory_leaks_before_and_no_leak_is_claimed_after(text: str) -> None:
    [line] = [line for line in text.splitlines() if line.startswith("While models are switched")]
    before, after = line.split("Under `optimized`")
    assert "memory **leaks**" in before
    assert "it **may or may not leak**" in after or "it **does not leak**" in after


def test_check_prints_every_target_with_its_verdict(bench: Workbench) -> None:
    for label, code in (("baseline", 3), ("optimized", 3)):
        shown = command(bench.workspace.root, "check", "--system", "synapse", "--label", label, "--json")
        judged = json.loads(shown.stdout)
        assert shown.returncode == code
        assert {item["target"].partition(" (the")[0].partition(" (its")[0].partition(" (95")[0] for item in judged} >= set(NINE)
        for item in judged:
            measured = item["verdict"] != "no_data"
            assert {"value", "lo", "hi", "unit", "n", "verdict", "runs"} <= set(item)
            assert (item["value"] is not None, item["n"] > 0, bool(item["runs"])) == (measured,) * 3


@pytest.mark.whole
def test_the_workflow_runs_small_and_ends_in_a_report_that_verifies(tmp_path: Path) -> None:
    """Fewer rounds and seconds than a verdict needs; the steps, their order and what they leave are those of the whole."""
    steps = {
        ("collect_load", None),
        ("collect_trace", "retrieval"),
        ("collect_trace", "switching"),
        ("collect_bench", None),
        ("compare_two_labels", None),
    }
    said = yaml.safe_load(INVESTIGATION.read_text(encoding="utf-8"))
    said["steps"] = [step for step in said["steps"] if (step["notebook"], step.get("parameters", {}).get("scenario")) in steps]
    for step in said["steps"]:
        step.update({"rounds": 1} if "rounds" in step else {})
        step.get("parameters", {}).update({"duration_s": 2.0} if step["notebook"] == "collect_load" else {})
    small = tmp_path / "small.yml"
    small.write_text(yaml.safe_dump(said, sort_keys=False), encoding="utf-8")
    root = tmp_path / "workspace"
    root.mkdir()
    (root / "perfkit.toml").touch()
    shutil.copytree(CHECKOUT / "notebooks", root / "notebooks")
    done = command(root, "run", str(small), "--json")
    assert done.returncode in (1, 3), done.stderr
    left = json.loads(done.stdout)
    assert [Path(name).name.split("-")[1] for name in left["notebooks"]][-1] == "compare_two_labels"
    report = Path(left["report"])
    assert disagreeing(Workbench(Workspace(root)), report) == []
    assert [heading for heading in headings(report) if heading.startswith("## ")] == PARTS
    assert "The first retrieval of a process takes" in report.read_text(encoding="utf-8")
