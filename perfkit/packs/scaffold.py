"""What a user begins with: a pack with comments, investigation files, the notebooks, examples of schedules and the marker of a workspace."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path

from perfkit.errors import UsageError
from perfkit.packs import FILE, folders, load_pack
from perfkit.packs.model import FOLDER, NAME
from perfkit.workspace import MARKERS, NOTEBOOKS, Workspace

NEW = "new"
"""The system that has no pack yet."""
PACK, INVESTIGATION = FOLDER / "new_pack.yml", FOLDER / "new_investigation.yml"
SCHEDULES = {"github_actions.yml": "github_actions.yml", "crontab.txt": "crontab"}
"""Files of the folder schedule/, as they come along and as they are written."""
MARKER = "# perfkit's workspace begins in this folder: data/, reports/, packs/ and docs/archive/ lie beside this file.\n"


def scaffold(workspace: Workspace, system: str, name: str | None) -> list[Path]:
    """Everything that is not there yet; what is there stays as it is. Returns what was written."""
    pack_name = _name(workspace, name) if system == NEW else load_pack(system, workspace).name
    wanted = {workspace.root / MARKERS[0]: MARKER}
    if system == NEW:
        wanted[workspace.packs / pack_name / FILE] = _filled(PACK, pack_name)
    questions = _questions(workspace, pack_name)
    wanted |= {workspace.root / file: text for file, text in questions.items()}
    wanted |= {workspace.root / "notebooks" / path.name: path.read_text(encoding="utf-8") for path in sorted(NOTEBOOKS.glob("*.ipynb"))}
    wanted |= {workspace.root / "schedule" / named: _schedule(file, workspace, questions) for file, named in SCHEDULES.items()}
    return _written(wanted)


def _questions(workspace: Workspace, pack_name: str) -> dict[str, str]:
    """The investigation files that come with the pack, else one to complete."""
    folder = folders(workspace).get(pack_name)
    along = sorted(path for path in folder.glob("*.yml") if path.name != FILE) if folder else []
    return {path.name: path.read_text(encoding="utf-8") for path in along} or {f"{pack_name}.yml": _filled(INVESTIGATION, pack_name)}


def _schedule(file: str, workspace: Workspace, questions: Iterable[str]) -> str:
    """The line with every investigation, one after another."""
    text = (FOLDER / "schedule" / file).read_text(encoding="utf-8")
    lines = [
        line.replace("FILES", question).replace("ROOT", shlex.quote(str(workspace.root)))
        for line in text.splitlines()
        for question in (tuple(questions) if "FILES" in line else ("",))
    ]
    return "\n".join(lines) + "\n"


def next_steps(workspace: Workspace, system: str, written: Sequence[Path]) -> list[str]:
    """What to do now, in order."""
    packs = [path for path in written if path.name == FILE]
    named = packs[0].parent.name if packs else system
    first = (
        [f"Open {packs[0].relative_to(workspace.root)} and replace the examples by your targets.", f"perfkit packs validate {named}"] if packs else []
    )
    questions = [path.name for path in written if path.parent == workspace.root and path.suffix == ".yml"]
    run = [f"Open {questions[0]} and write there how each label is started.", f"perfkit run {questions[0]}"] if questions else []
    return [*first, *run, f"perfkit check --system {named}"]


def _name(workspace: Workspace, name: str | None) -> str:
    chosen = name or workspace.root.name.lower().replace(" ", "-")
    if not re.fullmatch(NAME, chosen):
        raise UsageError(f"{chosen!r} cannot be the name of a system: use small letters, digits, - and _ only. Name it with --name.")
    taken = folders(workspace)
    if chosen in taken:
        raise UsageError(f"There is a pack {chosen!r} already, in {taken[chosen]}. Choose another name with --name, or go on with that one.")
    return chosen


def _filled(template: Path, name: str) -> str:
    return template.read_text(encoding="utf-8").replace("SYSTEM", name)


def _written(wanted: dict[Path, str]) -> list[Path]:
    new = {path: text for path, text in wanted.items() if not path.exists()}
    for path, text in new.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return list(new)
