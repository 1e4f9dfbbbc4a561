"""Numbers in the words of whoever asks are nobody's results: they stand in the report, and verify knows them as such."""

from __future__ import annotations

from pathlib import Path

import pytest

from perfkit.packs.question import Change
from perfkit.workbench import Workbench
from perfkit.workspace import Workspace
from tests.report.small_reports import INVESTIGATION, stored

QUESTION = "Are we ready for 500 users --> in 3 regions?\nAnd is 250 ms enough?"
CHANGE = Change(rule="slow-endpoint", technique="Ask for 16 keys at once, within 20 ms.")
ASKED = INVESTIGATION.model_copy(update={"question": QUESTION, "feature": "The 2nd shop of 7", "changes": (CHANGE,)})


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    folder = tmp_path_factory.mktemp("asked")
    bench = Workbench(Workspace(folder))
    stored(bench, folder / "raw")
    return bench


def test_a_question_with_numbers_is_written_and_verified(bench: Workbench, tmp_path: Path) -> None:
    report = bench.report(ASKED, tmp_path / "shop.md")
    assert all(line in report.read_text(encoding="utf-8") for line in QUESTION.splitlines())
    found = bench.verify(report)
    assert found and [item for item in found if not item.agrees] == []


def test_a_number_that_somebody_adds_to_the_question_is_still_named(bench: Workbench, tmp_path: Path) -> None:
    report = bench.report(ASKED, tmp_path / "shop.md")
    text = report.read_text(encoding="utf-8")
    report.write_text(text.replace("for 500 users", "for 800 users", 1), encoding="utf-8")
    assert "800" in {item.text for item in bench.verify(report) if not item.agrees}
