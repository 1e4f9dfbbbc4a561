"""What a user begins with: a pack with comments, an investigation file and the marker of a workspace."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from perfkit.errors import UsageError
from perfkit.packs import FILE, folders, load_pack
from perfkit.packs.model import FOLDER, NAME
from perfkit.workspace import MARKERS, Workspace

NEW = "new"
"""The system that has no pack yet."""
PACK, INVESTIGATION = FOLDER / "new_pack.yml", FOLDER / "new_investigation.yml"
MARKER = "# perfkit's workspace begins in this folder: data/, reports/, packs/ and docs/archive/ lie beside this file.\n"


def scaffold(workspace: Workspace, system: str, name: str | None) -> list[Path]:
    """Everything that is not there yet; what is there stays as it is. Returns what was written."""
    pack_name = _name(workspace, name) if system == NEW else load_pack(system, workspace).name
    wanted = {workspace.root / MARKERS[0]: MARKER}
    if system == NEW:
        wanted[workspace.packs / pack_name / FILE] = _filled(PACK, pack_name)
    wanted[workspace.root / f"{pack_name}.yml"] = _filled(INVESTIGATION, pack_name)
    return _written(wanted)


def next_steps(workspace: Workspace, system: str, written: Sequence[Path]) -> list[str]:
    """What to do now, in order."""
    packs = [path for path in written if path.name == FILE]
    named = packs[0].parent.name if packs else system
    first = (
        [f"Open {packs[0].relative_to(workspace.root)} and replace the examples by your targets.", f"perfkit packs validate {named}"] if packs else []
    )
    return [
        *first,
        f"perfkit collect load http://127.0.0.1:8000 --path / --system {named} --label baseline --repeat 5",
        f"perfkit check --system {named}",
    ]


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
