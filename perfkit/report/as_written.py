"""Which words stand around the numbers of a report? Only those it was written with: the store keeps a seal of each such sentence."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from html import unescape
from pathlib import Path

from perfkit.analyses.written_reports import remember_seals
from perfkit.report.citations import SEPARATOR
from perfkit.report.cited import CITED
from perfkit.report.linked import PICTURE
from perfkit.report.named import RUN_ROW, named_in
from perfkit.report.passages import Passage, passages
from perfkit.store import Store

SENTENCE_ENDS = re.compile(r"(?<=[.!?])\s+(?=[^\s\da-z])")
ORIGIN = re.compile("\ue000[^\ue001]*\ue001")
"""Stands where a cited number stood: the number itself is computed again."""
MARKS = str.maketrans("", "", "*_\\\ufe0f")
NUMBER = re.compile(r"(?<![\w.\-/#])\d[\d.,]*(?![\w])")
SMALL = "two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen"
LARGE = "(?:twen|thir|for|fif|six|seven|eigh|nine)ty|hundreds?|thousands?|millions?|billions?|dozens?"
PARTS = "hal(?:f|ves|ved|ving)|quarters?|twice|thrice|(?:dou|tri|quadru)(?:ble|bles|bled|bling|ple|ples|pled|pling)"
IN_WORDS = re.compile(rf"(?i)(?<![^\W\d_])(?:(?:{SMALL}|{LARGE})(?:fold)?|{PARTS})(?![^\W\d_])")
LONGEST_SHOWN = 80


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence, a heading, a row or a piece of code with a number in it."""

    line: int
    seal: str
    """Equal where the same words stand around the same citations, however lines are broken and words emphasised."""
    uncited: Sequence[str]
    """The numbers that have no footnote."""
    shown: str


def sentences(lines: Sequence[str], meta: int) -> Iterator[Sentence]:
    """All with numbers but for the line at which a report says what it stands on, and for its table of runs: they name the report."""
    named = [("" if number == meta or RUN_ROW.match(line) else line) for number, line in enumerate(lines, start=1)]
    found = list(passages(named))
    notes = dict(note for passage in found if (note := footnote_of(passage)))
    for passage in found:
        if passage.kind != "footnote":
            yield from _of(passage, notes)


def footnote_of(passage: Passage) -> tuple[int, str] | None:
    """Number and text of a passage that is a footnote."""
    if passage.kind != "footnote":
        return None
    mark, _, text = passage.text.partition(": ")
    return int(mark[2:-1]), text


def remember(store: Store, path: Path, lines: Sequence[str]) -> None:
    """The words of a report that was written just now."""
    named = named_in(path, lines)
    remember_seals(store, named.report, {sentence.seal for sentence in sentences(lines, named.line)})


def _of(passage: Passage, notes: Mapping[int, str]) -> Iterator[Sentence]:
    text, cited = passage.text, list(CITED.finditer(passage.text))
    inside = [range(match.start(), match.end()) for match in cited]
    whole = passage.kind not in ("text", "quotation")
    ends = [] if whole else [end.end() for end in SENTENCE_ENDS.finditer(text) if not any(end.start() in place for place in inside)]
    for start, end in zip([0, *ends], [*ends, len(text)], strict=True):
        part = CITED.sub(lambda match: f"\ue000{_origin(notes, int(match['number']))}\ue001", text[start:end].replace("\ue000", "?"))
        said = part if passage.kind == "code" else _visible(part)
        bare = unicodedata.normalize("NFKC", ORIGIN.sub(" ", said))
        uncited = _numbers(bare)
        if uncited or ORIGIN.search(said):
            seal = sha256("\n".join((passage.kind, _visible(passage.head), said)).encode()).hexdigest()[:32]
            yield Sentence(passage.line_at(start), seal, uncited, text[start:end].strip()[:LONGEST_SHOWN])


def _origin(notes: Mapping[int, str], number: int) -> str:
    """What a footnote says without its samples, which are computed again."""
    return SEPARATOR.join(notes.get(number, "missing").split(SEPARATOR)[:4])


def _visible(text: str) -> str:
    """What a reader sees, without emphasis; where a picture lies is not seen."""
    shown = unicodedata.normalize("NFKC", unescape(PICTURE.sub(r"\g<before>\g<after>", text)))
    return " ".join("".join(letter for letter in shown if unicodedata.category(letter) != "Cf").translate(MARKS).split())


def _numbers(text: str) -> list[str]:
    """As digits, else in words; else what looks like a name, such as P95."""
    tokens = [token for token in text.split() if any(letter.isnumeric() for letter in token)]
    return NUMBER.findall(text) or IN_WORDS.findall(text) or tokens
