"""auto_explain's plans out of a PostgreSQL server's log, JSON or text; statements within functions know the statement that called them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from perfkit.errors import ArtefactError
from perfkit.model.artefact import Head, whole_rows
from perfkit.model.batch import Batch
from perfkit.readers.parts.parsing import refuse, text_of
from perfkit.readers.parts.pg_documents import NoDocument, document_at
from perfkit.readers.parts.pg_entries import EXPLAINED, BrokenLine, Entry, entries_of, is_plain
from perfkit.readers.parts.pg_frames import TAB_COLUMNS, Line
from perfkit.readers.parts.pg_lines import NotUnderstood, plans_of
from perfkit.readers.parts.pg_plan import batches
from perfkit.readers.parts.unread import advice_for

NAME = "auto-explain-log"
KIND = "plans"
TOOL = "postgresql"
ABOUT = "PostgreSQL server log (stderr, csvlog or jsonlog) with the plans of auto_explain in JSON or text"
BY_LINE = True

ADVICE = "--partial reads the entries before it and marks the run as not valid."
ANONYMOUS = "inline_code_block"
"""A DO block is no statement that is explained."""
WRITING = ("insert", "update", "delete", "merge", "with")
Explained = dict[str, Any]


def sniff(head: Head) -> bool:
    """An explained statement comes early."""
    return EXPLAINED.search(head.text) is not None


def read(path: Path) -> Iterator[Batch]:
    """Plans and their nodes, in the order in which the statements ended."""
    text = text_of(path, NAME)
    entries = _entries(path, text)
    if not entries:
        raise refuse(path, NAME, "there is no plan of auto_explain in it.", 1)
    explained = [_explained(path, entry) for entry in entries]
    if not text.endswith("\n") and _ends_with(text, entries[-1]) and not _is_json(entries[-1]):
        raise refuse(path, NAME, f"the last line has no end, so the plan was cut off. {ADVICE}", text.count("\n") + 1)
    for number, outer in enumerate(_callers(entries, explained)):
        if outer is not None:
            explained[number]["Nested In"] = outer
    yield from batches([(f"{path}, line {entry.line}: tried as {NAME}", facts) for entry, facts in zip(entries, explained, strict=True)])


def whole_part(path: Path, folder: Path) -> tuple[Path, bool]:
    """A copy without the last entry where that was cut off, and whether anything was."""
    copy, cut = whole_rows(path, folder)
    text = text_of(copy, NAME)
    try:
        entries = list(entries_of(text))
    except BrokenLine as error:
        return _without_lines_from(copy, text, error.line), True
    if entries and ((_ends_with(text, entries[-1]) and cut and not _is_json(entries[-1])) or _is_broken(copy, entries[-1])):
        return _without_lines_from(copy, text, entries[-1].line), True
    return copy, cut


def _is_broken(path: Path, entry: Entry) -> bool:
    try:
        _explained(path, entry)
    except ArtefactError:
        return True
    return False


def _ends_with(text: str, entry: Entry) -> bool:
    """Whether the log's last line is one of the entry's, so that more of it may be missing."""
    if not is_plain(text):
        return False
    last = max((number for number, words in entry.body if words.strip()), default=entry.line)
    return last >= text.rstrip("\n").count("\n") + 1


def _without_lines_from(copy: Path, text: str, line: int) -> Path:
    copy.write_text("".join(text.splitlines(keepends=True)[: line - 1]), encoding="utf-8")
    return copy


def _entries(path: Path, text: str) -> list[Entry]:
    try:
        return list(entries_of(text))
    except BrokenLine as error:
        raise refuse(path, NAME, f"{error.reason}; was the log cut off? {ADVICE}", error.line) from error


def _is_json(entry: Entry) -> bool:
    return next((words for _, words in entry.body if words.strip()), "").lstrip().startswith("{")


def _explained(path: Path, entry: Entry) -> Explained:
    facts = _from_json(path, entry) if _is_json(entry) else _from_text(path, entry)
    return {**facts, "Execution Time": entry.duration_ms}


def _from_json(path: Path, entry: Entry) -> Explained:
    text = "\n".join(words for _, words in entry.body)
    try:
        document, _ = document_at(text, len(text) - len(text.lstrip()))
    except NoDocument as error:
        line = entry.body[0][0] + error.line - 1
        raise refuse(path, NAME, f"the plan is no whole JSON: {error.reason} at column {error.column}. {ADVICE}", line) from error
    if not isinstance(document, dict) or not isinstance(document.get("Plan"), dict):
        raise refuse(path, NAME, "the entry has no Plan.", entry.line)
    return document


def _from_text(path: Path, entry: Entry) -> Explained:
    if advice := advice_for("\n".join(words for _, words in entry.body)):
        raise refuse(path, NAME, advice, entry.line)
    try:
        plans = plans_of(Line(number, words.expandtabs(TAB_COLUMNS).rstrip()) for number, words in entry.body)
    except NotUnderstood as error:
        raise refuse(path, NAME, f"{error.reason} {ADVICE}", error.line) from error
    if len(plans) != 1:
        raise refuse(path, NAME, f"the entry has no plan in JSON or text; was it cut off? {ADVICE}", entry.line)
    return plans[0].facts


def _callers(entries: Sequence[Entry], explained: Sequence[Mapping[str, Any]]) -> list[int | None]:
    """Inner statements end before the one that called them, in the same session, and are deeper."""
    outer: list[int | None] = [None] * len(entries)
    waiting: dict[str, list[int]] = {}
    for number, entry in enumerate(entries):
        pending = waiting.setdefault(entry.session, [])
        while pending and entries[pending[-1]].depth > entry.depth:
            inner = pending.pop()
            if _calls(entry, explained[number], entries[inner]):
                outer[inner] = number
        if entry.depth:
            pending.append(number)
    return outer


def _calls(outer: Entry, explained: Mapping[str, Any], inner: Entry) -> bool:
    """A statement that took longer and names the function, or writes, so that triggers may have run."""
    if outer.duration_ms < inner.duration_ms:
        return False
    function = inner.callers[-1 - outer.depth] if len(inner.callers) > outer.depth else ""
    if function == ANONYMOUS:
        return False
    statement = str(explained.get("Query Text", ""))
    if not function or statement.lstrip().lower().startswith(WRITING):
        return True
    name = function.rpartition(".")[2]
    return name in statement or name in json.dumps(explained["Plan"], default=str)
