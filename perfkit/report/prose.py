"""What a reader stumbles over in a document: an answer that is missing, lists in place of sentences, holes, bare numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby, zip_longest

Complaint = tuple[int, str]
"""Line and sentence."""

HEADING = re.compile(r"^(?P<marks>#{1,6})\s+(?P<text>\S.*)")
ITEM = re.compile(r"^\s*(?:[-*+]|\d+[.)])\s+")
TICKED = re.compile(r"^\s*[-*+]\s+\[[ xX]\]\s")
"""An item of a list that is there to be ticked: nobody reads it as prose."""
NOT_PROSE = re.compile(r"^\s*(?:\||>|<!--|\[\^[^\]]+\]:|!\[|---+\s*$|\*Not stated: )|^\s{4,}\S")
"""Tables, quotations, lines for programs, footnotes, pictures, rules, what a person left out; indented code."""
CODE = re.compile(r"(?<!`)(`+)(?!`)[^\n]*?(?<!`)\1(?!`)")
NAMED = "code"
"""What stands in a sentence where a name in code stood."""
MARK = re.compile(r"\[\^[^\]]+\]")
SENTENCE_ENDS = re.compile(r"(?<=[.!?])\s+")
REPORT = "<!-- perfkit report "
SEPARATOR = re.compile(r"^\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$")
DRAWN = re.compile(r"[│┌┐└┘├┤┬┴┼─═║╔╗╚╝▶▼◀▲]|-->|<--|\+--+\+|\|\s+v\s+\|")

FIRST_LINES = 5
"""In which a document says what it found."""
MOST_DIAGRAMS, MOST_DIAGRAM_LINES = 2, 30
MANY_ITEMS, MOST_IN_ITEMS, LONG_ITEM = 6, 0.8, 20
"""From so many items on a section is a list, where they hold more than this share of its words; items of so many words are prose."""
NOTHING = {"", "-", "–", "—", "not measured", "n/a", "none"}

HOLES: Mapping[str, re.Pattern[str]] = {
    "two spaces in a row, perhaps a word is missing": re.compile(r"(?<=\S) {2,}(?=\S)"),
    "a space before a punctuation mark, perhaps a word is missing": re.compile(r"(?<=\S)[ \u00a0][.,;:](?=\s|$)"),
    "two punctuation marks in a row, perhaps a word is missing": re.compile(r"[,;:] ?[,;.](?=\s|$)|(?<!\.)\.\.(?=\s|$)"),
    "nothing between marks that should hold something": re.compile(r"(?<!\w)\(\s*\)|\*\*\s*\*\*(?!\*)|“\s*”|(?<!`)``(?!`)"),
    "a value that a program uses for nothing": re.compile(
        r"(?i:\bnan\b|\bundefined\b|\bNoneType\b)|\bNone\b(?! (?:of|is|are|was|were|has|have|that)\b)"
    ),
    "a template that was not filled in": re.compile(r"\{\{|\}\}|\{%|<[a-z_.]+ object at 0x"),
}
UNIT = r"(?:ms|µs|us|s|min|h|days?|%|[KMGT]i?B|B|/s|×|x\b|tokens?|fps)"
BARE = re.compile(
    r"(?<![\w.,:/§#$°^–−+-])[-−+]?\d[\d\u202f]*(?P<decimals>\.\d+)?(?![\w.,:/°–·-]*\d|\w|·)"
    rf"(?![\u00a0\u202f ]?{UNIT}(?!\w))(?P<counts>\s+[\w(“*]|[–-]\w|,? (?:and |or |to )?[-−+]?\d)?"
)
"""A number; counts is a word that it may count, or the next number of a list."""
DIMENSIONLESS = re.compile(
    r"(?:power|exponent|ratio|recall|factor|version|step|lines?|section|phase|part|chapter|page|figure|table|seed"
    r"|code|code is|(?-i:[A-Z][A-Za-z]+)|[a-z] ?=|of)\s*$",
    re.IGNORECASE,
)
"""What stands before numbers that need no unit: names of what has versions, too."""
COUNTED_BEFORE = re.compile(r"\b(?i:of|has|have) (?:the )?\d+ [a-z]")
"""Of 8 gates it fails 4: a sentence that says once what it counts."""
COUNTS = ("verdicts", "findings", "endpoints", "runs")
"""Numbers whose footnote says what they count."""
COUNTED_BY = re.compile(r"(?:s|n|#|\))\s*$|^\s*$", re.IGNORECASE)
"""A heading over bare numbers that says what they count."""


@dataclass(frozen=True, slots=True)
class Section:
    """From one heading to the next."""

    line: int
    level: int
    title: str
    lines: Sequence[tuple[int, str]]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Text that is read in one go: of prose, or of one item."""

    line: int
    lines: list[str]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def complaint(self, said: str, found: re.Match[str]) -> Complaint:
        """With a few words before and after."""
        around = self.text[max(0, found.start() - 30) : found.end() + 20].strip()
        return self.line + self.text.count("\n", 0, found.start()), f"{said}: “{' '.join(around.splitlines())}”"


@dataclass(frozen=True)
class Document:
    """Lines of a document, those outside code apart."""

    lines: Sequence[str]
    outside: Sequence[tuple[int, str]]
    """Number and text of everything that is not in a fenced block."""

    @cached_property
    def sections(self) -> list[Section]:
        headings = [(place, heading) for place, (_, text) in enumerate(self.outside) if (heading := HEADING.match(text))]
        return [
            Section(self.outside[start][0], len(heading["marks"]), heading["text"], self.outside[start + 1 : following[0] if following else None])
            for (start, heading), following in zip_longest(headings, headings[1:])
        ]

    @cached_property
    def paragraphs(self) -> list[Paragraph]:
        """Prose and lists, names in code replaced, without footnote marks."""
        prose = ((number, text) for number, text in self.outside if text.strip() and not NOT_PROSE.match(text) and not HEADING.match(text))
        found: list[Paragraph] = []
        for number, text in prose:
            bare = self._bare(ITEM.sub("", text).strip())
            if found and not ITEM.match(text) and number == found[-1].line + len(found[-1].lines):
                found[-1].lines.append(bare)
            else:
                found.append(Paragraph(number, [bare]))
        return found

    def _bare(self, text: str) -> str:
        counted = re.sub(r"\d[\d\u202f]*\[\^([^\]]+)\]", lambda found: NAMED if found[1] in self._counts else found[0], CODE.sub(NAMED, text))
        return MARK.sub("", counted)

    @cached_property
    def _counts(self) -> set[str]:
        """Footnotes of numbers that count something."""
        footnotes = (re.match(r"\[\^([^\]]+)\]: (\w+)", text) for _, text in self.outside)
        return {found[1] for found in footnotes if found and found[2] in COUNTS}

    @cached_property
    def tables(self) -> list[list[tuple[int, list[str]]]]:
        """Rows of cells; the second row is the line between head and body."""
        return [
            [(number, _cells(text)) for number, text in rows]
            for is_table, rows in groupby(self.outside, lambda item: item[1].lstrip().startswith("|"))
            if is_table
        ]


def complaints(document: Document) -> list[Complaint]:
    """Everything, by line."""
    return sorted(complaint for check in CHECKS for complaint in check(document))


def _no_answer(document: Document) -> Iterator[Complaint]:
    """The first lines of the first section that has text of its own."""
    first = next((section for section in document.sections if any(text.strip() for _, text in section.lines)), None)
    if first is None:
        return
    near = [text for number, text in first.lines if number <= first.line + FIRST_LINES and not NOT_PROSE.match(text) and not ITEM.match(text)]
    said = " ".join(near)
    if not any(sentence.endswith((".", "!")) for sentence in SENTENCE_ENDS.split(MARK.sub("", CODE.sub(NAMED, said)).strip())):
        yield first.line, f"the first {FIRST_LINES} lines state no answer: begin with a sentence that says what was found."
    elif any(text.startswith(REPORT) for _, text in document.outside) and not MARK.search(said):
        yield first.line, f"the first {FIRST_LINES} lines of the report hold no number: begin with what was measured."


def _empty_sections(document: Document) -> Iterator[Complaint]:
    for section, following in zip_longest(document.sections, document.sections[1:]):
        code_follows = _fenced_between(document, section.line, following.line if following else len(document.lines) + 1)
        filled = code_follows or any(text.strip() and not text.startswith("<!--") for _, text in section.lines)
        if not filled and (following is None or following.level <= section.level):
            yield section.line, f"the section “{section.title}” is empty: say what was found, or that it was not measured."


def _fenced_between(document: Document, start: int, end: int) -> bool:
    outside = {number for number, _ in document.outside}
    return any(number not in outside for number in range(start + 1, end))


def _only_items(document: Document) -> Iterator[Complaint]:
    for section in document.sections:
        items, in_items, words = _share_of_items(section)
        if items >= MANY_ITEMS and MOST_IN_ITEMS * words < in_items < LONG_ITEM * items:
            share = round(100 * in_items / words)
            yield (
                section.line,
                f"the section “{section.title}” is a list: {items} items hold {share} % of its words. Say in sentences how they belong together.",
            )


def _share_of_items(section: Section) -> tuple[int, int, int]:
    """Items, words in items, words. What is indented below an item belongs to it; what is to be ticked is no item."""
    items = in_items = words = 0
    inside = False
    for _, text in section.lines:
        if TICKED.match(text):
            inside = False
        elif ITEM.match(text):
            items, inside = items + 1, True
        elif text.strip() and not text.startswith(" "):
            inside = False
        if text.strip() and (inside or not NOT_PROSE.match(text)):
            count = len(text.split())
            words, in_items = words + count, in_items + (count if inside else 0)
    return items, in_items, words


def _holes(document: Document) -> Iterator[Complaint]:
    for paragraph in document.paragraphs:
        for said, hole in HOLES.items():
            found = hole.search(paragraph.text)
            if found:
                yield paragraph.complaint(said, found)


def _bare_numbers(document: Document) -> Iterator[Complaint]:
    for paragraph in document.paragraphs:
        for found in BARE.finditer(paragraph.text):
            before = paragraph.text[: found.start()]
            counted = found["counts"] or (not found["decimals"] and COUNTED_BEFORE.search(before))
            if not counted and not DIMENSIONLESS.search(before):
                yield paragraph.complaint("a number without unit, and nothing that it counts", found)


def _bare_cells(document: Document) -> Iterator[Complaint]:
    for table in document.tables:
        if len(table) < 3 or not SEPARATOR.match("|".join(table[1][1])):
            continue
        for column, title in enumerate(table[0][1]):
            bare = [(number, cells[column]) for number, cells in table[2:] if len(cells) > column and re.fullmatch(r"[-−+]?\d+\.\d+", cells[column])]
            if bare and not COUNTED_BY.search(title):
                yield bare[0][0], f"a number without unit in the column “{title}”: {bare[0][1]}."


def _empty_columns(document: Document) -> Iterator[Complaint]:
    for table in document.tables:
        number, titles = table[0]
        if len(table) < 3:
            yield number, "a table without rows: say in a sentence that there is nothing to show."
            continue
        for column, title in enumerate(titles):
            if all(cells[column].lower() in NOTHING for _, cells in table[2:] if len(cells) > column):
                yield number, f"the column “{title or f'no. {column + 1}'}” of the table is empty in every row: leave it out."


def _cells(row: str) -> list[str]:
    """Of one row, without footnote marks; a bar after a backslash, or in code, is text."""
    bare = MARK.sub("", CODE.sub(lambda code: code[0].replace("|", "¦"), row)).strip().removeprefix("|").removesuffix("|")
    return [cell.strip().strip("*") for cell in re.split(r"(?<!\\)\|", bare)]


def _diagrams(document: Document) -> Iterator[Complaint]:
    drawn = [(start, block) for start, block in _blocks(document) if sum(bool(DRAWN.search(line)) for line in block) >= 2]
    for start, block in drawn:
        if len(block) > MOST_DIAGRAM_LINES:
            yield start, f"a diagram of {len(block)} lines: {MOST_DIAGRAM_LINES} are enough to clarify something."
    if len(drawn) > MOST_DIAGRAMS:
        yield drawn[MOST_DIAGRAMS][0], f"{len(drawn)} diagrams drawn with characters: keep the {MOST_DIAGRAMS} that clarify most."


def _blocks(document: Document) -> Iterator[tuple[int, list[str]]]:
    """First line and text of every fenced block."""
    outside = {number for number, _ in document.outside}
    for is_code, group in groupby(enumerate(document.lines, start=1), lambda item: item[0] not in outside):
        block = list(group)
        if is_code:
            yield block[0][0], [text for _, text in block]


CHECKS: Sequence[Callable[[Document], Iterator[Complaint]]] = (
    _no_answer,
    _empty_sections,
    _only_items,
    _holes,
    _bare_numbers,
    _bare_cells,
    _empty_columns,
    _diagrams,
)
