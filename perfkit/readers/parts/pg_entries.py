"""A server's log → what auto_explain wrote into it, from stderr with any log_line_prefix, from csvlog and from jsonlog."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from perfkit.readers.parts.parsing import ESCAPED_HALF

EXPLAINED = re.compile(r"duration: (?P<ms>\d+(?:\.\d+)?) ms  plan:\s*")
HEAD = re.compile(
    r"^(?P<prefix>.*?)(?P<level>LOG|INFO|NOTICE|WARNING|DEBUG\d?|ERROR|FATAL|PANIC|STATEMENT|DETAIL|HINT|CONTEXT|QUERY|LOCATION):  (?P<said>.*)$"
)
PID = re.compile(r"\[(\d+)\]|\bpid[=: ](\d+)", re.IGNORECASE)
CHANGING = re.compile(r"\d+")
FUNCTION = re.compile(r"^(?:PL/\w+|SQL) function (?P<name>\"?[\w.]+\"?)")
STATEMENT = re.compile(r'^SQL (?:statement|expression) "')
CSV_ROW = re.compile(r',"?(?:LOG|INFO|NOTICE|DEBUG\d?|WARNING|ERROR|FATAL|PANIC)"?,"?\w{5}"?,"')
CONTAINER = re.compile(r"^[\w.-]+ +\| ?", re.MULTILINE)
UNMARKED = re.compile(r"^(?![\w.-]+ +\|)[^\r\n]+$", re.MULTILINE)
"""What `docker compose logs` writes in front of every line, and a line without it."""
SNIFFED = 1 << 16
CSV_SESSION, CSV_MESSAGE, CSV_CONTEXT = 5, 13, 18


@dataclass
class Entry:
    """One statement that was executed and explained."""

    line: int
    """Where its plan begins."""
    session: str
    duration_ms: float
    body: list[tuple[int, str]] = field(default_factory=list)
    """The plan's lines with their numbers."""
    context: list[str] = field(default_factory=list)
    """Who called it: the innermost caller first."""

    @property
    def callers(self) -> list[str]:
        """Functions that it was executed in, the innermost first."""
        return [match["name"].strip('"') for line in self.context if (match := FUNCTION.match(line))]

    @property
    def depth(self) -> int:
        """0 for a statement that a client sent."""
        return max(len(self.callers), sum(bool(STATEMENT.match(line)) for line in self.context))


def entries_of(text: str) -> Iterator[Entry]:
    """Every explained statement, in the order in which they ended; raises ValueError with a line's number for a broken csvlog or jsonlog."""
    if CONTAINER.match(text) and UNMARKED.search(text) is None:
        text = CONTAINER.sub("", text)
    if is_plain(text):
        return _from_stderr(text)
    return _from_csv(text) if CSV_ROW.search(text, 0, SNIFFED) else _from_json_lines(text)


def is_plain(text: str) -> bool:
    """Whether it is what a server writes to stderr, where an entry has no end of its own."""
    return text.lstrip("\ufeff \r\n")[:1] != "{" and CSV_ROW.search(text, 0, SNIFFED) is None


class BrokenLine(ValueError):  # noqa: N818  it says what was found
    """A line of a csvlog or jsonlog that is none."""

    def __init__(self, reason: str, line: int) -> None:
        super().__init__(reason)
        self.reason, self.line = reason, line


def _from_stderr(text: str) -> Iterator[Entry]:
    entry: Entry | None = None
    in_context = False
    for number, line in enumerate(text.split("\n"), start=1):
        head = None if line.startswith("\t") else HEAD.match(line)
        if head is None:
            if entry is not None and in_context:
                entry.context.append(line.strip())
            elif entry is not None:
                entry.body.append((number, line.removeprefix("\t").rstrip("\r")))
            continue
        in_context = head["level"] == "CONTEXT"
        if in_context and entry is not None:
            entry.context.append(head["said"])
        elif not in_context:
            if entry is not None:
                yield entry
            entry = _entry(number, _session(head["prefix"]), head["said"])
    if entry is not None:
        yield entry


def _from_csv(text: str) -> Iterator[Entry]:
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    before = 0
    try:
        for row in rows:
            line, before = before + 1, rows.line_num
            if len(row) <= CSV_CONTEXT:
                if any(row):
                    raise BrokenLine(f"a row of {len(row)} columns", line)
                continue
            if entry := _entry(line, row[CSV_SESSION], row[CSV_MESSAGE], row[CSV_CONTEXT]):
                yield entry
    except csv.Error as error:
        raise BrokenLine(str(error), before + 1) from error


def _from_json_lines(text: str) -> Iterator[Entry]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            if ESCAPED_HALF.search(line):
                json.dumps(row, ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            raise BrokenLine("a text holds half a character", number) from error
        except (ValueError, RecursionError) as error:
            raise BrokenLine("no whole JSON object", number) from error
        if isinstance(row, dict) and (entry := _entry(number, _session_of(row), str(row.get("message", "")), str(row.get("context", "")))):
            yield entry


def _entry(line: int, session: str, said: str, context: str = "") -> Entry | None:
    match = EXPLAINED.match(said)
    if match is None:
        return None
    rest = said[match.end() :]
    first = line + said.count("\n", 0, match.end())
    body = [(first + offset, words) for offset, words in enumerate(rest.split("\n"))] if rest else []
    return Entry(line, session, float(match["ms"]), body, context.split("\n") if context else [])


def _session(prefix: str) -> str:
    """Who wrote the line: its process where the prefix names one, else what of the prefix is no number."""
    pid = PID.search(prefix)
    return next(filter(None, pid.groups())) if pid else CHANGING.sub("", prefix)


def _session_of(row: Mapping[str, object]) -> str:
    return str(row.get("session_id", row.get("pid", "")))
