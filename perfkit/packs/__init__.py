"""A pack describes a system: its targets, components, constraints and reports. Packs are folders with a pack.yml."""

from __future__ import annotations

from importlib.metadata import entry_points
from pathlib import Path

from perfkit.errors import unknown
from perfkit.packs.fitting import complaints
from perfkit.packs.model import FOLDER, Component, Constraint, Document, ModelRule, Pack, Parameter, Part, PoolRule, Target
from perfkit.packs.reading import read_part
from perfkit.workspace import Workspace, find_workspace

__all__ = [
    "Component",
    "Constraint",
    "Document",
    "ModelRule",
    "Pack",
    "Parameter",
    "Part",
    "PoolRule",
    "Target",
    "load_pack",
    "pack_names",
    "read_pack",
]

FILE = "pack.yml"
ENTRY_POINTS = "perfkit.packs"


def pack_names(workspace: Workspace | None = None) -> list[str]:
    """Packs that come with perfkit, with installed distributions, or lie in the workspace's folder packs/."""
    return sorted(folders(workspace))


def load_pack(name: str, workspace: Workspace | None = None) -> Pack:
    """A pack by name, or by the path of a folder with a pack.yml; without a workspace, in the one around the current folder."""
    known = folders(workspace)
    folder = known.get(name) or (Path(name) if (Path(name) / FILE).is_file() else None)
    if folder is None:
        raise unknown("system", name, known)
    return read_pack(folder)


def read_pack(folder: Path) -> Pack:
    """The pack of a folder, or every mistake in it."""
    return read_part(folder / FILE, "a pack", Pack, complaints, folder=folder)


def folders(workspace: Workspace | None = None) -> dict[str, Path]:
    """Every pack's name and folder; the workspace's own come first."""
    local = (workspace or find_workspace()).packs
    found = {path.parent.name: path.parent for folder in (FOLDER, local) for path in sorted(folder.glob(f"*/{FILE}"))}
    return {point.name: Path(str(point.load())) for point in entry_points(group=ENTRY_POINTS)} | found
