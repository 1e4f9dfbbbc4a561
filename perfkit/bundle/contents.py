"""bundle.json: which files a bundle has, and what its runs are. Whatever it says is doubted until it is checked."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from math import inf
from pathlib import PurePosixPath
from typing import Any, Self

from perfkit.bundle.recognising import HEAD_BYTES, LIST
from perfkit.errors import ArtefactError
from perfkit.model.run import Manifest, run_id_of

KIND = "perfkit bundle"
VERSION = 1
ARTEFACTS, REPORT, PACK, OWN = "artefacts", "report", "pack", "workspace"
"""Its folders: raw files, the report with its figures, the system's pack, files that belong into the root of a workspace."""
ALLOWED = {REPORT: (".md", ".png", ".svg"), PACK: (".yml", ".j2", ".md"), OWN: (".yml", ".yaml")}
"""What is put into somebody's workspace is read there, not run."""
FIELD_TYPES = {
    "parameters": dict,
    "facts": dict,
    "started_at": datetime,
    "steady_from": datetime,
    "dirty": bool,
    "valid": bool,
    "answers_only": bool,
}
"""Of a manifest; the other fields are texts."""
MOST_FILES, MOST_LIST_BYTES = 20_000, 16 << 20
PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+ -]{0,119}")
"""One part of a path, on any system."""
SEALS = re.compile(r"[0-9a-f]{32}(?: [0-9a-f]{32})*")
SHA256 = re.compile(r"[0-9a-f]{64}")
NAME = re.compile(r"[A-Za-z0-9_-]{1,80}")


@dataclass(frozen=True, slots=True)
class Member:
    """One file of a bundle."""

    path: str
    """Relative, with forward slashes."""
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class StoredRun:
    """A run as the store had it that the bundle comes from."""

    artefact: str
    """Path of its file."""
    name: str
    """The file's name when it first came in."""
    format: str
    partial: bool
    """Only the whole rows of a file that was cut off were read."""
    manifest: Manifest
    """All that is known of the run, with what its own rows said."""


@dataclass(frozen=True, slots=True)
class Floor:
    """A noise floor that the store remembered: comparisons of its runs are judged by it."""

    fingerprint: str
    metric: str
    subject: str
    spread: float
    runs: str
    measured_at: datetime


@dataclass(frozen=True, slots=True)
class Written:
    """How a report was written where the bundle comes from."""

    report: str
    """Which report it is."""
    sentences: str
    """The seals of its sentences with numbers, separated by spaces."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What bundle.json says."""

    perfkit: str
    workspace: str
    system: str
    report: str
    """Path of the report."""
    files: tuple[Member, ...]
    runs: tuple[StoredRun, ...]
    floors: tuple[Floor, ...]
    written: tuple[Written, ...]

    def member(self, path: str) -> Member:
        """The file of that path."""
        return next(member for member in self.files if member.path == path)

    def run_ids(self) -> list[str]:
        """The runs by the content of their artefacts."""
        hashes = {member.path: member.sha256 for member in self.files}
        return [run_id_of(hashes[run.artefact]) for run in self.runs]

    def to_json(self) -> str:
        """Stable text: the same bundle always gives the same bytes."""
        runs = [
            {"artefact": run.artefact, "format": run.format, "manifest": json.loads(run.manifest.to_json()), "name": run.name, "partial": run.partial}
            for run in sorted(self.runs, key=lambda run: run.artefact)
        ]
        files = [{"bytes": item.bytes, "path": item.path, "sha256": item.sha256} for item in sorted(self.files, key=lambda item: item.path)]
        said = {"kind": KIND, "version": VERSION, "perfkit": self.perfkit, "workspace": self.workspace, "system": self.system, "report": self.report}
        floors = [{**asdict(floor), "measured_at": floor.measured_at.isoformat()} for floor in self.floors]
        return (
            json.dumps(
                {**said, "files": files, "noise_floors": floors, "runs": runs, "written": list(map(asdict, self.written))},
                indent=1,
                ensure_ascii=False,
            )
            + "\n"
        )

    @staticmethod
    def is_list(head: bytes) -> bool:
        """Whether a file named bundle.json begins as ours do: other tools have such files, too."""
        return f'"{KIND}"'.encode() in head[:HEAD_BYTES]

    @classmethod
    def from_json(cls, text: bytes, source: str) -> Self:
        """Raises ArtefactError when it is not the list of a bundle, or of one that leads out of its own folder."""
        try:
            said = json.loads(text)
            json.dumps(said, ensure_ascii=False).encode()  # halves of characters are no text for any store
        except (ValueError, RecursionError) as error:
            raise ArtefactError(f"{source}: its {LIST} is damaged: {error}. Ask for the bundle again.") from error
        if not isinstance(said, dict) or said.get("kind") != KIND:
            raise ArtefactError(f"{source}: its {LIST} does not describe a bundle of perfkit. `perfkit export --for REPORT` writes one.")
        if said.get("version") != VERSION:
            raise ArtefactError(f"{source}: a bundle of form {said.get('version')!r}; this perfkit reads form {VERSION}. Update perfkit.")
        try:
            files, runs = tuple(map(_member, _list(said["files"]))), tuple(map(_stored_run, _list(said["runs"])))
            floors = tuple(map(_floor, _list(said["noise_floors"])))
            written = tuple(map(_written, _list(said.get("written", []))))  # bundles of earlier versions have none
            perfkit, workspace, system, report = (_text(said[name]) for name in ("perfkit", "workspace", "system", "report"))
            found = cls(perfkit, workspace, system, report, files, runs, floors, written)
            _check(found)
        except (KeyError, TypeError, ValueError, RecursionError) as error:
            raise ArtefactError(f"{source}: its {LIST} does not hold: {_reason(error)}. Nothing was stored; ask for the bundle again.") from error
        return found


def _check(contents: Contents) -> None:
    paths = [member.path for member in contents.files]
    if len({path.casefold() for path in paths}) < len(paths):
        raise ValueError("it lists a file twice")
    folders = {"/".join(path.split("/")[:depth]) for path in paths for depth in range(1, path.count("/") + 1)}
    if folders.intersection(paths):
        raise ValueError(f"{min(folders.intersection(paths))!r} is a file and a folder")
    if not NAME.fullmatch(contents.system):
        raise ValueError(f"the system {contents.system[:80]!r} is no name")
    if not contents.runs:
        raise ValueError("it has no runs")
    listed = [*(run.artefact for run in contents.runs), contents.report]
    missing = next((path for path in listed if path not in set(paths)), None)
    if missing is not None:
        raise ValueError(f"it names {missing[:200]!r} but does not list it")
    if len(set(contents.run_ids())) < len(contents.runs):
        raise ValueError("it has a run twice")


def _member(said: Mapping[str, Any]) -> Member:
    path, size, sha256 = _text(said["path"]), said["bytes"], _text(said["sha256"])
    if not is_allowed(path):
        raise ValueError(f"the path {path[:200]!r} leads out of the bundle, or is none that a bundle has")
    if type(size) is not int or size < 0:
        raise ValueError(f"the size of {path} is {str(size)[:40]}")
    if not SHA256.fullmatch(sha256):
        raise ValueError(f"the hash of {path} is no SHA-256")
    return Member(path, size, sha256)


def is_allowed(path: str) -> bool:
    """Whether a path stays in one of a bundle's folders, on any system, and is of a kind that belongs there."""
    top, *rest = path.split("/")
    tidy = all(PART.fullmatch(part) and part[-1] not in ". " for part in rest)
    deep = len(rest) > 1 and top == OWN  # there are the workspace's packs and programs
    return bool(rest) and tidy and not deep and (top == ARTEFACTS or path.endswith(ALLOWED.get(top, ())))


def _stored_run(said: Mapping[str, Any]) -> StoredRun:
    partial, name = said["partial"], _text(said["name"])
    if not isinstance(partial, bool):
        raise TypeError("partial is neither true nor false")
    if not name or len(name) > 255 or PurePosixPath(name).name != name or "\0" in name:
        raise ValueError(f"{name[:200]!r} is no file's name")
    return StoredRun(_text(said["artefact"]), name, _text(said["format"]), partial, _manifest(said["manifest"]))


def _manifest(said: Any) -> Manifest:
    """A collector's own is trusted to hold what its fields promise; this one is not."""
    manifest = Manifest.from_json(json.dumps(said))
    for item in fields(manifest):
        value = getattr(manifest, item.name)
        fits = isinstance(value, FIELD_TYPES.get(item.name, str)) or (value is None and item.name != "valid")
        if not fits or (isinstance(value, datetime) and value.tzinfo is not None):
            raise TypeError(f"the {item.name} of a run cannot be {str(value)[:80]!r}")
    return manifest


def _floor(said: Mapping[str, Any]) -> Floor:
    spread = said["spread"]
    if isinstance(spread, bool) or not isinstance(spread, int | float) or not 0 <= spread < inf:
        raise ValueError(f"{str(spread)[:40]} is no spread")
    fingerprint, metric, subject, runs, measured_at = (_text(said[name]) for name in ("fingerprint", "metric", "subject", "runs", "measured_at"))
    return Floor(fingerprint, metric, subject, float(spread), runs, datetime.fromisoformat(measured_at))


def _written(said: Mapping[str, Any]) -> Written:
    report, sentences = _text(said["report"]), _text(said["sentences"])
    if not SEALS.fullmatch(sentences) or not SEALS.fullmatch(report) or " " in report:
        raise ValueError(f"{report[:40]!r} is no report, or has no seals")
    return Written(report, sentences)


def _list(value: Any) -> Sequence[Mapping[str, Any]]:
    if not isinstance(value, list) or len(value) > MOST_FILES or not all(isinstance(item, dict) for item in value):
        raise TypeError(f"its files and runs must be lists of at most {MOST_FILES} entries")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{str(value)[:40]!r} is no text")
    return value


def _reason(error: Exception) -> str:
    return f"{error} is missing" if isinstance(error, KeyError) else str(error)
