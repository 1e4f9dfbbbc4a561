"""Code before and after: functions that the investigation names, and what git knows of the places of findings."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from perfkit.errors import DocumentError
from perfkit.model.finding import Finding
from perfkit.model.patch import Hunk
from perfkit.packs.investigation import Change

CHECKOUT = Path(__file__).resolve().parent.parent.parent
NEAR_LINES = 20
"""A hunk so far from the line of a finding still belongs to it: calls stand near what they loop over."""
MOST_LINES = 60
"""Of one piece of code in a report."""


@dataclass(frozen=True, slots=True)
class Changed:
    """One change, ready to be shown."""

    technique: str
    language: str
    lines: Sequence[str]
    """At most MOST_LINES."""
    left_out: int
    """Lines beyond that."""


def named_changes(changes: Sequence[Change], root: Path | None) -> list[Changed]:
    """The functions that an investigation names as file::function."""
    return [_named(change, root) for change in changes if change.before and change.after]


def found_changes(hunks: Sequence[Hunk], findings: Sequence[Finding]) -> list[Changed]:
    """Each hunk that touches the place of a finding, once."""
    found: dict[Hunk, Finding] = {}
    for finding in findings:
        for hunk in hunks:
            if _touches(hunk, finding):
                found.setdefault(hunk, finding)
    return [_cut(f"`{hunk.file}`, where {finding.title} was found", "diff", hunk.lines) for hunk, finding in found.items()]


def _touches(hunk: Hunk, finding: Finding) -> bool:
    if not finding.file or not finding.line or not f"/{hunk.file}".endswith(f"/{finding.file.lstrip('/')}"):
        return False
    return hunk.start - NEAR_LINES <= finding.line <= hunk.start + hunk.length + NEAR_LINES


def _named(change: Change, root: Path | None) -> Changed:
    lines = [f"# before: {change.before}", *_source(change.before, root), "", "", f"# after: {change.after}", *_source(change.after, root)]
    return _cut(change.technique, "python", lines)


def _cut(technique: str, language: str, lines: Sequence[str]) -> Changed:
    return Changed(technique, language, lines[:MOST_LINES], max(0, len(lines) - MOST_LINES))


def _source(reference: str | None, root: Path | None) -> Iterator[str]:
    """The lines of one function; the file is looked up in the system's repository, then in perfkit's own."""
    name, _, function = (reference or "").partition("::")
    folders = (root or Path.cwd(), Path.cwd(), CHECKOUT)
    path = next((folder / name for folder in folders if (folder / name).is_file()), None)
    if path is None or not function:
        raise DocumentError(f"The change {reference!r} names no file::function that exists. Check `changes` in the investigation file.")
    text = path.read_text(encoding="utf-8")
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        raise DocumentError(f"{path} is no Python that this version reads: line {error.lineno}: {error.msg}.") from error
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == function:
            yield from text.splitlines()[node.lineno - 1 : node.end_lineno]
            return
    raise DocumentError(f"{path} has no function {function!r}. Check `changes` in the investigation file.")
