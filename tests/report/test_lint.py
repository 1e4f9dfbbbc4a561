"""Documents keep their rules: 700 lines, no heading level left out, footnotes that exist."""

from __future__ import annotations

from pathlib import Path

import pytest

from perfkit.errors import DocumentError
from perfkit.report.lint import documents, lint


@pytest.mark.parametrize(("lines", "remarks"), [(700, 0), (701, 1)])
def test_a_document_has_at_most_700_lines(tmp_path: Path, lines: int, remarks: int) -> None:
    document = tmp_path / "long.md"
    document.write_text("# Title\n" + "text\n" * (lines - 1))
    assert len(lint(document)) == remarks


def test_a_heading_level_is_not_left_out(tmp_path: Path) -> None:
    document = tmp_path / "steps.md"
    document.write_text("# One\n\n### Three\n")
    assert [remark.line for remark in lint(document)] == [3]


def test_headings_inside_code_do_not_count(tmp_path: Path) -> None:
    document = tmp_path / "code.md"
    document.write_text("# One\n\n```\n### a comment\n[^9]\n```\n")
    assert lint(document) == []


def test_footnotes_are_defined_and_used(tmp_path: Path) -> None:
    document = tmp_path / "notes.md"
    document.write_text("# One\n\nA number[^1].\n\n[^2]: nobody asks.\n")
    assert sorted(remark.line for remark in lint(document)) == [3, 5]


def test_a_folder_without_documents_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="no markdown"):
        documents([tmp_path])
