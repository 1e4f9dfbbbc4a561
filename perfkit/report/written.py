"""What does a finished report say of itself: its title, its answer, its runs, and where each number comes from?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from perfkit.report.citations import FOOTNOTE
from perfkit.report.cited import MARK
from perfkit.report.linked import pictures_in
from perfkit.report.lint import outside_fences
from perfkit.report.named import META, RUN_ROW, Said, said_in
from perfkit.report.outline import headings
from perfkit.report.texts import split, text_of

NO_ANSWER = ("#", "|", "<", ">", "!", "---")
SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z`*“(])")


@dataclass(frozen=True, slots=True)
class WrittenReport:
    """A report as it lies in its file."""

    path: Path
    text: str
    lines: Sequence[str]
    title: str | None
    """The text of its first heading."""
    answer: Sequence[str]
    """Its first paragraph, line by line, with the marks of footnotes."""
    footnotes: dict[str, str] = field(default_factory=dict)
    meta: Said = field(default_factory=dict)
    """Empty where the document is none of perfkit's."""

    @property
    def runs(self) -> list[str]:
        """The rows of its table of runs, as they stand."""
        return [line for line in self.lines if RUN_ROW.match(line)]

    @property
    def meta_line(self) -> str:
        return next((line for line in reversed(self.lines) if META.search(line)), "")

    @property
    def answer_in_short(self) -> str:
        """The first sentence that is no question, without marks: for a list of reports."""
        said = MARK.sub("", " ".join(line.strip() for line in self.answer))
        sentences = [sentence for sentence in SENTENCE.split(said) if sentence]
        return next((sentence for sentence in sentences if not sentence.endswith("?")), said)

    @property
    def feature(self) -> str:
        """What it is about: as it says itself, else its title behind the colon, else the name of its file."""
        stated = self.meta.get("feature")
        return stated or (self.title.partition(":")[2].strip() or self.title if self.title else self.path.stem)

    @property
    def pictures(self) -> list[str]:
        """The files that it shows, by the paths in its text."""
        return pictures_in(self.lines)


def read_report(path: Path) -> WrittenReport:
    """A report, or any other markdown document that is kept like one."""
    text = text_of(path)
    lines = split(text)
    titles = headings(lines)
    footnotes = {match["number"]: match["text"] for _, line in outside_fences(lines) if (match := FOOTNOTE.match(line))}
    return WrittenReport(path, text, lines, titles[0].text if titles else None, _answer(lines), footnotes, said_in(path, lines)[1])


def _answer(lines: Sequence[str]) -> list[str]:
    paragraph: list[str] = []
    for _, line in outside_fences(list(lines)):
        if line.strip() and not line.startswith(NO_ANSWER):
            paragraph.append(line)
        elif paragraph:
            break
    return paragraph
