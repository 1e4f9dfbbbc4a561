"""Code before and after: functions that the investigation names, and what git knows of the places of findings."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from textwrap import dedent

from perfkit.errors import DocumentError
from perfkit.model.finding import Finding
from perfkit.model.patch import Hunk
from perfkit.packs.investigation import Change
from perfkit.report.texts import text_of

CHECKOUT = Path(__file__).resolve().parent.parent.parent
NEAR_LINES = 20
"""A hunk so far from the line of a finding still belongs to it: calls stand near what they loop over."""
LANGUAGES = {".py": ("python", "#"), ".sql": ("sql", "--")}
"""Of a file, by its suffix, and what begins a remark in it."""
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


@dataclass(frozen=True, slots=True)
class Standing:
    """Code that is to be changed, as it stands."""

    language: str
    lines: Sequence[str]


def named_changes(changes: Sequence[Change], root: Path | None) -> list[Changed]:
    """The functions that an investigation names as file::function."""
    return [_named(change, root) for change in changes if change.before and change.after]


def change_of(finding: Finding, changes: Sequence[Change]) -> Change | None:
    """The change that an investigation names for a finding: the first of its rule that is for its endpoint, or its place where it has none."""
    about = finding.subject or finding.place
    return next((change for change in changes if change.rule == finding.rule and fnmatchcase(about, change.subject)), None)


def standing_code(findings: Sequence[Finding], changes: Sequence[Change], root: Path | None) -> dict[str, Standing]:
    """Finding → the function that is to be changed; each function once."""
    shown: dict[str, str] = {}
    for finding in findings:
        change = change_of(finding, changes)
        if change is not None and change.before:
            shown.setdefault(change.before, finding.finding_id)
    return {finding_id: Standing(_language(reference)[0], list(_source(reference, root))[:MOST_LINES]) for reference, finding_id in shown.items()}


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
    language, remark = _language(change.before)
    before, after = (f"{remark} {when}: {reference}" for when, reference in (("before", change.before), ("after", change.after)))
    lines = [before, *_source(change.before, root), "", "", after, *_source(change.after, root)]
    return _cut(change.technique, language, lines)


def _language(reference: str | None) -> tuple[str, str]:
    return LANGUAGES.get(Path((reference or "").partition("::")[0]).suffix, ("", "#"))


def _cut(technique: str, language: str, lines: Sequence[str]) -> Changed:
    return Changed(technique, language, lines[:MOST_LINES], max(0, len(lines) - MOST_LINES))


def _source(reference: str | None, root: Path | None) -> Iterator[str]:
    """The lines of one function, from the margin, or of a whole file; it is looked up in the system's repository, then in perfkit's own."""
    name, _, function = (reference or "").partition("::")
    folders = (root or Path.cwd(), Path.cwd(), CHECKOUT)
    path = next((file for folder in folders if (file := (folder / name).resolve()).is_file() and file.is_relative_to(folder.resolve())), None)
    if path is None:
        raise DocumentError(f"The change {reference!r} names no file in the system's repository. Check `changes` in the investigation file.")
    text = text_of(path)
    if not function:
        yield from text.splitlines()
        return
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError) as error:
        raise DocumentError(f"{path} is no Python that this version reads: {error}.") from error
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == function:
            yield from dedent("\n".join(text.splitlines()[node.lineno - 1 : node.end_lineno])).splitlines()
            return
    raise DocumentError(f"{path} has no function {function!r}. Check `changes` in the investigation file.")
