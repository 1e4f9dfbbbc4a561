"""A block in somebody's document: put once where the heading says, replaced afterwards, taken out; every other byte stays."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.errors import DocumentError
from perfkit.report.blocks import put, take_out
from perfkit.report.outline import headings, split_lines

NAME, BODY = "optimizations.gate", ["### Gate", "", "It is fast."]
BLOCK = re.compile(r"<!-- perfkit begin .*?<!-- perfkit end -->", re.DOTALL)
DOCUMENTS = {
    "plain": "# Backend\n\n## Performance\n\nOld words.\n\n## Security\n\nNone.\n",
    "crlf": "# Backend\r\n\r\n## Performance\r\n\r\nOld words.\r\n\r\n## Security\r\n",
    "no final newline": "# Backend\n\n## Performance\n\nOld words.",
    "heading only": "## Performance",
    "byte order mark": "\ufeff## Performance\n\n\tA tab.\n",
    "tabs and trailing spaces": "# A\n##\tPerformance  \n\n\tcode\t \n   \n\n\n## B\n",
    "underlined": "Backend\n=======\n\nPerformance\n-----------\n\ntext\n\nSecurity\n--------\n",
    "mixed line ends": "# A\r\n## Performance\nold\r\n# B\n",
    "odd separators": "# A\n## Performance\nform\x0cfeed and \u2028 separator\n# B\n",
}


@pytest.mark.parametrize("text", DOCUMENTS.values(), ids=DOCUMENTS)
def test_a_block_is_put_replaced_and_taken_out_and_every_other_byte_stays(text: str) -> None:
    once = put(text, NAME, BODY, "Performance", "backend.md")
    twice = put(once, NAME, [*BODY, "", "Faster still."], "Performance", "backend.md")
    assert BLOCK.sub("", once) == BLOCK.sub("", twice)
    assert len(BLOCK.findall(twice)) == 1
    assert "Faster still." in twice
    assert put(once, NAME, BODY, "Performance", "backend.md") == once
    assert take_out(once, NAME, "backend.md") == take_out(twice, NAME, "backend.md") == text


@given(
    before=st.lists(st.sampled_from(["# A", "words", "", "\t- item", "| a |", "## B ##"])),
    newline=st.sampled_from(["\n", "\r\n"]),
    final=st.booleans(),
)
def test_taking_out_undoes_putting_for_any_document(before: list[str], newline: str, final: bool) -> None:
    text = newline.join([*before, "# Performance", "last"]) + newline * final
    first = put(text, "one.feature", BODY, "performance", "any.md")
    second = put(first, "other.feature", BODY, "performance", "any.md")
    assert take_out(second, "other.feature", "any.md") == first
    assert take_out(first, "one.feature", "any.md") == text
    whole = put(text, "one.feature", BODY, None, "any.md")
    assert take_out(whole, "one.feature", "any.md") == text


def test_the_block_stands_at_the_end_of_its_section_with_the_line_ends_of_the_document() -> None:
    put_in = put(DOCUMENTS["crlf"], NAME, BODY, "Performance", "backend.md")
    assert put_in.index("Old words.") < put_in.index("It is fast.") < put_in.index("## Security")
    assert "\n" not in put_in.replace("\r\n", "")


@pytest.mark.parametrize(
    "heading",
    ["## Performance", "#### **performance**:", "## `Performance` ##", "## PERFORMANCE!", "## [Performance](#x)", "##  Performance {#perf}"],
)
def test_a_heading_is_known_whatever_its_level_case_marks_and_punctuation(heading: str) -> None:
    assert "It is fast." in put(f"# A\n\n{heading}\n\nwords\n", NAME, BODY, "Performance", "a.md")


@pytest.mark.parametrize(
    "text",
    [
        "# A\n\n```\n## Performance\n```\n",
        "# A\n\n~~~~\n```\n## Performance\n~~~\n~~~~\n",
        "# A\n\n<!--\n## Performance\n-->\n",
        "---\n# Performance\n---\n\n# A\n",
        "# A\n\n    ## Performance\n",
        "# A\n\n##Performance\n",
    ],
)
def test_what_is_no_heading_is_not_taken_for_one(text: str) -> None:
    with pytest.raises(DocumentError, match=r"a\.md: there is no heading 'Performance'.*'A' \(line \d+\)"):
        put(text, NAME, BODY, "Performance", "a.md")


def test_two_headings_of_the_name_are_ambiguous() -> None:
    with pytest.raises(DocumentError, match="lines 1 and 3"):
        put("# Performance\n\n## Performance\n", NAME, BODY, "Performance", "a.md")


def test_a_heading_inside_another_block_is_not_the_section() -> None:
    text = put("# Performance\n", "optimizations.other", ["## Performance"], "Performance", "a.md")
    assert "It is fast." in put(text, NAME, BODY, "Performance", "a.md")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("# Performance\n<!-- perfkit begin a.b -->\nwords\n", "begins and never ends"),
        ("# Performance\nwords\n<!-- perfkit end -->\n", "never began"),
        ("# Performance\n<!-- perfkit begin a.b -->\n<!-- perfkit begin c.d -->\n<!-- perfkit end -->\n", "inside the block a.b"),
        ("# Performance\n<!-- perfkit begin a.b -->\n<!-- perfkit end -->\n<!-- perfkit begin a.b -->\n<!-- perfkit end -->\n", "second time"),
        ("# Performance\n<!-- perfkit begin\n-->\n<!-- perfkit end -->\n", "cannot be read"),
    ],
)
def test_damaged_marks_are_refused_with_their_line(text: str, what: str) -> None:
    with pytest.raises(DocumentError, match=rf"a\.md:\d+: .*{what}"):
        put(text, NAME, BODY, "Performance", "a.md")
    with pytest.raises(DocumentError, match=what):
        take_out(text, NAME, "a.md")


def test_marks_in_code_are_words_about_marks() -> None:
    text = "# Performance\n\n```\n<!-- perfkit begin a.b -->\n```\n"
    assert take_out(put(text, NAME, BODY, "Performance", "a.md"), NAME, "a.md") == text


def test_an_open_code_block_is_refused() -> None:
    with pytest.raises(DocumentError, match="not closed"):
        put("# Performance\n\n```\ncode\n", NAME, BODY, "Performance", "a.md")


def test_a_document_does_not_grow_beyond_the_limit_and_its_longest_sections_are_named() -> None:
    text = "# A\n" + "## Caching\n" + "x\n" * 400 + "## Performance\n" + "x\n" * 292
    with pytest.raises(DocumentError, match=r"695 lines and would have 7\d\d; 700 are allowed.*'Caching' \(lines 2 to 402, 401 lines\)"):
        put(text, NAME, BODY, "Performance", "a.md")
    fitting = text.removesuffix("x\n")
    grown = put(fitting, NAME, BODY, "Performance", "a.md")
    assert len(grown.splitlines()) <= 700
    assert take_out(grown, NAME, "a.md") == fitting


def test_a_block_that_shrinks_in_a_document_that_is_too_long_already_is_replaced() -> None:
    text = put("# Performance\n", NAME, BODY, "Performance", "a.md") + "x\n" * 900
    assert "Short." in put(text, NAME, ["Short."], "Performance", "a.md")


def test_lines_and_headings_are_those_of_markdown() -> None:
    text = "\ufeffTitle\r\n=====\n\n# One #\rTwo\n---\n\nwords\n\n---\n- item\n---\n"
    lines = split_lines(text)
    assert "".join(lines) == text
    assert [(item.level, item.text) for item in headings(lines)] == [(1, "Title"), (1, "One"), (2, "Two")]
