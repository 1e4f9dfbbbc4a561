"""Where in a user's repository does a file belong? Never outside of it, whatever a feature or a pack is called."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from pathlib import Path, PurePosixPath

from perfkit.errors import DocumentError

NOT_A_WORD = re.compile(r"[\W_]+")
LONGEST_NAME = 120
"""Bytes of a feature in a file's name; file systems take 255 of the whole."""
ARCHIVED = "docs/archive/performance_{feature}_{date}.md"
MARKDOWN = (".md", ".markdown", ".mdx")
DOCS = "docs"
INDEXES = ("index.md", "README.md")


@dataclass(frozen=True, slots=True)
class Repository:
    """A folder with documents: a repository, or its folder docs alone."""

    root: Path

    def document(self, name: str) -> Path:
        """The file that a pack calls by this name."""
        path = self._inside(name)
        if path.suffix.lower() not in MARKDOWN:
            raise DocumentError(
                f"{name} is no markdown document: only {', '.join(MARKDOWN)} are written to. Name another one in the pack's documents."
            )
        if not path.is_file():
            raise DocumentError(
                f"{path}: the pack keeps this kind of content there, and there is no such file. Nothing was written. "
                "Make it with the heading, name another one in the pack's documents, or give the repository that has it with --docs."
            )
        return path

    def archived(self, feature: str, on: date, pattern: str | None, number: int) -> Path:
        """Where the whole report is kept; number tells apart those of one day."""
        name = (pattern or ARCHIVED).replace("{feature}", slug(feature)).replace("{date}", on.isoformat())
        path = PurePosixPath(name)
        return self._inside(str(path.with_stem(f"{path.stem}_{number}") if number > 1 else path))

    def test(self, feature: str) -> Path:
        """Where the regression tests of a feature are kept."""
        return self._inside(f"tests/performance/test_{slug(feature)}.py")

    def index(self, archive: Path) -> Path:
        """The list of what a folder keeps."""
        there = [archive / name for name in INDEXES if (archive / name).is_file()]
        return self._inside(str((there or [archive / INDEXES[-1]])[0].relative_to(self.root)))

    def _inside(self, name: str) -> Path:
        """The real file, links followed: what leads out is refused."""
        parts = PurePosixPath(name).parts
        alone = self.root.name == DOCS and parts[:1] == (DOCS,) and not (self.root / DOCS).is_dir()
        path = self.root.joinpath(*(parts[1:] if alone else parts)).resolve()
        if not path.is_relative_to(self.root):
            raise DocumentError(
                f"{name} leads out of {self.root}, to {path}. Nothing was written. Files are only written inside the folder of --docs."
            )
        return path


def repository(folder: Path) -> Repository:
    """The one in a folder that exists."""
    if not folder.is_dir():
        raise DocumentError(f"{folder}: there is no such folder. Name a repository that is there.")
    return Repository(folder.resolve())


def slug(feature: str) -> str:
    """A feature's name as part of a file name."""
    letters = "".join(letter for letter in unicodedata.normalize("NFKD", feature.casefold()) if not unicodedata.combining(letter))
    name = NOT_A_WORD.sub("_", letters).strip("_")
    if not name:
        raise DocumentError(f"The feature {feature!r} gives no file name. Name it with letters or digits.")
    if len(name.encode()) > LONGEST_NAME:
        raise DocumentError(
            f"The feature {feature[:60]!r}… gives a file name of {len(name.encode())} bytes; {LONGEST_NAME} are allowed. Give a shorter --feature."
        )
    return name
