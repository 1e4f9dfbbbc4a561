"""Recompute every number of a report from the store; a number without a run behind it fails as well."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from perfkit.errors import DocumentError, PerfkitError
from perfkit.packs import Pack, load_pack
from perfkit.report.blocks import alone, blocks
from perfkit.report.citations import FOOTNOTE, cite, parse_footnote
from perfkit.report.evidence import Evidence, MissingRunsError, pinned
from perfkit.report.lint import outside_fences
from perfkit.report.named import META, NUMBER, RUN_ROW, Named, named_in, report_lines
from perfkit.report.table_rows import BOLD, CODE, as_text
from perfkit.store import Store
from perfkit.workspace import workspace_of

ADVICE = r"“[^”\n]+”"
QUANTITY = r"[-−+]?\d[\d\u202f\u00a0.,]*(?:e[+-]?\d+)?(?:[ \u202f\u00a0](?:ms|s|µs|us|min|h|%|B|KB|MB|GB|TB|tokens?))?(?:/s|×|x\b|%)?"
WORDS = r"not measured|unbounded|undecided"
CITED = re.compile(rf"(?P<text>{ADVICE}|{CODE}|{BOLD}|{QUANTITY}|{WORDS})\[\^(?P<number>\d+)\]")
MARK = re.compile(r"\[\^(\d+)\]")
NOT_OURS = ("> ", "[^", "<!--", "| label | kind |")


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


def reports_in(path: Path) -> list[list[str]]:
    """The lines of a report, or those of each block that the archive keeps in a document; other lines are empty then."""
    lines = report_lines(path)
    kept = [alone(lines, block) for block in blocks(lines, str(path))]
    return [part for part in kept if any(META.search(line) for line in part)] or [lines]


def checked(path: Path, lines: list[str], evidence: Evidence) -> list[Checked]:
    """The same from evidence that is at hand."""
    footnotes = {int(match["number"]): match["text"] for _, line in outside_fences(lines) if (match := FOOTNOTE.match(line))}
    if not footnotes:
        raise DocumentError(f"{path}: the report has no footnotes, so no number says where it comes from.")
    recomputed = {number: _recompute(evidence, text) for number, text in footnotes.items()}
    named, lines = named_in(path, lines), [as_text(line) for line in lines]
    found = [*_cited(lines, footnotes, recomputed), *_notes(lines, recomputed), *_uncited(lines, [*evidence.pack.words, *named.words])]
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


def _recompute(evidence: Evidence, footnote: str) -> tuple[str, str] | str:
    """Number and footnote as they should be, or why they cannot be computed."""
    try:
        citation = cite(evidence, parse_footnote(footnote))
    except (PerfkitError, KeyError) as error:
        return f"cannot be recomputed: {error}"
    return citation.text, citation.footnote


def _cited(lines: list[str], footnotes: dict[int, str], recomputed: dict[int, tuple[str, str] | str]) -> Iterator[Checked]:
    for number, line in outside_fences(lines):
        if FOOTNOTE.match(line):
            continue
        marks = MARK.findall(line)
        found = list(CITED.finditer(line))
        if len(found) != len(marks):
            yield Checked(number, line.strip()[:80], None, False, "a footnote mark stands behind something that is no number")
        for match in found:
            yield _compared(number, match["text"], int(match["number"]), footnotes, recomputed)


def _compared(line: int, text: str, note: int, footnotes: dict[int, str], recomputed: dict[int, tuple[str, str] | str]) -> Checked:
    if note not in recomputed:
        return Checked(line, text, None, False, f"footnote {note} is missing")
    truth = recomputed[note]
    if isinstance(truth, str):
        return Checked(line, text, None, False, truth)
    agrees = _normal(text) == _normal(truth[0])
    said = f"the store says {truth[0]}: {footnotes[note]}"
    return Checked(line, text, truth[0], agrees, "" if agrees else said)


def _notes(lines: list[str], recomputed: dict[int, tuple[str, str] | str]) -> Iterator[Checked]:
    for number, line in outside_fences(lines):
        match = FOOTNOTE.match(line)
        if match is None:
            continue
        truth = recomputed[int(match["number"])]
        if not isinstance(truth, str) and _normal(match["text"]) != _normal(truth[1]):
            yield Checked(number, match["text"], truth[1], False, f"the footnote should read: {truth[1]}")


def _uncited(lines: list[str], quoted: Sequence[str] = ()) -> Iterator[Checked]:
    """Numbers in the words of the pack are those of its source, and those of a question its asker's."""
    names = sorted(quoted, key=len, reverse=True)
    for number, line in outside_fences(lines):
        if line.startswith(NOT_OURS) or RUN_ROW.match(line) or line.startswith("#"):
            continue
        said = functools.reduce(lambda text, name: text.replace(name, ""), names, line)
        rest = re.sub(r"^\s*\d+\.\s", "", re.sub(CODE, "", CITED.sub("", said)))
        for match in NUMBER.finditer(re.sub(r"\d{4}-\d{2}-\d{2}", "", rest)):
            yield Checked(number, match[0], None, False, "a number without a run behind it")


def _normal(text: str) -> str:
    return " ".join(text.replace("\u202f", " ").replace("\u00a0", " ").split())
