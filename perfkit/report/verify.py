"""Recompute every number of a report from the store; one without a run behind it fails, and so does one in other words than it was written in."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from pathlib import Path

from perfkit.analyses.written_reports import known_seals
from perfkit.errors import DocumentError, PerfkitError
from perfkit.packs import Pack, load_pack
from perfkit.report.as_written import NUMBER, changed_pictures, sentences, without_names
from perfkit.report.blocks import alone, blocks
from perfkit.report.citations import cite, parse_footnote
from perfkit.report.cited import CITED, MARK
from perfkit.report.evidence import Evidence, MissingRunsError, pinned
from perfkit.report.named import META, Named, named_in, report_lines
from perfkit.report.passages import Passage, passages
from perfkit.report.table_rows import CODE
from perfkit.store import Store
from perfkit.workspace import workspace_of

Truth = tuple[str, str] | str
"""Number and footnote as they should be, or why they cannot be computed."""
DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
QUOTED = ("quotation", "heading", "code", "footnote")
"""What a report of unknown words may say without a footnote: it is the asker's, or a name."""


@dataclass(frozen=True, slots=True)
class Checked:
    """One number of the report."""

    line: int
    text: str
    recomputed: str | None
    """None when there is nothing to compute it from."""
    agrees: bool
    message: str


def verify(path: Path, store: Store, pack_of: Callable[[str], Pack] = load_pack) -> list[Checked]:
    """Every number with what the store says about it; pack_of knows the workspace's own systems."""
    found: list[Checked] = []
    for lines in reports_in(path):
        named = named_in(path, lines)
        found += checked(path, lines, evidence_of(path, named, store, pack_of(named.system)))
    return found


def known_words(path: Path, store: Store) -> bool:
    """Whether the store knows in which words a document's reports were written, and not their numbers alone."""
    return all(known_seals(store, named_in(path, lines).report) for lines in reports_in(path))


def reports_in(path: Path) -> list[list[str]]:
    """The lines of a report, or those of each block that the archive keeps in a document; other lines are empty then."""
    return digests_in(path) or [report_lines(path)]


def digests_in(path: Path) -> list[list[str]]:
    """The blocks of a document that are verified, each with empty lines in place of all others; none in a report."""
    lines = report_lines(path)
    kept = [alone(lines, block) for block in blocks(lines, str(path))]
    return [part for part in kept if any(META.search(line) for line in part)]


def checked(path: Path, lines: list[str], evidence: Evidence) -> list[Checked]:
    """The same from evidence that is at hand."""
    read, named = list(passages(lines)), named_in(path, lines)
    footnotes = [(passage, *passage.note) for passage in read if passage.note]
    if not footnotes:
        raise DocumentError(f"{path}: the report has no footnotes, so no number says where it comes from.")
    truths = {number: _recompute(evidence, text) for _, number, text in footnotes}
    found = [item for passage in read for item in _cited(passage, truths)]
    found += [item for passage, number, text in footnotes for item in _note(passage, text, truths[number])]
    known = known_seals(evidence.store, named.report)
    found += _as_written(path, lines, named, known) if known else _uncited(lines, named, evidence.pack)
    return [*found, *_other_pack(named, evidence.pack)] if any(not item.agrees for item in found) else found


def evidence_of(path: Path, named: Named, store: Store, pack: Pack) -> Evidence:
    """Exactly the runs that a report names."""
    try:
        return pinned(store, pack, named.base, named.candidate, named.run_ids)
    except MissingRunsError as error:
        there = workspace_of(store.path).name
        written = f"It was written in the workspace {named.workspace!r}" if named.workspace else "It was written in another workspace"
        raise DocumentError(
            f"{path}: {error} {written}, and this one is {there!r}. "
            f"Ask there for `perfkit export --for {path.name} --to FILE.tar.zst`, then `perfkit ingest FILE.tar.zst` here."
        ) from error


def _other_pack(named: Named, pack: Pack) -> Iterator[Checked]:
    """Why numbers may differ though all runs are here."""
    if named.pack is not None and named.pack != pack.digest:
        said = f"the pack {pack.name} of this workspace is not the one that the report was written with: its targets, limits or components differ"
        yield Checked(named.line, f"pack {pack.name}", pack.digest, False, said)


def _recompute(evidence: Evidence, footnote: str) -> Truth:
    try:
        citation = cite(evidence, parse_footnote(footnote))
    except PerfkitError as error:
        return f"cannot be recomputed: {error}"
    return citation.text, citation.footnote


def _cited(passage: Passage, truths: Mapping[int, Truth]) -> Iterator[Checked]:
    """What stands in code is compared as it was written."""
    if passage.kind in ("code", "footnote"):
        return
    text, found = passage.text, list(CITED.finditer(passage.text))
    if len(found) != len(MARK.findall(text)):
        yield Checked(passage.lines[0][0], text[:80], None, False, "a footnote mark stands behind something that is no number")
    for match in found:
        yield _compared(passage.line_at(match.start("text")), match["text"], int(match["number"]), truths)


def _compared(line: int, text: str, note: int, truths: Mapping[int, Truth]) -> Checked:
    if note not in truths:
        return Checked(line, text, None, False, f"footnote {note} is missing")
    truth = truths[note]
    if isinstance(truth, str):
        return Checked(line, text, None, False, truth)
    agrees = _normal(text) == _normal(truth[0])
    return Checked(line, text, truth[0], agrees, "" if agrees else f"the store says {truth[0]}: {truth[1]}")


def _note(passage: Passage, text: str, truth: Truth) -> Iterator[Checked]:
    line = passage.lines[0][0]
    if isinstance(truth, str):
        yield Checked(line, text, None, False, truth)
    elif _normal(text) != _normal(truth[1]):
        yield Checked(line, text, truth[1], False, f"the footnote should read: {truth[1]}")


def _as_written(path: Path, lines: list[str], named: Named, known: Container[str]) -> Iterator[Checked]:
    """Numbers that no footnote answers for, and the words around those that have one."""
    for sentence in sentences(lines, named.line):
        if sentence.seal not in known:
            for number in sentence.uncited:
                yield Checked(sentence.line, number, None, False, "a number without a run behind it, in words that the report was not written with")
            if not sentence.uncited:
                yield Checked(sentence.line, sentence.shown, None, False, "the report was not written with these words around the number")
    for line, link in changed_pictures(path, lines, known):
        yield Checked(line, link, None, False, "the report was not written with this picture")


def _uncited(lines: list[str], named: Named, pack: Pack) -> Iterator[Checked]:
    """The same where nobody knows which words a report was written with: numbers in the pack's words are those of its source."""
    names = sorted(pack.words, key=len, reverse=True)
    for passage in passages(without_names(lines, named.line)):
        if passage.kind not in QUOTED:
            said = reduce(lambda text, name: text.replace(name, ""), names, passage.text)
            for number in NUMBER.findall(DATE.sub("", re.sub(CODE, "", CITED.sub("", said)))):
                yield Checked(passage.lines[0][0], number, None, False, "a number without a run behind it")


def _normal(text: str) -> str:
    return " ".join(text.replace("\u202f", " ").replace("\u00a0", " ").replace("\\", "").split())
