"""Findings that a team looked at and accepts: a small file in the workspace, made to be read, reviewed and committed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from perfkit.errors import UsageError
from perfkit.model.finding import Finding

HEAD = """\
# Findings that were looked at and accepted: `perfkit check --new-only` fails on others only.
# `perfkit accept --remove IDENTITY`, or removing an entry by hand, takes one back.
"""


@dataclass(frozen=True, slots=True)
class Accepted:
    """One entry. Only its identity counts; the rest is for whoever reads the file."""

    identity: str
    rule: str
    place: str
    title: str
    reason: str
    accepted_on: date


NAMES = {item.name for item in fields(Accepted)}


def read(path: Path) -> list[Accepted]:
    """All entries; none where there is no file."""
    if not path.exists():
        return []
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UsageError(f"{path}: cannot be read: {' '.join(str(error).split())}") from error
    entries = content.get("accepted") if isinstance(content, dict) else None
    if not isinstance(entries, list):
        raise UsageError(f"{path}: not a list of accepted findings: it must hold the key accepted with a list below it.")
    return [_entry(path, number, entry) for number, entry in enumerate(entries, 1)]


def accept(path: Path, findings: Sequence[Finding], reason: str, today: date) -> list[Accepted]:
    """Add findings that are not in the file yet; returns what was added."""
    entries = read(path)
    known = {entry.identity for entry in entries}
    fresh = {finding.identity: finding for finding in findings if finding.identity not in known}
    added = [Accepted(item.identity, item.rule, item.place, item.title, reason, today) for item in fresh.values()]
    if added:
        _write(path, [*entries, *added])
    return added


def take_back(path: Path, identities: Sequence[str]) -> list[Accepted]:
    """Remove entries; returns what was removed."""
    entries = read(path)
    missing = set(identities) - {entry.identity for entry in entries}
    if missing:
        raise UsageError(f"{path} has no entry {', '.join(sorted(missing))}. `perfkit accept --list` shows what is accepted.")
    _write(path, [entry for entry in entries if entry.identity not in identities])
    return [entry for entry in entries if entry.identity in identities]


def not_accepted(findings: Iterable[Finding], entries: Iterable[Accepted]) -> list[Finding]:
    """Findings that nobody has accepted."""
    known = {entry.identity for entry in entries}
    return [finding for finding in findings if finding.identity not in known]


def _entry(path: Path, number: int, entry: Any) -> Accepted:
    if not isinstance(entry, dict) or set(entry) != NAMES:
        raise UsageError(f"{path}: entry {number} must have the keys {', '.join(item.name for item in fields(Accepted))}, and no others.")
    if not isinstance(entry["accepted_on"], date):
        raise UsageError(f"{path}: entry {number}: accepted_on must be a date such as 2026-01-31.")
    words = {name: str(value) for name, value in entry.items() if name != "accepted_on"}
    return Accepted(**words, accepted_on=entry["accepted_on"])


def _write(path: Path, entries: Sequence[Accepted]) -> None:
    """The whole file or the old one: another program may read it meanwhile."""
    listed = yaml.safe_dump({"accepted": [asdict(entry) for entry in entries]}, sort_keys=False, allow_unicode=True, width=120)
    draft = path.with_name(path.name + ".new")
    draft.write_text(HEAD + listed, encoding="utf-8")
    draft.replace(path)
