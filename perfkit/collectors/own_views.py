"""A profile in its own tool's view: one page that needs no server, in a cell's output and as a file."""

from __future__ import annotations

import html
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from perfkit.collectors.scalene_page import scalene_page
from perfkit.collectors.snakeviz_page import snakeviz_page
from perfkit.errors import MissingTool, UsageError

HEIGHT_PX = 900


@dataclass(frozen=True, slots=True)
class OwnView:
    """What a notebook shows by naming it."""

    page: Path
    about: str

    def _repr_html_(self) -> str:
        """A frame of its own: the tool's script cannot reach the notebook."""
        document = self.page.read_text(encoding="utf-8").replace("&", "&amp;").replace("'", "&#39;")
        return (
            f"<p>{html.escape(self.about)} As a file: <code>{html.escape(str(self.page))}</code></p>"
            f"<iframe sandbox='allow-scripts' style='width:100%;height:{HEIGHT_PX}px;border:1px solid #c6ccd3' "
            f"title='{html.escape(self.page.name)}' srcdoc='{document}'></iframe>"
        )

    def __str__(self) -> str:
        return f"{self.about}\nOpen {self.page} in a browser."


@dataclass(frozen=True, slots=True)
class Viewer:
    """A tool that shows what it, or another one, recorded."""

    module: str
    install: str
    page: Callable[[Path, str], str]
    """The document, of the artefact and its name."""
    about: str


def own_view(artefact: Path, format_name: str, folder: Path, name: str) -> OwnView:
    """The page that the tool makes of the artefact."""
    viewer = VIEWERS.get(format_name)
    if viewer is None:
        raise UsageError(f"{name} is a file of the format {format_name}, which no viewer here opens. Viewers open: {', '.join(VIEWERS)}.")
    if importlib.util.find_spec(viewer.module) is None:
        raise MissingTool(f"{viewer.module} is not installed, and it shows files of the format {format_name}. Install it: {viewer.install}")
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / f"{name}.html"
    page.write_text(viewer.page(artefact, name), encoding="utf-8")
    return OwnView(page, viewer.about)


VIEWERS = {
    "cprofile": Viewer(
        "snakeviz",
        "pip install 'perfkit[notebooks]'",
        snakeviz_page,
        "snakeviz's page. It draws cProfile's call graph as a tree, which is a guess.",
    ),
    "scalene": Viewer(
        "scalene",
        "pip install 'perfkit[profile]'",
        scalene_page,
        "scalene's page. It sends nothing, so its proposals by a language model do not work. "
        "Quotes and < in source lines are typographic ones there.",
    ),
}
