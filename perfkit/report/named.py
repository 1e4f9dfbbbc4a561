"""What does a report say of itself? System, labels, where it was written, and the runs that its numbers come from."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perfkit.errors import DocumentError
from perfkit.packs import Pack
from perfkit.packs.investigation import Investigation
from perfkit.store import Store
from perfkit.workspace import workspace_of

META = re.compile(r"<!-- perfkit report (?P<meta>\{.*\}) -->")
RUN_ROW = re.compile(r"^\| (?P<label>[^|]+) \| (?P<kind>[^|]+) \| `(?P<ids>[0-9a-f ]+)` \|$")
PAGES = (".html", ".htm")
NUMBER = re.compile(r"(?<![\w.\-/#])\d[\d.,]*(?![\w])")
FIGURE = re.compile(r"!\[[^\]]*\]\((?P<path>[^)\s]+)[^)]*\)")


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
    words: Sequence[str]
    """What the investigation's own words say with numbers in them, which nobody measured."""
    line: int
    """Where it says so."""

    @property
    def all_run_ids(self) -> list[str]:
        """Every run once."""
        return list(dict.fromkeys(run_id for ids in self.run_ids.values() for run_id in ids))


def origin(store: Store, pack: Pack) -> dict[str, str]:
    """What a report says of where it was written, so that a reader elsewhere knows whom to ask."""
    return {"workspace": workspace_of(store.path).name, "pack": pack.digest}


def words_with_numbers(investigation: Investigation) -> list[str]:
    """The lines of a question such as `Are we ready for 500 users?`: they are quoted, and a number in them is no result."""
    changes, steps = investigation.changes, investigation.steps
    said = [investigation.question, investigation.feature, *(change.technique for change in changes), *(step.title for step in steps)]
    return [line.strip() for text in dict.fromkeys(said) for line in text.splitlines() if NUMBER.search(line)]


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
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise DocumentError(f"{path}: cannot be read: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise DocumentError(f"{path}: not a text in UTF-8: {error.reason} at byte {error.start}.") from error


def named_in(path: Path, lines: Sequence[str]) -> Named:
    """Raises DocumentError when the document is no report, or says less than it must."""
    metas = [(number, match) for number, line in enumerate(lines, 1) if (match := META.search(line))]
    if not metas:
        raise DocumentError(f"{path}: not a report of perfkit: the line that names system and labels is missing.")
    line, match = metas[-1]
    try:
        meta = json.loads(match["meta"])
        system, base, candidate = meta["system"], meta["base"], meta["candidate"]
    except (ValueError, KeyError) as error:
        raise DocumentError(f"{path}: the line that names system and labels is damaged: {error}.") from error
    run_ids: dict[str, list[str]] = defaultdict(list)
    for text in lines:
        if row := RUN_ROW.match(text):
            run_ids[row["label"]] += row["ids"].split()
    lacking = [label for label in (base, candidate) if label is not None and label not in run_ids]
    if lacking:
        raise DocumentError(f"{path}: the table of runs does not name runs for {' and '.join(lacking)}.")
    return Named(system, base, candidate, dict(run_ids), meta.get("workspace"), meta.get("pack"), _texts(meta.get("words")), line)


def _texts(told: Any) -> list[str]:
    return [text for text in told if isinstance(text, str) and text] if isinstance(told, list) else []


def figures_of(path: Path, lines: Sequence[str]) -> list[Path]:
    """Pictures beside the report or below its folder, as its links name them."""
    linked = dict.fromkeys(match["path"] for line in lines for match in FIGURE.finditer(line))
    beside = [path.parent / name for name in linked if ":" not in name]
    folder = path.parent.resolve()
    return [file for file in beside if file.is_file() and file.resolve().is_relative_to(folder)]
