"""Which pictures does a document show, and which of them lie beside it? Its links may be anybody's, and lead nowhere else."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from posixpath import normpath

from perfkit.report.lint import outside_fences

PICTURE = re.compile(r"(?P<before>!\[(?:(?!!\[)[^\]])*\]\()(?P<link>[^)\s\0]+)(?P<after>[^)]*\))")


def pictures_in(lines: Sequence[str]) -> list[str]:
    """The links to files, as they stand, each once."""
    links = [match["link"] for _, line in outside_fences(list(lines)) for match in PICTURE.finditer(line)]
    return [link for link in dict.fromkeys(links) if ":" not in link]


def place_beside(document: Path, link: str) -> PurePosixPath | None:
    """Where a picture lies, from the document's folder on; None unless it is a file there or below."""
    place, folder = PurePosixPath(normpath(link)), document.parent.resolve()
    if place.is_absolute() or place.parts[:1] == ("..",):
        return None
    file = (folder / place).resolve()
    return place if file.is_relative_to(folder) and file.is_file() else None


def relinked(text: str, places: Mapping[str, PurePosixPath]) -> str:
    """The text with other links to the same pictures."""
    return PICTURE.sub(lambda match: f"{match['before']}{places.get(match['link'], match['link'])}{match['after']}", text)
