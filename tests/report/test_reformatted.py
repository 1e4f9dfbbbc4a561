"""A report verifies whatever line ends it got and however a formatter breaks its lines; what a merge left in it is named."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest

from perfkit.errors import DocumentError
from perfkit.report.passages import passages
from perfkit.report.texts import split
from perfkit.workbench import Workbench
from perfkit.workspace import Workspace
from tests.report.asked_report import Edit, asked, edited, replacing
from tests.report.small_reports import INVESTIGATION, stored

Written = tuple[Workbench, Path]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    return asked(tmp_path_factory.mktemp("asked"))


def wrapped(text: str) -> str:
    """Prose, items, quotations and footnotes in short lines, as formatters wrap them."""
    return "\n".join(line if line.startswith(("|", "<", "#", " ", "```", "!")) else _short(line) for line in text.split("\n"))


def _short(line: str) -> str:
    mark = re.match(r"\[\^\d+\]: |> |- |", line)
    ahead = {"[": "    ", ">": "> ", "-": "  "}.get(line[:1] if mark and mark[0] else "", "")
    return textwrap.fill(line, 40, subsequent_indent=ahead, break_long_words=False, break_on_hyphens=False)


def padded(text: str) -> str:
    """Cells of equal width."""
    return re.sub(r"^\|.*\|$", lambda row: re.sub(r"(?<!\\)\|(?=.)", "|   ", row[0]), text, flags=re.MULTILINE)


def footnotes_below(text: str) -> str:
    """As prettier wraps long ones."""
    return re.sub(r"^(\[\^\d+\]:) (.*)$", r"\1\n    \2\n", text, flags=re.MULTILINE)


FORMATTED: dict[str, Edit] = {
    "line ends of Windows": lambda text: text.replace("\n", "\r\n"),
    "line ends of old": lambda text: text.replace("\n", "\r"),
    "a byte order mark": lambda text: "\ufeff" + text,
    "no last line end": lambda text: text.rstrip("\n"),
    "spaces at line ends": lambda text: text.replace("\n", "  \n"),
    "short lines": wrapped,
    "wide tables": padded,
    "footnotes below their marks": footnotes_below,
    "other marks of emphasis": lambda text: re.sub(r"(?<!\*)\*([^*\n]+)\*(?!\*)", r"_\1_", text),
    "other marks of items": lambda text: re.sub(r"^- (?=\*\*)", "* ", text, flags=re.MULTILINE),
    "signs with a backslash": replacing("--> in 3 regions", r"--\> in 3 regions"),
    "backslashes in footnotes": lambda text: re.sub(r"^(\[\^\d+\]: .*)_", r"\1\\_", text, flags=re.MULTILINE),
    "signs as entities": replacing("--> in 3 regions", "--&gt; in 3 regions"),
    "code that is indented more": lambda text: re.sub(r"^( +)(?=\S)", r"\1\1", text, flags=re.MULTILINE),
}


@pytest.mark.parametrize("name", FORMATTED)
def test_a_report_that_was_formatted_verifies(written: Written, name: str) -> None:
    assert edited(written, FORMATTED[name]) == []


@pytest.mark.parametrize("name", ["line ends of Windows", "a byte order mark", "short lines", "wide tables"])
def test_an_edit_is_found_in_it_all_the_same(written: Written, name: str) -> None:
    assert {item.text for item in edited(written, lambda text: FORMATTED[name](text.replace("for 500 users", "for 800 users")))} >= {"800"}


def test_what_a_merge_left_is_named_with_its_line(written: Written) -> None:
    sides = "<<<<<<< HEAD\nIt was slow.\n=======\nIt was fast.\n>>>>>>> other\n\n### Benchmark Results"
    with pytest.raises(DocumentError, match=r"line \d+ is what a merge left"):
        edited(written, replacing("### Benchmark Results", sides))


@pytest.mark.parametrize("numbers", [(1, 2, 3), (1, 1, 3), (1, 1, 1)])
def test_items_read_the_same_however_they_are_numbered(numbers: tuple[int, int, int]) -> None:
    first, second, third = numbers
    read = passages([f"{first}. a", f"{second}. b", "", "And:", "", f"{third}. c", "", "7. times faster"])
    assert [passage.text for passage in read] == ["a", "b", "And:", "c", "7. times faster"]


def test_lines_end_where_markdown_ends_them() -> None:
    assert split("a\u2028b\x85c\x0cd\r\ne\rf\n\n") == ["a\u2028b\x85c\x0cd", "e", "f", ""]
    assert split("") == []
    assert split("\n") == [""]


def test_a_line_separator_in_a_name_ends_no_line_of_a_report(tmp_path: Path) -> None:
    bench = Workbench(Workspace(tmp_path))
    stored(bench, tmp_path / "raw", {label: {"/a\u2028b": 100.0, "/c": 50.0} for label in ("baseline", "optimized")})
    checked = bench.verify(bench.report(INVESTIGATION, tmp_path / "shop.md"))
    assert len(checked) > 20
    assert [item for item in checked if not item.agrees] == []
