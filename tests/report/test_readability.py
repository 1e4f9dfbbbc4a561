"""Documents are read by people: what they stumble over is named, and what is fine is left alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from perfkit.cli import program
from perfkit.report.lint import lint, readability

FINE = """# A title

The search became faster: its P95 fell from 470 ms[^1] to 33.9 ms[^2], which is 13.9× less. It meets 3[^3].

## Parts

- Of 6 endpoints, 5 and the dashboard are faster.
- See `a  b`, `None` and gather() in Python 3.11, at an exponent of 0.94.

> None  of this is ours .

| endpoint | P95 | model calls |
|---|---:|---:|
| `GET /a|b` | 33.9 ms | 7.50 |

```text
of  nothing . nan
```

[^1]: value · latency.p95 · `a` · baseline
[^2]: value · latency.p95 · `a` · optimized
[^3]: verdicts · met · `all targets` · optimized
"""


def remarks(folder: Path, text: str) -> list[tuple[int, str]]:
    document = folder / "document.md"
    document.write_text(text, encoding="utf-8")
    return [(remark.line, remark.message) for remark in readability(document)]


def about(folder: Path, *lines: str) -> list[tuple[int, str]]:
    """What is said of lines below a title and an answer."""
    return [(line - 4, message) for line, message in remarks(folder, "\n".join(["# Title", "", "It became faster.", "", *lines, ""]))]


def test_a_document_that_reads_well_gets_no_remark(tmp_path: Path) -> None:
    assert remarks(tmp_path, FINE) == []


@pytest.mark.parametrize(
    "line",
    [
        "Of  endpoints, some are faster.",
        "The P95 is .",
        "It fell from 3 ms to , which is less.",
        "It is faster, .",
        "It took None in all.",
        "The mean was nan everywhere.",
        "It fell () in the end.",
        "The worst is **** by far.",
        "The worst is `` by far.",
        "It said “” once.",
        "It fell to {{ value }} at once.",
        "It is <perfkit.model object at 0x7f1> today.",
    ],
)
def test_a_sentence_with_a_hole_is_named(tmp_path: Path, line: str) -> None:
    assert {number for number, _ in about(tmp_path, "It is well.", line)} == {2}


@pytest.mark.parametrize("line", ["It took 12.5.", "It fell from 300 ms to 12.", "The P95 is 482[^1].", "It took\n482, and that is long."])
def test_a_number_without_unit_is_named(tmp_path: Path, line: str) -> None:
    found = about(tmp_path, line)
    assert [message.partition(",")[0] for _, message in found] == ["a number without unit"]
    assert found[0][0] == len(line.splitlines())


@pytest.mark.parametrize(
    "line",
    [
        "It took 12.5 ms, 3\u202f000 µs, 60 /s, 4×, 80 % and 500 MB.",
        "It ran with 500\nusers and 5–20 connections.",
        "On 2026-11-21 version 3 took P95 as in §3 and #12.",
        "Recall of 0.95, a power of 0.94, n = 12.",
        "1. First, 3 or 4 calls.",
        "None of them is close.",
        "Of 8 gates it fails 4, passes 0 and leaves 4.",
    ],
)
def test_a_number_that_says_what_it_is_is_left_alone(tmp_path: Path, line: str) -> None:
    assert about(tmp_path, line) == []


def test_bare_decimals_of_a_table_need_a_heading_that_says_what_they_count(tmp_path: Path) -> None:
    assert about(tmp_path, "| a | P95 |", "|---|---|", "| x | 33.9 |") == [(3, "a number without unit in the column “P95”: 33.9.")]


def test_empty_sections_are_named_and_those_with_parts_are_not(tmp_path: Path) -> None:
    found = about(tmp_path, "## Whole", "", "### Part", "", "### Full", "", "```", "code", "```", "", "## Last")
    assert [number for number, _ in found] == [3, 11]
    assert all("is empty" in message for _, message in found)


def test_a_section_of_items_alone_is_named(tmp_path: Path) -> None:
    items = [f"- **Key {name}**: some words of it\n  and more of them" for name in "abcdef"]
    assert [message.partition(":")[0] for _, message in about(tmp_path, "## List", "", *items)] == ["the section “List” is a list"]
    long = [f"{item}; it is followed by so many words that nobody would call it a mere point of a list any more" for item in items]
    assert about(tmp_path, "## List", "", *long) == []
    assert about(tmp_path, "## List", "", *(item.replace("- ", "- [ ] ", 1) for item in items)) == []
    prose = "The six parts belong together, because each of them waits for the one before it, and none can begin alone. " * 3
    assert about(tmp_path, "## List", "", prose, "", *items) == []


def test_empty_columns_and_tables_without_rows_are_named(tmp_path: Path) -> None:
    found = about(tmp_path, "| a | b |", "|---|---|", "| x | – |", "| y | not measured |", "", "| a | b |", "|---|---|")
    assert [number for number, _ in found] == [1, 6]


def test_diagrams_are_for_what_they_clarify(tmp_path: Path) -> None:
    diagram = ["```text", "┌───┐   ┌───┐", "│ a │──▶│ b │", "└───┘   └───┘", "```", ""]
    assert about(tmp_path, *diagram * 2) == []
    assert [number for number, _ in about(tmp_path, *diagram * 3)] == [13]


@pytest.mark.parametrize(
    ("beginning", "remarked"),
    [("It became faster.", 0), ("Why is it slow?", 1), ("- It became faster.", 1), ("\n\n\n\n\nIt became faster.", 1), ("> It became faster.", 1)],
)
def test_a_document_begins_with_its_answer(tmp_path: Path, beginning: str, remarked: int) -> None:
    assert len(remarks(tmp_path, f"# Title\n\n{beginning}\n")) == remarked


def test_the_answer_of_a_report_holds_a_number(tmp_path: Path) -> None:
    report = "# Title\n\nIt became faster{mark}.\n\n<!-- perfkit report {{}} -->\n"
    assert [len(remarks(tmp_path, report.format(mark=mark))) for mark in ("", " by 3 ms[^1]")] == [1, 0]


def test_warnings_fail_only_where_somebody_asks_for_it(tmp_path: Path) -> None:
    document = tmp_path / "list.md"
    document.write_text("# Title\n\n- only\n")
    lenient, strict = (
        CliRunner().invoke(program, ["lint-docs", str(document), "--json", *options], standalone_mode=False) for options in ([], ["--strict"])
    )
    assert (lenient.return_value, strict.return_value) == (0, 1)
    assert [remark["level"] for remark in json.loads(lenient.stdout)] == ["warning"]
    assert lint(document) == []


@pytest.mark.parametrize(
    "text", ["", "Words alone.\n", "\n\n", "```text\ncode\n```\n", "- an item\n", "# \n", "| a |\n|---|\n", "---\n", "[^1]: x\n", "<!-- x -->\n"]
)
def test_a_document_without_headings_is_one_too(tmp_path: Path, text: str) -> None:
    assert all(line <= max(1, len(text.splitlines())) for line, _ in remarks(tmp_path, text))
