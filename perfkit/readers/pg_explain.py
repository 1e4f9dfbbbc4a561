"""PostgreSQL's EXPLAIN (FORMAT JSON): one plan or several, as psql, pgAdmin, auto_explain or perfkit collect plans leave them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from json import JSONDecodeError
from pathlib import Path
from typing import Any

from perfkit.errors import ArtefactError
from perfkit.model.artefact import Head
from perfkit.model.batch import Batch
from perfkit.readers.parts.parsing import bytes_of, decoded, refuse
from perfkit.readers.parts.pg_documents import NoDocument, documents_of, entries_of
from perfkit.readers.parts.pg_plan import batches

NAME = "pg-explain"
KIND = "plans"
TOOL = "postgresql"
ABOUT = "PostgreSQL EXPLAIN (FORMAT JSON): one plan or many with their Query Text, also in the frames of psql and pgAdmin"
BY_LINE = False

BEGINNING = '"[{'
DECORATION = "\ufeff \t\r\n|│║+-─═┌┬┐├┼┤╔╗╠╣"


def sniff(head: Head) -> bool:
    """JSON, at most in a frame, in which a Plan with a Node Type comes early."""
    text = head.text.lstrip(DECORATION).removeprefix('"QUERY PLAN"').removeprefix("QUERY PLAN").lstrip(DECORATION)
    plain = text.replace('""', '"')
    return text[:1] in BEGINNING and text != "" and '"Plan"' in plain and '"Node Type"' in plain


def read(path: Path) -> Iterator[Batch]:
    """Plans and their nodes."""
    given = bytes_of(path, NAME)
    try:
        # most files are one document; of the others, and of damage, the slower way knows more to say
        yield from list(batches(_explained(path, entries_of(given))))
    except JSONDecodeError:
        yield from batches(_explained(path, _entries(path, given)))


def _entries(path: Path, given: bytes) -> Iterator[tuple[int, Any]]:
    try:
        documents = documents_of(decoded(path, NAME, given))
    except NoDocument as error:
        where = f"{path}, line {error.line}, column {error.column}"
        raise ArtefactError(f"{where}: tried as {NAME}: {error.reason}; was the file cut off?") from error
    for line, document in documents:
        for entry in document if isinstance(document, list) else [document]:
            yield line, entry


def _explained(path: Path, entries: Iterator[tuple[int, Any]]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """What an error calls each entry, and the entry."""
    for number, (line, entry) in enumerate(entries):
        if not isinstance(entry, dict) or not isinstance(entry.get("Plan"), dict):
            raise refuse(path, NAME, f"entry {number} has no Plan.", line)
        yield f"{path}, line {line}: tried as {NAME}: plan {number}", entry
