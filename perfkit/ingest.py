"""Artefact → reader → writer: idempotent by content, all or nothing."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from perfkit.bundle.recognising import LIST, SUFFIX, is_bundle
from perfkit.errors import ArtefactError, PerfkitError, UnknownFormat, UsageError
from perfkit.model.artefact import read_head, whole_rows
from perfkit.model.run import MANIFEST_SUFFIX, Manifest, run_from, run_id_of
from perfkit.printable import printable
from perfkit.readers import Reader, detect, reader_named
from perfkit.store import Asked, Store
from perfkit.store.vault import Kept, Vault, sha256_of
from perfkit.store.writer import Staged, Staging, commit
from perfkit.trace.fingerprint import fingerprint_of

if TYPE_CHECKING:
    from perfkit.bundle.contents import StoredRun
    from perfkit.bundle.opening import Opened

Examine = Callable[[Asked, Mapping[str, Manifest]], Mapping[str, Manifest]]
"""Adds to manifests what the staged rows say of their runs."""
Progress = Callable[[str, int, int], None]
"""Called with the file's name, the number of files done and the number of all."""

Settle = Callable[["Opened"], None]
"""Finds places for what a bundle brings beside its runs, when these are stored."""

HASHED_AT_ONCE = 16 << 20
"""Files up to here are hashed sooner than the store is asked."""
TRUNCATED = "truncated: the file was cut off within a row, and what came after is missing"


@dataclass(frozen=True, slots=True)
class Ingested:
    """What became of one artefact."""

    path: str
    run_id: str
    format: str
    already_there: bool
    rows: dict[str, int]


@dataclass(frozen=True, slots=True)
class Looked:
    """A file that was read and not stored."""

    path: str
    run_id: str
    """Of its rows, as long as they can be asked."""
    format: str
    rows: dict[str, int]
    valid: bool
    invalid_because: str | None
    steady_from: datetime | None


@dataclass(frozen=True, slots=True)
class Reading:
    """How files are to be read."""

    as_format: str | None = None
    """None looks at their content."""
    partial: bool = False
    """Read the whole rows of a file that was cut off."""


@dataclass(frozen=True, slots=True)
class Settled:
    """A run that was in another store before."""

    name: str
    """Of its file, when it first came in."""
    bundle: Path


@dataclass(frozen=True, slots=True)
class Source:
    """A file to read and the reader for it."""

    path: Path
    reader: Reader
    manifest: Manifest
    """What the user and the collector say of the run."""
    partial: bool = False
    """Read the whole rows of a file that was cut off."""
    settled: Settled | None = None
    """Its manifest says all that is to be said of the run."""

    @property
    def said(self) -> str:
        """As the user knows it."""
        return f"{self.settled.bundle}/{self.settled.name}" if self.settled else str(self.path)


def ingest(  # noqa: PLR0913  what to read and where to, and what the floors above add
    paths: Sequence[Path],
    store: Store,
    vault: Vault,
    *,
    stated: Manifest | None = None,
    outside: Manifest | None = None,
    reading: Reading | None = None,
    examine: Examine | None = None,
    progress: Progress | None = None,
    settle: Settle | None = None,
) -> list[Ingested]:
    """Store the artefacts of all paths in one transaction; a file that breaks its format stores nothing of any.

    What is stated is asked of every path, and a bundle refuses it; outside is said of files only, by whoever started this process.
    """
    with ExitStack() as closing:
        sources, bundles = _sources(paths, stated or Manifest(), reading or Reading(), store.path.parent, closing, outside)
        staging = closing.enter_context(Staging(store.path.parent))
        known = _known(sources, store, vault, staging)
        fresh = [source for source in sources if source.path not in known]
        results = _ingest_fresh(fresh, store, vault, staging, examine or _as_told, progress or _silent) if fresh else {}
        if settle is not None:
            for bundle in bundles:
                settle(bundle)
    results |= {source.path: _already(source, known[source.path], store) for source in sources if source.path in known}
    return [results[source.path] for source in sources]


@contextmanager
def looking(
    paths: Sequence[Path],
    *,
    reading: Reading | None = None,
    examine: Examine | None = None,
    query: str | None = None,
    progress: Progress | None = None,
) -> Iterator[tuple[Staging, list[Looked]]]:
    """The rows of files, to be asked and then forgotten: nothing is hashed, kept or stored; only what a query names is read, if it is given."""
    report = progress or _silent
    with ExitStack() as closing:
        folder = Path(closing.enter_context(TemporaryDirectory(prefix="perfkit-look-")))
        sources, _ = _sources(paths, Manifest(), reading or Reading(), folder, closing)
        staging = closing.enter_context(Staging(folder, query))
        told: dict[str, Manifest] = {}
        for number, source in enumerate(sources):
            report(source.path.name, number, len(sources))
            told[str(number)] = _told(source, _stage(source, str(number), staging))
        counts = _counted(sources, staging)
        staging.normalise_names()
        staging.fingerprint_statements(fingerprint_of)
        staging.split_requests()
        told = _examined(sources, told, staging, examine or _as_told)
        yield staging, [_looked(source, token, counts[token], told[token]) for token, source in zip(told, sources, strict=True)]


def _looked(source: Source, token: str, rows: dict[str, int], told: Manifest) -> Looked:
    return Looked(source.said, token, source.reader.NAME, rows, told.valid, told.invalid_because, told.steady_from)


def _sources(
    paths: Sequence[Path], stated: Manifest, how: Reading, scratch: Path, closing: ExitStack, outside: Manifest | None = None
) -> tuple[list[Source], list[Opened]]:
    """Files and the runs of bundles; a file that is named twice is read once."""
    bundles = bundles_of(paths)
    if bundles and (stated != Manifest() or how != Reading()):
        raise UsageError(f"{bundles[0]} is a bundle, which says itself what its runs are. Ingest it without --as, --label and the other options.")
    found = _opened(bundles, scratch, closing)
    settled = [_of_bundle(bundle, run) for bundle in found for run in bundle.contents.runs]
    said = (outside or Manifest()).overridden_by(stated)
    sources = [_source(path, said, how) for path in _artefacts([path for path in paths if path not in bundles], how.as_format, bundles)]
    return [*sources, *settled], found


def _opened(bundles: Sequence[Path], scratch: Path, closing: ExitStack) -> list[Opened]:
    if not bundles:
        return []
    from perfkit.bundle.opening import opened

    return [closing.enter_context(opened(path, scratch)) for path in bundles]


def bundles_of(paths: Iterable[Path]) -> list[Path]:
    """The bundles among the paths and in folders among them, to any depth."""
    below = (file for path in paths if path.is_dir() for file in sorted(path.rglob("*")))
    inside = [file.parent if file.name == LIST else file for file in below if file.name == LIST or file.name.endswith(SUFFIX)]
    given = [path for path in paths if not path.is_dir()]
    return [path for path in dict.fromkeys([*given, *inside]) if is_bundle(path)]


def _of_bundle(bundle: Opened, run: StoredRun) -> Source:
    try:
        reader = reader_named(run.format)
    except PerfkitError as error:
        raise ArtefactError(f"{bundle.source}: its run {run.name} has a format that this perfkit does not read: {error}") from error
    return Source(bundle.folder / run.artefact, reader, run.manifest, run.partial, Settled(run.name, bundle.source))


def _artefacts(paths: Iterable[Path], as_format: str | None, bundles: Sequence[Path]) -> list[Path]:
    artefacts: list[Path] = []
    for path in paths:
        if path.is_dir():
            artefacts += _walk(path, as_format, bundles)
        elif path.exists():
            artefacts.append(path)
        else:
            raise ArtefactError(f"{path}: there is no such file.")
    return list(dict.fromkeys(artefacts))


def _walk(folder: Path, as_format: str | None, bundles: Sequence[Path]) -> list[Path]:
    """Files of a folder that some reader recognises; the others are not ours, and those of bundles are theirs."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.endswith(MANIFEST_SUFFIX)]
    files = [path for path in files if not any(path.is_relative_to(bundle) for bundle in bundles)]
    chosen = files if as_format else [path for path in files if _recognised(path)]
    if not chosen and any(bundle.is_relative_to(folder) for bundle in bundles):
        return []
    if not chosen:
        raise ArtefactError(f"{folder}: none of its {len(files)} files is an artefact that perfkit can read. `perfkit formats` lists what is.")
    return chosen


def _recognised(path: Path) -> bool:
    try:
        detect(path)
    except UnknownFormat:
        return False
    except ArtefactError:
        return path.stat().st_size > 0
    return True


def _source(path: Path, stated: Manifest, how: Reading) -> Source:
    head = read_head(path)
    reader = reader_named(how.as_format) if how.as_format else detect(path, head)
    note = path.with_name(path.name + MANIFEST_SUFFIX)
    manifest = Manifest()
    if note.exists():
        try:
            manifest = manifest.overridden_by(Manifest.from_json(note.read_text(encoding="utf-8")))
        except (ValueError, TypeError) as error:
            raise ArtefactError(f"{note}: not a manifest: {error}.") from error
    if how.partial and not reader.BY_LINE:
        raise UsageError(f"{path}: --partial reads files of one row a line; {reader.NAME} is not one.")
    return Source(path, reader, manifest.overridden_by(stated), how.partial)


def _known(sources: Sequence[Source], store: Store, vault: Vault, staging: Staging) -> dict[Path, str]:
    """Run ids of files that the store has. A small file that the vault lacks is new; a large one is only hashed if the store has one of its size."""
    sizes = {source.path: source.path.stat().st_size for source in sources}
    hashes = {path: sha256_of(path) for path, size in sizes.items() if size <= HASHED_AT_ONCE}
    asked = [path for path in sizes if path not in hashes or vault.has(hashes[path])]
    if not asked:
        return {}
    stored = staging.artefacts_of(store)
    there = set(stored.values())
    hashes |= {path: sha256_of(path) for path in asked if path not in hashes and sizes[path] in there}
    return {path: run_id_of(hashes[path]) for path in asked if hashes.get(path) in stored}


def _already(source: Source, run_id: str, store: Store) -> Ingested:
    return Ingested(source.said, run_id, source.reader.NAME, True, store.rows_of(run_id))


def _ingest_fresh(
    sources: Sequence[Source], store: Store, vault: Vault, staging: Staging, examine: Examine, progress: Progress
) -> dict[Path, Ingested]:
    with ExitStack() as closing:
        hashing = closing.enter_context(ThreadPoolExecutor(max_workers=1))
        kept: list[Kept] = []
        closing.callback(_discard, vault, kept)
        told: list[Manifest] = []
        for number, source in enumerate(sources):
            progress(source.path.name, number, len(sources))
            taking = hashing.submit(vault.take, source.path, printable(source.settled.name if source.settled else source.path.name))
            try:
                told.append(_told(source, _stage(source, str(number), staging)))
            finally:
                kept.append(taking.result())
        counts = _counted(sources, staging)
        told = [*_examined(sources, {str(number): known for number, known in enumerate(told)}, staging, examine).values()]
        staged = _staged(sources, told, kept, staging)
        staging.fingerprint_statements(fingerprint_of)
        staging.split_requests()
        for item in staged:
            vault.settle(item.kept, replace(told[int(item.token)], started_at=item.run.started_at, root=item.run.root).to_json())
        there = commit(store, staging, staged)
        progress(sources[-1].path.name, len(sources), len(sources))
    return {
        source.path: Ingested(source.said, item.run.run_id, source.reader.NAME, item.token in there, counts.get(item.token, {}))
        for source, item in zip(sources, staged, strict=True)
    }


def _discard(vault: Vault, kept: Sequence[Kept]) -> None:
    """What was settled is not pending any more; what was not must not stay."""
    for item in kept:
        vault.discard(item)


def _told(source: Source, by_artefact: Manifest) -> Manifest:
    """What is known of a run before anybody looked at its rows."""
    return source.manifest if source.settled else by_artefact.overridden_by(source.manifest)


def _examined(sources: Sequence[Source], told: dict[str, Manifest], staging: Staging, examine: Examine) -> dict[str, Manifest]:
    """What rows say is added once: not again to runs that were stored before."""
    doubted = {token: told[token] for token, source in zip(told, sources, strict=True) if not source.settled}
    return told | dict(examine(staging, doubted)) if doubted else told


def _stage(source: Source, token: str, staging: Staging) -> Manifest:
    """Stages the rows; returns what the artefact says of its run."""
    told = Manifest(tool=source.reader.TOOL)
    with ExitStack() as closing:
        path = source.path
        if source.partial:
            whole_part = getattr(source.reader, "whole_part", whole_rows)  # of formats whose rows are more than a line
            path, cut = whole_part(path, Path(closing.enter_context(TemporaryDirectory(prefix="perfkit-"))))
            told = replace(told, valid=not cut, invalid_because=TRUNCATED if cut else None)
        try:
            for batch in source.reader.read(path):
                if isinstance(batch, Manifest):
                    told = told.overridden_by(batch)
                else:
                    staging.add(batch, token, f"{source.path}: tried as {source.reader.NAME}")
        except OSError as error:
            raise ArtefactError(f"{source.path}: cannot be read: {error.strerror or error}.") from error
    return told


def _staged(sources: Sequence[Source], told: Sequence[Manifest], kept: Sequence[Kept], staging: Staging) -> list[Staged]:
    now = datetime.now(UTC).replace(tzinfo=None)
    moments, roots = staging.first_moments(), staging.roots()
    staged = []
    for token, source, known, item in zip(map(str, itertools.count()), sources, told, kept, strict=False):
        started = known.started_at or moments.get(token) or _modified(source.path)
        manifest = replace(known, started_at=started, root=known.root or roots.get(token))
        staged.append(Staged(token, run_from(manifest, item.sha256, source.reader.KIND, source.reader.NAME), item, now))
    return staged


def _counted(sources: Sequence[Source], staging: Staging) -> dict[str, dict[str, int]]:
    """Rows by token and table, with what collectors measured; an artefact must have rows of its own."""
    counts = staging.counts()
    for number, source in enumerate(sources):
        if not counts.get(str(number)):
            raise ArtefactError(f"{source.path}: tried as {source.reader.NAME}: it holds no measurements.")
        staging.add_facts(source.manifest.facts, str(number))
    return staging.counts() if any(source.manifest.facts for source in sources) else counts


def _modified(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC).replace(tzinfo=None)


def _as_told(evidence: Asked, manifests: Mapping[str, Manifest]) -> Mapping[str, Manifest]:  # noqa: ARG001
    """Nobody examines."""
    return manifests


def _silent(name: str, done: int, total: int) -> None:
    """Nobody is watching."""


def label_of(text: str | None) -> str | None:
    """Labels are words that fit into commands and file names."""
    if text is not None and (not text or any(character.isspace() for character in text)):
        raise UsageError(f"The label {text!r} has white space or is empty. Use words such as baseline or optimized.")
    return text
