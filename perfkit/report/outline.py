"""Which headings does a document have, and where do their sections end? Line ends, tabs and marks stay as they are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+\Z")
BYTE_ORDER_MARK = "\ufeff"
ATX = re.compile(r" {0,3}(?P<marks>#{1,6})(?:[ \t]+(?P<text>.*?))?(?:[ \t]+#+)?[ \t]*")
UNDERLINE = re.compile(r" {0,3}(?P<mark>=+|-+)[ \t]*")
UNDERLINED = re.compile(r" {0,3}(?![-*+>|#=<]|\d+[.)]\s)\S.*")
FENCE = re.compile(r"\s*(?P<mark>`{3,}(?=[^`]*$)|~{3,})(?P<rest>.*)")
COMMENT = re.compile(r" {0,3}<!--")
LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
ANCHOR = re.compile(r"\s*\{#[^}]*\}\s*$")
TRAILING = " \t.,:;!?…#"


@dataclass(frozen=True, slots=True)
class Heading:
    """One heading; lines count from 0."""

    line: int
    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with everything below it, up to the next one of its level or above."""

    heading: Heading
    end: int
    """The first line that is no longer its own."""

    @property
    def length(self) -> int:
        return self.end - self.heading.line


def split_lines(text: str) -> list[str]:
    """Lines with their ends; joined they are the text again. Other than splitlines, only \\r and \\n end a line."""
    return LINE.findall(text)


def headings(lines: Sequence[str]) -> list[Heading]:
    """Every heading outside code, comments and front matter."""
    found: list[Heading] = []
    above: tuple[int, str] | None = None
    for number, line in text_lines(lines):
        marked, underline = ATX.fullmatch(line), UNDERLINE.fullmatch(line)
        if marked:
            found.append(Heading(number, len(marked["marks"]), marked["text"] or ""))
        elif underline and above and above[0] == number - 1 and UNDERLINED.fullmatch(above[1]):
            found.append(Heading(above[0], 1 if underline["mark"][0] == "=" else 2, above[1].strip()))
        above = None if marked or underline else (number, line)
    return found


def sections(lines: Sequence[str]) -> list[Section]:
    """Every heading with its end."""
    found = headings(lines)
    ends = [next((later.line for later in found[place + 1 :] if later.level <= heading.level), len(lines)) for place, heading in enumerate(found)]
    return [Section(heading, end) for heading, end in zip(found, ends, strict=True)]


def longest_sections(lines: Sequence[str], most: int = 3) -> list[Section]:
    """Of the highest level that divides the document, longest first."""
    found = sections(lines)
    for level in range(1, 7):
        divided = [section for section in found if section.heading.level == level]
        if len(divided) > 1:
            return sorted(divided, key=lambda section: -section.length)[:most]
    return sorted(found, key=lambda section: -section.length)[:most]


def text_lines(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Number and text, without its end, of each line that is neither code nor front matter nor within a comment of several lines."""
    fence, commented, start = "", False, _front_matter(lines)
    for number, whole in enumerate(lines[start:], start=start):
        line = whole.rstrip("\r\n").removeprefix(BYTE_ORDER_MARK if number == 0 else "")
        mark = None if commented else FENCE.fullmatch(line)
        if fence:
            fence = "" if mark and mark["mark"].startswith(fence) and not mark["rest"].strip() else fence
        elif mark:
            fence = mark["mark"]
        elif commented:
            commented = "-->" not in line
        else:
            commented = COMMENT.match(line) is not None and "-->" not in line
            yield number, line


def ends_in_code(lines: Sequence[str]) -> bool:
    """True where a code block or a comment is open at the end."""
    return not any(number == len(lines) for number, _ in text_lines([*lines, "\n"]))


def same_heading(one: str, other: str) -> bool:
    """Whatever marks, case, links and trailing punctuation."""
    return _plain(one) == _plain(other)


def _plain(heading: str) -> str:
    words = LINK.sub(r"\1", ANCHOR.sub("", heading.strip().lstrip("#")))
    return " ".join(re.sub(r"[`*_~]", "", words).strip(TRAILING).split()).casefold()


def _front_matter(lines: Sequence[str]) -> int:
    """The first line after it."""
    if not lines or lines[0].removeprefix(BYTE_ORDER_MARK).rstrip() != "---":
        return 0
    return next((number for number, line in enumerate(lines[1:], start=2) if line.rstrip() in ("---", "...")), 0)
