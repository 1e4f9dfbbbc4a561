"""A flame graph: in a notebook a cell's output, as a file a page to walk through, in a report a picture."""

from __future__ import annotations

import html
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from perfkit.analyses.tree_difference import difference
from perfkit.figures.flame_data import MOST_PATHS, Flame, Side, View, flame_data
from perfkit.figures.flame_page import flame_page
from perfkit.figures.profile_text import profile_text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from perfkit.analyses.profiled import Profiled

HEIGHT_PX = 560
AS_TEXT = 25
"""Paths that stand below the output, where scripts may not run."""


@dataclass(frozen=True, slots=True)
class FlameGraph:
    """What a notebook shows by naming it."""

    flame: Flame
    most: int = MOST_PATHS

    def page(self) -> str:
        """The document, for a file."""
        return flame_page(flame_data(self.flame, self.most))

    def picture(self) -> Figure:
        """The same without a script, for reports."""
        from perfkit.figures.flame_picture import flame_figure

        return flame_figure(self.flame)

    def save(self, path: Path | str) -> Path:
        """As a page (.html) or as a picture (.svg, .png), by the suffix."""
        target = Path(path)
        if target.suffix != ".html":
            from perfkit.figures.flame_picture import save_flame

            return save_flame(self.flame, target)
        target.write_text(self.page(), encoding="utf-8")
        return target

    def _repr_html_(self) -> str:
        """A frame of its own: the page's script cannot reach the notebook, nor the notebook's style the page."""
        page = self.page().replace("&", "&amp;").replace("'", "&#39;")
        text = html.escape(f"{self.flame.about()}\n\n{profile_text(self.flame.sides[-1].tree, most=AS_TEXT)}")
        return (
            f"<iframe sandbox='allow-scripts' style='width:100%;height:{HEIGHT_PX}px;border:1px solid #c6ccd3' "
            f"title='{html.escape(self.flame.title)}' srcdoc='{page}'></iframe>"
            f"<details><summary>{html.escape(self.flame.title)}: the heaviest paths as text</summary><pre>{text}</pre></details>"
        )

    def __str__(self) -> str:
        return f"{self.flame.title}\n{self.flame.about()}\n\n{profile_text(self.flame.sides[-1].tree)}"


@dataclass(frozen=True, slots=True)
class Part:
    """What of a profile is drawn; None and False: all of it."""

    unit: str | None = None
    mine: bool = False
    thread: str | None = None

    def words(self) -> str:
        """As a caption says it."""
        mine = "what libraries do counted to whoever of the application called them" if self.mine else ""
        return ", ".join(filter(None, [mine, self.thread]))


def flame_graph(sides: dict[str, Profiled], part: Part, *, view: View = "top-down", most: int = MOST_PATHS) -> FlameGraph:
    """Of one profile, or of a base and a candidate, in this order."""
    trees = [profiled.tree(unit=part.unit, mine=part.mine, thread=part.thread) for profiled in sides.values()]
    if len(trees) > 1:
        both = difference(*trees)
        trees = [both.base, both.candidate]
    drawn = [
        Side(name, tuple(profiled.run_ids), tree, profiled.measured_by(tree.unit))
        for (name, profiled), tree in zip(sides.items(), trees, strict=True)
    ]
    return FlameGraph(Flame(" against ".join(reversed(sides)), tuple(drawn), view, part.words()), most)
