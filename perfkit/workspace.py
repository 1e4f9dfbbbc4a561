"""Where things are: the only file that spells a path of the workspace."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from perfkit.errors import UsageError

MARKERS = ("perfkit.toml", ".git")
NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
"""The ones of the checkout that perfkit runs from."""
VARIABLE = "PERFKIT_WORKSPACE"
"""Set for kernels, which start in a folder of their own."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """A folder that holds data/, reports/, docs/archive/ and notebooks/."""

    root: Path

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def database(self) -> Path:
        return self.data / "perfkit.duckdb"

    @property
    def vault(self) -> Path:
        return self.data / "artefacts"

    @property
    def name(self) -> str:
        """What reports call it: the folder's name, and nothing else of where it is."""
        return self.root.name

    @property
    def collected(self) -> Path:
        """Where collectors leave artefacts until the vault has them."""
        return self.data / "collected"

    @property
    def scratch(self) -> Path:
        """Short-lived files of the sample application and of running tools."""
        return self.data / "scratch"

    @property
    def workflows(self) -> Path:
        """What investigations have done already."""
        return self.data / "workflows"

    @property
    def opened(self) -> Path:
        """Pages that other tools made of artefacts; may be deleted at any time."""
        return self.data / "opened"

    @property
    def reports(self) -> Path:
        return self.root / "reports"

    @property
    def executed_notebooks(self) -> Path:
        return self.reports / "notebooks"

    @property
    def archive(self) -> Path:
        return self.root / "docs" / "archive"

    @property
    def accepted(self) -> Path:
        """Findings that stay as they are: kept with the code, not with the data."""
        return self.root / "perfkit-accepted.yml"

    @property
    def packs(self) -> Path:
        """Descriptions of the user's own systems: one folder with a pack.yml each."""
        return self.root / "packs"

    @property
    def notebooks(self) -> Path:
        """The workspace's own notebooks, else the ones of the checkout that perfkit runs from."""
        own = self.root / "notebooks"
        return own if own.is_dir() else NOTEBOOKS


def find_workspace(asked: Path | None = None, start: Path | None = None) -> Workspace:
    """The folder asked for, else the one of the environment, else the nearest with a perfkit.toml, else the repository, else here."""
    asked = asked or _from_environment()
    if asked is not None:
        in_the_way = next((place for place in (asked, *asked.parents) if place.exists() and not place.is_dir()), None)
        if in_the_way is not None:
            raise UsageError(f"{asked} cannot be a workspace: {in_the_way} is a file. Name a folder with --workspace.")
        return Workspace(asked.resolve())
    here = (start or Path.cwd()).resolve()
    for marker in MARKERS:
        for folder in (here, *here.parents):
            if (folder / marker).exists():
                return Workspace(folder)
    return Workspace(here)


def workspace_of(database: Path) -> Workspace:
    """The workspace that a store belongs to."""
    return Workspace(database.resolve().parent.parent)


def _from_environment() -> Path | None:
    stated = os.environ.get(VARIABLE)
    return Path(stated) if stated else None
