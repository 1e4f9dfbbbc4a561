"""Which words stand around the numbers of a report? Only those it was written with: the store keeps a seal of each such sentence."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from html import unescape
from pathlib import Path

from perfkit.analyses.written_reports import remember_seals
from perfkit.report.citations import SEPARATOR
from perfkit.report.cited import CITED
from perfkit.report.linked import PICTURE, place_beside
from perfkit.report.named import RUN_ROW, Named, named_in
from perfkit.report.passages import Passage, passages
from perfkit.report.table_rows import CODE
from perfkit.report.texts import contents
from perfkit.store import Store

SENTENCE_ENDS = re.compile(r"(?<=[.!?])\s+(?=[^\s\da-z])")
ORIGIN = re.compile("\ue000[^\ue001]*\ue001")
"""Stands where a cited number stood: the number itself is computed again."""
MARKS = str.maketrans("", "", "*_\\\ufe0f")
NUMBER = re.compile(r"(?<![\w.\-/#])\d[\d.,]*(?:[µum]?s|x|k|[KMGT]i?B)?(?![\w])")
SMALL = "zero|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen"
LARGE = "(?:twen|thir|for|fif|six|seven|eigh|nine)ty|hundreds?|thousands?|millions?|billions?|dozens?"
PARTS = "(?:quarter|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|hundredth|thousandth)s?"
TIMES = "hal(?:f|ves|ved|ving)|twice|thrice|(?:dou|tri|quadru)(?:ble|bles|bled|bling|ple|ples|pled|pling)"
IN_WORDS = re.compile(rf"(?i)(?<![^\W\d_])(?:(?:{SMALL}|{LARGE})(?:fold)?|{PARTS}|{TIMES})(?![^\W\d_])")
PLACE = r"(?:(?!\d)[^()\s]*[/#][^()\s]*|[^()\s]+\.(?:svg|png|md|html))"
LINK = rf"(?P<before>!?\[(?:(?!!?\[)[^\]\\])*\]\(){PLACE}(?=\)|\s+[\"'])"
UNSEEN = re.compile(rf"{CODE}|{LINK}")
"""Where a link leads to is not seen, unless it stands in code."""
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
    found = list(passages(without_names(lines, meta)))
    notes = dict(passage.note for passage in found if passage.note)
    for passage in found:
        if passage.kind != "footnote":
            yield from _of(passage, notes)


def without_names(lines: Sequence[str], meta: int) -> list[str]:
    """Empty lines in place of those that name a report: what it stands on, and its runs."""
    return ["" if number == meta or RUN_ROW.match(line) else line for number, line in enumerate(lines, start=1)]


def remember(store: Store, path: Path, lines: Sequence[str]) -> None:
    """The words of a report that was written just now."""
    named = named_in(path, lines)
    remember_seals(store, named.report, seals(path, lines, named))


def seals(path: Path, lines: Sequence[str], named: Named) -> set[str]:
    """Of all sentences with numbers, and of all pictures."""
    pictures = {_sealed("picture", shown) for _, _, shown in _pictures(path, lines)}
    return pictures | {sentence.seal for sentence in sentences(lines, named.line)}


def changed_pictures(path: Path, lines: Sequence[str], known: Container[str]) -> Iterator[tuple[int, str]]:
    """Line and link of every picture that shows something else than when the report was written; one that is not there shows nothing."""
    return ((line, link) for line, link, shown in _pictures(path, lines) if _sealed("picture", shown) not in known)


def _pictures(path: Path, lines: Sequence[str]) -> Iterator[tuple[int, str, str]]:
    """Line, link, and what tells the picture from others: its content, or, where it does not lie beside the report, the link."""
    for number, line in enumerate(lines, start=1):
        for link in (match["link"] for match in PICTURE.finditer(line)):
            place = place_beside(path, link)
            if place is not None:
                yield number, link, sha256(contents(path.parent / place).replace(b"\r\n", b"\n")).hexdigest()
            elif ":" in link or not (path.parent / link).resolve().is_relative_to(path.parent.resolve()):
                yield number, link, link


def _of(passage: Passage, notes: Mapping[int, str]) -> Iterator[Sentence]:
    text, cited = passage.text, list(CITED.finditer(passage.text))
    inside = [range(match.start(), match.end()) for match in cited]
    whole = passage.kind not in ("text", "quotation")
    ends = [] if whole else [end.end() for end in SENTENCE_ENDS.finditer(text) if not any(end.start() in place for place in inside)]
    for start, end in zip([0, *ends], [*ends, len(text)], strict=True):
        said = " ".join(text[start:end].split()) if passage.kind == "code" else _visible(_with_origins(text[start:end], notes))
        stripped, cites = ORIGIN.subn(" ", said)
        uncited = _numbers(unicodedata.normalize("NFKC", stripped)) or ([] if cites else _names(stripped))
        if uncited or cites:
            seal = _sealed(passage.kind, _visible(passage.head), said)
            yield Sentence(passage.line_at(start), seal, uncited, text[start:end].strip()[:LONGEST_SHOWN])


def _with_origins(text: str, notes: Mapping[int, str]) -> str:
    return CITED.sub(lambda match: f"\ue000{_origin(notes, int(match['number']))}\ue001", text.replace("\ue000", "?"))


def _sealed(*words: str) -> str:
    return sha256("\n".join(words).encode()).hexdigest()[:32]


def _origin(notes: Mapping[int, str], number: int) -> str:
    """What a footnote says without its samples, which are computed again."""
    return SEPARATOR.join(notes.get(number, "missing").split(SEPARATOR)[:4])


def _visible(text: str) -> str:
    """What a reader sees, without emphasis."""
    shown = unicodedata.normalize("NFKC", unescape(UNSEEN.sub(lambda found: found["before"] or found[0], text)))
    return " ".join("".join(letter for letter in shown if unicodedata.category(letter) != "Cf").translate(MARKS).split())


def _numbers(text: str) -> list[str]:
    """In digits, else in words."""
    return NUMBER.findall(text) or IN_WORDS.findall(text)


def _names(text: str) -> list[str]:
    """Whatever else has digits in it, such as P95."""
    return [word for word in text.split() if any(letter.isnumeric() for letter in word)]
