"""Sight's review as a workflow: `perfkit run` measures the sample application and writes a review that verifies."""

from __future__ import annotations

from pathlib import Path

import pytest

from perfkit.packs.model import FOLDER
from perfkit.workbench import Workbench
from perfkit.workflow import run_investigation
from tests.report.recorded import disagreeing, hard_to_read, headings
from tests.report.test_sight import HEADINGS

pytestmark = pytest.mark.whole

SMALL = (
    ('--rounds, "10"]', '--rounds, "3", --studies, "0", --personas, "2000", --outlive, "5"]'),
    ('--port, "{port}"]', '--port, "{port}", --personas, "2000", --outlive, "5"]'),
    ("rounds: 5", "rounds: 1"),
    ("rounds: 3", "rounds: 1"),
    ("duration_s: 5.0", "duration_s: 2.0"),
    ("tool: py-spy", "tool: cprofile"),
)


def test_the_review_runs_and_verifies(bench: Workbench, tmp_path: Path) -> None:
    text = (FOLDER / "sight" / "architecture.yml").read_text(encoding="utf-8")
    for long, short in SMALL:
        assert long in text
        text = text.replace(long, short)
    investigation = tmp_path / "small.yml"
    investigation.write_text(text, encoding="utf-8")
    said: list[str] = []
    outcome = run_investigation(bench, investigation, lambda step, _: said.append(step), said.append)
    assert disagreeing(bench, outcome.report) == []
    assert headings(outcome.report) == HEADINGS["architecture"]
    assert hard_to_read(outcome.report) == []
    rules = {finding.rule for finding in bench.diagnose(system="sight")}
    assert {"n-plus-one", "sequential-llm-calls"} <= rules
    assert {verdict.target for verdict in outcome.verdicts} == {target.name for target in bench.pack("sight").targets}
    again = run_investigation(bench, investigation, lambda *_: None, said.append)
    assert again.skipped == len(again.notebooks)
