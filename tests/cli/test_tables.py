"""A table without a terminal is the same with and without rich."""

from __future__ import annotations

import pytest

from perfkit.cli.output import _print_rich, plain_table

COLUMNS = {"run": "left", "n": "right", "": "center"}
ROWS = [["abc", "1", ""], ["abcdefg", "12345", "the <b>[bold]x[/bold] thing"], ["", " lead", "met"]]


@pytest.mark.parametrize("rows", [ROWS, ROWS[:1], [["x" * 100, "y" * 80, "z" * 12]]])
def test_plain_tables_are_what_rich_prints(rows: list[list[str]], capsys: pytest.CaptureFixture[str]) -> None:
    _print_rich(COLUMNS, rows)
    assert f"{plain_table(COLUMNS, rows)}\n" == capsys.readouterr().out


@pytest.mark.parametrize("cell", ["漢字", "x" * 200, "two\nlines", "a\ttab", "trailing "])
def test_what_rich_would_measure_or_fold_is_left_to_it(cell: str) -> None:
    assert plain_table(COLUMNS, [[cell, "1", ""]]) is None
