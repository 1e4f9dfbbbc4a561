"""Where is a report kept? In the section of a document that the pack names, as a digest; and whole, in the archive with its index."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path, PurePosixPath

from perfkit.errors import DocumentError, unknown
from perfkit.packs import Pack
from perfkit.packs.model import Document
from perfkit.report import changes as files
from perfkit.report.archive_index import Entry, indexed
from perfkit.report.as_written import remember
from perfkit.report.blocks import as_report, level_within, put, take_out
from perfkit.report.changes import FileChange, change_of
from perfkit.report.digest import Place, digest
from perfkit.report.evidence import Evidence
from perfkit.report.linked import place_beside, relinked
from perfkit.report.lint import lint
from perfkit.report.named import named_in
from perfkit.report.repository import MARKDOWN, Repository, slug
from perfkit.report.texts import contents, text_of
from perfkit.report.verify import evidence_of, verify
from perfkit.report.written import WrittenReport, read_report
from perfkit.store import Store

MOST_OF_A_DAY = 1000


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be kept, and where."""

    report: Path
    docs: Repository
    on: date
    feature: str | None = None
    """None: what the report itself is about."""
    kind: str | None = None
    """Of the pack's documents. None: as the report says, and where it says nothing only the archive keeps it."""


@dataclass(frozen=True, slots=True)
class Archiving:
    """What would change; nothing is written before apply."""

    root: Path
    report: Path | None
    """The whole one in the archive; None where only its digest is taken out."""
    index: Path | None
    document: Path | None
    """The one that holds the digest."""
    changes: Sequence[FileChange]
    digest: Sequence[str] = ()
    """Its lines, as a report has them."""
    store: Store | None = None
    """Which is to know the digest as it was written."""

    @property
    def place(self) -> Path:
        """Of the report; there is one unless its digest is taken out."""
        if self.report is None:
            raise DocumentError("Only the digest was taken out; no report was kept.")
        return self.report

    def apply(self) -> None:
        """All files, or, where one fails, none."""
        files.apply(self.changes)
        if self.store is not None and self.document is not None:
            remember(self.store, self.document, self.digest)

    def difference(self) -> Iterator[str]:
        """Line by line."""
        return files.difference(self.changes, self.root)


def keeping(wanted: Wanted, store: Store, pack_of: Callable[[str], Pack]) -> Archiving:
    """The report in the archive and its line in the index; where a document is meant, its digest there, from the same runs."""
    report = _read(wanted)
    kind, pack = _kind(wanted, report), _pack(report, pack_of)
    if kind is None:
        return _planned(wanted, report, pack, None)
    if pack is None:
        raise DocumentError(f"{wanted.report} is no report of perfkit, so no pack says where {kind!r} belongs. Archive it without --document.")
    mapped_document(pack, kind)
    _check_numbers(wanted.report, store, pack_of)
    return _planned(wanted, report, pack, evidence_of(wanted.report, named_in(wanted.report, report.lines), store, pack))


def removal(wanted: Wanted, pack_of: Callable[[str], Pack]) -> Archiving:
    """The document without the digest, as it was before; the archive keeps the report."""
    report = _read(wanted)
    kind, pack = _kind(wanted, report), _pack(report, pack_of)
    if kind is None or pack is None:
        raise DocumentError("A digest is taken out of a document, and none is named. Name its kind with --document.")
    document = wanted.docs.document(mapped_document(pack, kind).file)
    name, text = block_name(kind, wanted.feature or report.feature), text_of(document)
    changed = take_out(text, name, str(document))
    if changed == text:
        raise DocumentError(f"{document}: there is no block {name}, so nothing is taken out. Was it archived as another --feature or --document?")
    return Archiving(wanted.docs.root, None, None, document, [change_of(document, changed.encode())])


def _planned(wanted: Wanted, report: WrittenReport, pack: Pack | None, evidence: Evidence | None) -> Archiving:
    """The report in the archive, its line in the index, and, with evidence, its digest in the document."""
    feature = wanted.feature or report.feature
    place, kept = _free_place(wanted, report, feature, pack.archive if pack else None)
    index = wanted.docs.index(place.parent)
    entry = Entry(wanted.on, feature, place.name, report.answer_in_short)
    listed = indexed(text_of(index) if index.exists() else None, entry, str(index))
    changes = [*kept, change_of(index, listed.encode())]
    if evidence is None:
        return Archiving(wanted.docs.root, place, index, None, changes)
    kind = _kind(wanted, report) or ""
    mapped = mapped_document(evidence.pack, kind)
    document = wanted.docs.document(mapped.file)
    text, name = text_of(document), block_name(kind, feature)
    level = level_within(text, mapped.section, str(document))
    body = digest(report, evidence, Place(name, level, feature, _link(document, place), wanted.on))
    changed = put(text, name, body, mapped.section, str(document))
    everything = [change_of(document, changed.encode()), *changes]
    return Archiving(wanted.docs.root, place, index, document, everything, as_report(body, name), evidence.store)


def mapped_document(pack: Pack, kind: str) -> Document:
    """Where the pack keeps one kind of content."""
    if kind not in pack.documents:
        raise unknown(f"kind of document in the pack {pack.name}", kind, pack.documents)
    return pack.documents[kind]


def block_name(kind: str, feature: str) -> str:
    """One block a kind and feature."""
    return f"{slug(kind)}.{slug(feature)}"


def _read(wanted: Wanted) -> WrittenReport:
    if wanted.report.suffix.lower() not in MARKDOWN:
        raise DocumentError(f"{wanted.report} is no report: the archive keeps documents in markdown. Name a file that ends with .md.")
    remarks = lint(wanted.report)
    if remarks:
        raise DocumentError(f"{wanted.report} is not archived: line {remarks[0].line}: {remarks[0].message}")
    return read_report(wanted.report)


def _kind(wanted: Wanted, report: WrittenReport) -> str | None:
    return wanted.kind or report.meta.get("document")


def _pack(report: WrittenReport, pack_of: Callable[[str], Pack]) -> Pack | None:
    system = report.meta.get("system")
    return pack_of(system) if system else None


def _check_numbers(report: Path, store: Store, pack_of: Callable[[str], Pack]) -> None:
    wrong = [item for item in verify(report, store, pack_of) if not item.agrees]
    if wrong:
        raise DocumentError(
            f"{report}:{wrong[0].line}: {wrong[0].text}: {wrong[0].message.rstrip('.')}. {len(wrong)} numbers do not verify, "
            "so none goes into a document. Nothing was written. Write the report again with perfkit report."
        )


def _free_place(wanted: Wanted, report: WrittenReport, feature: str, pattern: str | None) -> tuple[Path, list[FileChange]]:
    """Never that of another report; a second one of the same day gets a number."""
    for number in range(1, MOST_OF_A_DAY):
        place = wanted.docs.archived(feature, wanted.on, pattern, number)
        text, pictures = _with_pictures(report, place)
        if not place.exists() or contents(place) == text.encode():
            return place, [*pictures, change_of(place, text.encode())]
    raise DocumentError(f"{place.parent} holds a thousand reports on {feature} of {wanted.on} already.")


def _with_pictures(report: WrittenReport, place: Path) -> tuple[str, list[FileChange]]:
    """Pictures move into a folder that is named like the kept report, and its text names them there."""
    moved: dict[str, PurePosixPath] = {}
    copies = []
    for link in report.pictures:
        beside = place_beside(report.path, link)
        if beside is None:
            raise DocumentError(f"{report.path}: the picture {link} is not there, or not beside the report. Nothing was written.")
        parts = beside.parts[1:] if beside.parts[0] == report.path.stem else beside.parts
        moved[link] = PurePosixPath(place.stem, *parts)
        copies.append(change_of(place.parent / moved[link], contents(report.path.parent / beside)))
    return relinked(report.text, moved), copies


def _link(document: Path, place: Path) -> str:
    path = Path(os.path.relpath(place, document.parent)).as_posix()
    return f"<{path}>" if " " in path else path
