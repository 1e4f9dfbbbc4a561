"""A bar in a name stays within its cell, and verify reads what people read."""

from __future__ import annotations

from pathlib import Path

from markdown_it import MarkdownIt

from perfkit.report.table_rows import as_row, as_text
from perfkit.workbench import Workbench
from perfkit.workspace import Workspace
from tests.report.small_reports import INVESTIGATION, stored

BARRED = "/names/first||last"
MEDIANS = {"baseline": {BARRED: 100.0, "/plain": 50.0}, "optimized": {BARRED: 60.0, "/plain": 50.0}}


def test_a_row_is_read_as_it_was_written() -> None:
    row = "| **Filter on `a || b`** | `c|d` | plain |"
    assert as_row(row) == r"| **Filter on `a \|\| b`** | `c\|d` | plain |" == as_row(as_row(row))
    assert as_text(as_row(row)) == row
    assert as_row("`a | b` is no row") == "`a | b` is no row"


def test_rows_of_a_report_have_the_cells_of_their_head(tmp_path: Path) -> None:
    bench = Workbench(Workspace(tmp_path))
    stored(bench, tmp_path / "raw", MEDIANS)
    report = bench.report(INVESTIGATION, tmp_path / "shop.md")
    found = bench.verify(report)
    assert found and [item for item in found if not item.agrees] == []
    tokens = MarkdownIt().enable("table").parse(report.read_text(encoding="utf-8"))
    cells = [tokens[place + 1].content for place, token in enumerate(tokens) if token.type == "td_open"]
    assert any(cell == f"`GET {BARRED}`" for cell in cells), cells
