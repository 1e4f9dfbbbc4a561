"""Advice in a report may state numbers; its footnote answers for them."""

from __future__ import annotations

from perfkit.report.verify import CITED, _uncited


def test_numbers_in_cited_advice_are_answered_for() -> None:
    line = "- “Set work_mem to 64 MB for `count(*)`, 2 times what it took.”[^7] Effort: LOW."
    assert [match["number"] for match in CITED.finditer(line)] == ["7"]
    assert list(_uncited([line], ())) == []


def test_the_same_numbers_without_a_footnote_are_not() -> None:
    assert [item.text for item in _uncited(["- Set work_mem to 64 MB."], ())] == ["64"]
