"""The vault keeps every artefact under its SHA-256, with the manifest beside it, so that the store can be rebuilt."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import zstandard

from perfkit.errors import ArtefactError
from perfkit.model.run import MANIFEST_SUFFIX, Manifest

CHUNK_BYTES = 4 * 1024 * 1024
COMPRESS_FROM_BYTES = 64 * 1024
FAST_LEVEL = -1
"""Measured on request logs: 1.4 GB/s a core for a fifteenth of the size; higher levels cost more than reading the file."""
COMPRESSED_SUFFIX = ".zst"
ALREADY_COMPRESSED = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PK\x03\x04")


@dataclass(frozen=True, slots=True)
class Kept:
    """An artefact that was read once: hashed, and copied to a place where nobody looks yet."""

    sha256: str
    name: str
    bytes: int
    stored_bytes: int
    pending: Path
    compressed: bool


@dataclass(frozen=True, slots=True)
class Vault:
    """A folder of artefacts."""

    folder: Path

    def take(self, path: Path, name: str | None = None) -> Kept:
        """Hash and copy in one pass over the file; a name is the one that the tool gave it, where that is not the path's."""
        self.folder.mkdir(parents=True, exist_ok=True)
        descriptor, taking = tempfile.mkstemp(dir=self.folder, prefix=".taking-")
        pending = Path(taking)
        try:
            with path.open("rb") as source, os.fdopen(descriptor, "wb") as copy:
                compress = _worth_compressing(path)
                target = zstandard.ZstdCompressor(level=FAST_LEVEL).stream_writer(copy, closefd=False) if compress else copy
                digest, size = hashlib.sha256(), 0
                while chunk := source.read(CHUNK_BYTES):
                    digest.update(chunk)
                    target.write(chunk)
                    size += len(chunk)
                if compress:
                    target.close()
        except OSError as error:
            pending.unlink(missing_ok=True)
            raise ArtefactError(f"{path}: cannot be kept: {error.strerror or error}.") from error
        return Kept(digest.hexdigest(), name or path.name, size, pending.stat().st_size, pending, compress)

    def settle(self, kept: Kept, manifest: str) -> None:
        """Make the artefact findable, manifest first: an artefact without one does not count."""
        place = self.folder / (kept.sha256 + (COMPRESSED_SUFFIX if kept.compressed else ""))
        note = kept.pending.with_name(kept.pending.name + MANIFEST_SUFFIX)
        note.write_text(manifest, encoding="utf-8")
        note.replace(self.folder / (kept.sha256 + MANIFEST_SUFFIX))
        kept.pending.replace(place)

    def discard(self, kept: Kept) -> None:
        """Forget an artefact that is not going to be stored."""
        kept.pending.unlink(missing_ok=True)

    def has(self, sha256: str) -> bool:
        """Whether it keeps the artefact."""
        return (self.folder / sha256).exists() or (self.folder / (sha256 + COMPRESSED_SUFFIX)).exists()

    def manifest(self, sha256: str) -> Manifest:
        """What was said of the artefact when it came in."""
        note = self.folder / (sha256 + MANIFEST_SUFFIX)
        try:
            return Manifest.from_json(note.read_text(encoding="utf-8"))
        except (OSError, ValueError, TypeError) as error:
            raise ArtefactError(f"{note}: the manifest of a stored artefact cannot be read: {error}.") from error

    @contextmanager
    def opened(self, sha256: str) -> Iterator[Path]:
        """The artefact as the tool left it, for as long as the context lasts."""
        plain, packed = self.folder / sha256, self.folder / (sha256 + COMPRESSED_SUFFIX)
        if plain.exists():
            yield plain
            return
        if not packed.exists():
            raise ArtefactError(f"The vault {self.folder} has no artefact {sha256}.")
        with tempfile.TemporaryDirectory(dir=self.folder, prefix=".opened-") as folder:
            unpacked = Path(folder) / sha256
            with packed.open("rb") as source, unpacked.open("wb") as target:
                zstandard.ZstdDecompressor().copy_stream(source, target)
            yield unpacked


def sha256_of(path: Path) -> str:
    """Hash without keeping."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _worth_compressing(path: Path) -> bool:
    if path.stat().st_size < COMPRESS_FROM_BYTES:
        return False
    with path.open("rb") as file:
        return not file.read(4).startswith(ALREADY_COMPRESSED)
