"""What does a report say of itself? System, labels, where it was written, and the runs that its numbers come from."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from perfkit.errors import DocumentError
from perfkit.packs import Pack
from perfkit.report.blocks import name_of_block
from perfkit.report.texts import lines_of
from perfkit.store import Store
from perfkit.workspace import workspace_of

META = re.compile(r"^\s*<!-- perfkit report (?P<meta>\{.*\}) -->\s*$")
RUN_ROW = re.compile(r"^\|\s*(?P<label>[^|]*[^|\s])\s*\|\s*(?P<kind>[^|]*[^|\s])\s*\|\s*`(?P<ids>[0-9a-f ]+)`\s*\|\s*$")
CONFLICT = re.compile(r"^(?:<{7}|>{7})(?: |$)")
PAGES = (".html", ".htm")
Said = Mapping[str, Any]
"""By name: texts or None."""


@dataclass(frozen=True, slots=True)
class Named:
    """What a report stands on."""

    system: str
    base: str
    candidate: str | None
    """None when one label only is described."""
    run_ids: Mapping[str, Sequence[str]]
    """Label → runs."""
    workspace: str | None
    """Where it was written; None when the report is older than this."""
    pack: str | None
    """Digest of the pack that its targets were judged by."""
    report: str
    """Which report it is, or which digest of one: equal where all that it says of itself and all its runs are."""
    line: int
    """Where it says so."""

    @property
    def all_run_ids(self) -> list[str]:
        """Every run once."""
        return list(dict.fromkeys(run_id for ids in self.run_ids.values() for run_id in ids))


def origin(store: Store, pack: Pack) -> dict[str, str]:
    """What a report says of where it was written, so that a reader elsewhere knows whom to ask."""
    return {"workspace": workspace_of(store.path).name, "pack": pack.digest}


def meta_line(meta: Mapping[str, Any]) -> str:
    """An invisible line; what is said in it cannot end it."""
    told = json.dumps(meta, sort_keys=True).replace("-->", r"--\u003e")
    return f"<!-- perfkit report {told} -->"


def report_lines(path: Path) -> list[str]:
    """Of a report in markdown."""
    if path.suffix.lower() in PAGES:
        raise DocumentError(
            f"{path}: a page is made from a report, and only the report can be verified: name the markdown file at the end of the page."
        )
    return lines_of(path)


def named_in(path: Path, lines: Sequence[str]) -> Named:
    """Raises DocumentError when the document is no report, or says less than it must."""
    for number, text in enumerate(lines, 1):
        if CONFLICT.match(text):
            raise DocumentError(f"{path}: line {number} is what a merge left that was not resolved: keep one of the two reports, whole.")
    line, meta = said_in(path, lines)
    if not meta:
        raise DocumentError(f"{path}: not a report of perfkit: the line that names system and labels is missing.")
    system, base, candidate = meta.get("system"), meta.get("base"), meta.get("candidate")
    if system is None or base is None:
        raise DocumentError(f"{path}: line {line}, which names system and labels, is damaged: one of them is missing.")
    run_ids: dict[str, list[str]] = defaultdict(list)
    rows = [row.groups() for text in lines if (row := RUN_ROW.match(text))]
    for label, _, ids in rows:
        run_ids[label] += ids.split()
    lacking = [label for label in (base, candidate) if label is not None and label not in run_ids]
    if lacking:
        raise DocumentError(f"{path}: the table of runs does not name runs for {' and '.join(lacking)}.")
    return Named(system, base, candidate, dict(run_ids), meta.get("workspace"), meta.get("pack"), _identity(meta, rows, name_of_block(lines)), line)


def said_in(path: Path, lines: Sequence[str]) -> tuple[int, Said]:
    """The last line in which a document says what it stands on, and what; 0 and nothing in one that is none of ours."""
    found = [(number, match) for number, line in enumerate(lines, 1) if (match := META.search(line))]
    if not found:
        return 0, {}
    line, match = found[-1]
    try:
        said = json.loads(match["meta"])
    except (ValueError, RecursionError) as error:
        raise DocumentError(f"{path}: line {line}, which names system and labels, is damaged: {error}.") from error
    wrong = [name for name, value in said.items() if not isinstance(value, str | None)]
    if wrong:
        raise DocumentError(f"{path}: line {line}, which names system and labels, is damaged: {wrong[0]} is no text.")
    return line, said


def _identity(meta: Said, rows: Iterable[tuple[str, ...]], block: str | None) -> str:
    """A digest in somebody's document is another text than the whole report."""
    return sha256(json.dumps([meta, sorted(rows), block], sort_keys=True).encode()).hexdigest()[:32]
