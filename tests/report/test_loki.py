"""The compliance system: from recorded evidence to its findings, which verify, read well and equal the golden file."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

import perfkit
from perfkit.model.patch import Hunk
from perfkit.packs.investigation import load_investigation
from perfkit.report.evidence import gather
from perfkit.report.lint import lint
from perfkit.report.writing import write_report
from perfkit.workbench import Workbench
from tests.command_line import perfkit as command
from tests.report.recorded import CHECKOUT, MOST_BYTES, RECORDED, WRITTEN_ON, difference, disagreeing, hard_to_read, headings, workspace_of, written

PACK = Path(perfkit.__file__).parent / "packs" / "loki"
HEADINGS = [
    "# Performance Findings: Document validation",
    "## Workflow 1: Gate Performance Profiling",
    "## Workflow 2: System-Wide Latency Reduction",
    "## Workflow 3: Resource Optimization",
    "## Workflow 4: Database Optimization",
    "## Success Criteria",
    "### Performance Metrics",
    "### Resource Efficiency",
    "### Scalability",
    "### Accuracy Maintenance",
    "## Optimization Checklist",
    "### Code Optimization",
    "### Caching Strategy",
    "### Database Optimization",
    "### API Optimization",
    "### Scalability",
]
CHECKLIST = """
Profile all gates for bottlenecks. Optimize regex patterns. Simplify semantic prompts. Remove unnecessary computations.
Implement lazy evaluation. Use appropriate data structures. Optimize loops and comprehensions.
Identify cacheable operations. Implement cache layer. Define TTL strategies. Add cache invalidation. Monitor cache hit rates.
Implement cache warming. Document cache strategy.
Add appropriate indexes. Optimize slow queries. Implement connection pooling. Add query caching. Archive old data. Optimize schema.
Monitor query performance.
Reduce unnecessary API calls. Batch similar requests. Implement prompt caching. Simplify prompts. Add request throttling.
Monitor token usage. Implement retry logic.
Implement async processing. Add parallel execution. Implement queue system. Add load balancing. Design for horizontal scaling.
Test under load. Monitor resource usage.
"""
CRITERIA = (
    "Gate execution: <200ms per gate",
    "Total validation: <2 seconds typical document",
    "API calls: <5 per validation",
    "Cache hit rate: >70%",
    "Database queries: <100ms",
    "API token reduction: >40%",
    "Memory usage: <500MB per process",
    "CPU utilization: <70% peak",
    "Cache efficiency: >70% hit rate",
    "Connection pooling: >80% reuse",
    "Support 100+ concurrent validations",
    "Linear scaling with resources",
    "No performance degradation",
    "Stable under load",
    "Graceful failure handling",
    "No degradation in detection accuracy",
    "All tests pass",
    "Gold standard maintained",
    "False positive/negative rates unchanged",
)
DONE = (
    "Profile all gates for bottlenecks",
    "Simplify semantic prompts",
    "Implement cache layer",
    "Add appropriate indexes",
    "Implement connection pooling",
    "Reduce unnecessary API calls",
    "Test under load",
)
"""What the stand-in's second variant does; a queue and retries it does not have."""


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    return workspace_of("loki", tmp_path_factory.mktemp("recorded"))


@pytest.fixture(scope="module")
def report(bench: Workbench) -> Path:
    return written(bench, PACK / "findings.yml", bench.workspace.reports / "findings.md")


@pytest.fixture(scope="module")
def text(report: Path) -> str:
    return report.read_text(encoding="utf-8")


def test_the_recorded_evidence_is_small() -> None:
    assert sum(file.stat().st_size for file in (RECORDED / "loki").rglob("*") if file.is_file()) < MOST_BYTES


def test_every_number_verifies(bench: Workbench, report: Path) -> None:
    assert disagreeing(bench, report) == []


def test_a_number_that_somebody_changed_does_not_verify(bench: Workbench, text: str) -> None:
    changed = bench.workspace.reports / "changed.md"
    changed.write_text(re.sub(r"(a validation takes )[\d.]+", r"\g<1>9.99", text), encoding="utf-8")
    assert len([item for item in bench.verify(changed) if not item.agrees]) == 1


def test_the_report_equals_its_golden_file(report: Path, update_golden: bool) -> None:
    assert difference(report, "loki.md", update=update_golden) == ""


def test_the_headings_are_those_of_the_document(report: Path) -> None:
    assert headings(report) == HEADINGS


def test_the_report_reads_well(report: Path) -> None:
    assert hard_to_read(report) == []
    assert lint(report) == []


def test_the_answer_stands_in_the_first_five_lines(text: str) -> None:
    first = "\n".join(text.splitlines()[:5])
    assert "**They did.** On average a validation takes " in first
    assert re.search(r"\d s\[\^\d+\] under `baseline` and \d+ ms\[\^\d+\] under `optimized`", first)


def test_every_criterion_is_judged_or_says_that_it_was_not_measured(text: str) -> None:
    criteria = text.partition("## Success Criteria")[2].partition("## Optimization Checklist")[0]
    for criterion in CRITERIA:
        lines = [line for line in criteria.splitlines() if line.startswith((f"| {criterion}", f"- {criterion}"))]
        assert lines, criterion
        assert all(re.search(r"\b(met|missed|inconclusive|not measured|held|not held)\b", line) for line in lines), criterion


@pytest.mark.parametrize(("label", "column"), [("baseline", 5), ("optimized", 7)])
def test_a_criterion_is_judged_by_what_is_hardest_under_each_label(bench: Workbench, text: str, label: str, column: int) -> None:
    urgent = ["missed", "inconclusive", "not measured", "met"]
    judged: dict[str, list[str]] = defaultdict(list)
    for verdict in bench.check("loki", label):
        judged[verdict.target].append({"no_data": "not measured"}.get(verdict.verdict, verdict.verdict))
    rows = [line.split(" | ") for line in text.splitlines() if line.startswith("| ") and line.removeprefix("| ").split(" | ")[0] in judged]
    assert len(rows) > 10
    for row in rows:
        shown = row[column - 1].strip("*| ")
        assert shown in (min(judged[row[0].removeprefix("| ")], key=urgent.index), "–"), row


def test_every_item_of_the_checklist_stands_in_its_order_with_what_shows_it(text: str) -> None:
    asked = [item.strip() for item in CHECKLIST.replace("\n", " ").split(".") if item.strip()]
    found = re.findall(r"^- \[([ x])\] ([^:]+): (.+)$", text.partition("## Optimization Checklist")[2], re.MULTILINE)
    assert [label for _, label, _ in found] == asked
    assert all("[^" in said for mark, _, said in found if mark == "x")
    assert set(DONE) <= {label for mark, label, _ in found if mark == "x"}
    assert not {"Implement queue system", "Implement retry logic"} & {label for mark, label, _ in found if mark == "x"}


def test_the_five_slowest_gates_stand_slowest_first(bench: Workbench, text: str) -> None:
    table = text.partition("| gate |")[2].partition("\n\n")[0]
    named = re.findall(r"^\| `(\w+\.\w+)`", table, re.MULTILINE)
    p95 = bench.measure("span.p95", perfkit.Selection(label="baseline"), "internal gate.*")
    slowest = sorted(p95, key=lambda item: -item.value)[:5]
    assert named == [item.subject.removeprefix("internal gate.") for item in slowest]


def test_a_report_of_one_label_ticks_nothing_that_needs_two(bench: Workbench, tmp_path: Path) -> None:
    alone = tmp_path / "alone.yml"
    said = (PACK / "findings.yml").read_text(encoding="utf-8").replace("candidate: optimized", "candidate: null")
    alone.write_text(said, encoding="utf-8")
    report = written(bench, alone, bench.workspace.reports / "alone.md")
    assert disagreeing(bench, report) == []
    assert hard_to_read(report) == []
    assert headings(report) == HEADINGS
    assert "- [ ] Implement connection pooling: not measured under both labels." in report.read_text(encoding="utf-8")


def test_a_change_for_the_worse_is_called_so(bench: Workbench, tmp_path: Path) -> None:
    backwards = tmp_path / "backwards.yml"
    said = (PACK / "findings.yml").read_text(encoding="utf-8")
    backwards.write_text(said.replace("base: baseline", "base: optimized").replace("candidate: optimized", "candidate: baseline"), encoding="utf-8")
    report = written(bench, backwards, bench.workspace.reports / "backwards.md")
    text = report.read_text(encoding="utf-8")
    assert disagreeing(bench, report) == []
    assert hard_to_read(report) == []
    assert "**They did not: it became slower.**" in text
    assert re.search(r"^- \[ \] Simplify semantic prompts: .*, which is worse\.$", text, re.MULTILINE)
    assert "- [x] Implement connection pooling" not in text


def test_changes_that_no_rule_asked_for_and_what_git_knows_are_shown(bench: Workbench) -> None:
    said = load_investigation(PACK / "findings.yml")
    asked = said.changes[0]
    unasked = asked.model_copy(update={"rule": None, "technique": "Nobody asked for it."})
    hunk = Hunk("perfkit/demo/gates/audit.py", 60, 30, ("-once = 1", "+twice = 2"))
    evidence = gather(bench.store, bench.pack("loki"), said)
    path = bench.workspace.reports / "changes.md"
    further = said.model_copy(update={"changes": (*said.changes, unasked)})
    text = write_report(path, further, evidence, root=CHECKOUT, changes=lambda *_: [hunk], on=WRITTEN_ON).read_text(encoding="utf-8")
    assert text.count(f"# before: {asked.before}") == 2
    assert "Changed as well: Nobody asked for it." in text
    assert "-once = 1\n+twice = 2" in text


def test_what_was_not_measured_says_so_in_every_section(bench: Workbench) -> None:
    said = load_investigation(PACK / "findings.yml")
    evidence = gather(bench.store, bench.pack("loki"), said)
    plans_alone = replace(evidence, runs={label: [run for run in runs if run.kind == "plans"] for label, runs in evidence.runs.items()})
    report = write_report(bench.workspace.reports / "plans.md", said, plans_alone, root=CHECKOUT, changes=lambda *_: [], on=WRITTEN_ON)
    sections = report.read_text(encoding="utf-8").split("\n## ")
    assert headings(report) == HEADINGS
    assert hard_to_read(report) == []
    assert "**That was not measured**" in sections[0]
    assert all("ot measured" in section for section in sections)
    assert "No rule finds" not in "".join(sections)


@pytest.mark.parametrize(("label", "code", "verdict"), [("baseline", 1, "missed"), ("optimized", 1, "met")])
def test_check_prints_every_target_with_its_evidence(bench: Workbench, label: str, code: int, verdict: str) -> None:
    answer = command(bench.workspace.root, "check", "--system", "loki", "--label", label, "--json")
    rows = json.loads(answer.stdout)
    assert answer.returncode == code
    assert {row["target"] for row in rows} == {target.name for target in bench.pack("loki").targets}
    assert all({"verdict", "value", "lo", "hi", "n", "runs"} <= row.keys() for row in rows)
    assert all(row["runs"] for row in rows if row["verdict"] != "no_data")
    [validation] = [row for row in rows if row["target"].startswith("Total validation") and row["subject"] == "POST /validate"]
    assert validation["verdict"] == verdict


def test_the_workflow_measures_and_writes_the_report(tmp_path: Path) -> None:
    """Small: one round of each step, without the profile."""
    said = yaml.safe_load((PACK / "findings.yml").read_text(encoding="utf-8"))
    said["steps"] = [step | {"rounds": 1} for step in said["steps"] if step["notebook"] in ("collect_trace", "collect_plans")]
    (tmp_path / "perfkit.toml").touch()
    (tmp_path / "findings.yml").write_text(yaml.safe_dump(said), encoding="utf-8")
    answer = command(tmp_path, "run", str(tmp_path / "findings.yml"))
    assert answer.returncode in (1, 3), answer.stderr
    [report] = (tmp_path / "reports").rglob("*.md")
    assert headings(report) == HEADINGS
    assert "The accuracy check held" in report.read_text(encoding="utf-8")
    assert command(tmp_path, "verify", str(report)).returncode == 0
