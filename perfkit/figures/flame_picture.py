"""A flame graph without a script: the widest boxes with their names, black on pale colours, for reports and print."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from perfkit.analyses.call_paths import ProfileTree
from perfkit.analyses.path_cut import Cut, cut, worth_showing
from perfkit.figures.amounts import how_many, share_text, shortened
from perfkit.figures.canvas import STYLE, Chart, save, wrapped
from perfkit.figures.flame_data import Flame
from perfkit.figures.panels import INK, SMALL, caption
from perfkit.printable import printable

WIDTH_INCHES, ROW_INCHES, REST_INCHES = 9.0, 0.19, 1.5
LEAST_SHARE = 1 / 900
"""A pixel of a page."""
TOO_NARROW = "paths of less than 0.11 % are left out"
MOST_PATHS = 2000
DEEPEST = 60
LETTERS = 128
"""Of the font in which the names are written, across the picture."""
OWNERS = {"application": "#f4ab45", "library": "#86c5ec", "standard": "#a5dcb8", "native": "#e0abd0", "unknown": "#cfd3d8"}
OTHER = "#eeeeee"
LESS, SAME, MORE = (0x5A, 0x9B, 0xD4), (0xF1, 0xF1, 0xF1), (0xF0, 0x92, 0x2E)


class Box(NamedTuple):
    """One path, or what is left out below one; left and wide as shares of the whole."""

    depth: int
    left: float
    wide: float
    name: str
    colour: str


def flame_figure(flame: Flame) -> Figure:
    """Callers above callees, or in the bottom-up view functions above their callers; width is the weight, of the candidate where two are compared."""
    trees = flame.trees(flame.view)
    boxes, deeper = _boxes(flame, trees)
    depth = max((box.depth for box in boxes), default=0) + 1
    with style.context(STYLE):
        figure = Chart(figsize=(WIDTH_INCHES, REST_INCHES + ROW_INCHES * depth))
        FigureCanvasAgg(figure)
        axes = figure.add_subplot()
        axes.set_title(wrapped(printable(flame.title)))
        _draw(axes, boxes, depth)
        axes.legend(handles=_legend(trees, boxes), loc="upper left", bbox_to_anchor=(0, 0), ncols=5, fontsize=SMALL, handlelength=1.2)
        cut_off = f"{how_many(deeper, 'path')} deeper than {DEEPEST} calls {'is' if deeper == 1 else 'are'} not drawn" if deeper else ""
        caption(figure, [printable(flame.about()), flame.view.replace("-", " "), *flame.notes(), TOO_NARROW, cut_off])
    return figure


def save_flame(flame: Flame, path: Path) -> Path:
    """Names stay text in an SVG: to search for, to copy, and small."""
    with style.context({"svg.fonttype": "none"}):
        return save(flame_figure(flame), path)


def _boxes(flame: Flame, trees: tuple[ProfileTree, ...]) -> tuple[list[Box], int]:
    """In the order of the paths; and how many paths lie deeper than is drawn."""
    shown_of = trees[-1]
    shown = worth_showing(shown_of, shown_of.total, MOST_PATHS)
    least = LEAST_SHARE * shown_of.whole
    rows, base = cut(shown_of, shown & (shown_of.total >= least)), cut(trees[0], shown & (shown_of.total >= least))
    whole, base_whole = (sum(tree.own.tolist()) or 1.0 for tree in (shown_of, trees[0]))
    # bottom up a path's total is the own weight of the function that it begins with
    sides = (rows.total, base.total) if flame.view == "bottom-up" else (rows.own, base.own)
    changes = (sides[0] / whole - sides[1] / base_whole) if len(trees) > 1 else None
    largest = float(abs(changes[rows.left_out == 0]).max()) if changes is not None and (rows.left_out == 0).any() else 1.0
    boxes, ends, deeper = [], [0.0], 0
    for row in range(len(rows)):
        depth, wide = int(rows.depth[row]), float(rows.total[row]) / whole
        del ends[depth + 1 :]
        left = ends[depth]
        ends[depth] += wide
        ends.append(left)
        if depth >= DEEPEST:
            deeper += int(rows.left_out[row]) or 1
        elif wide >= LEAST_SHARE:
            colour = None if changes is None else _change(float(changes[row]) / (largest or 1.0))
            boxes.append(_box(shown_of, rows, row, left, wide, colour))
    return boxes, deeper


def _box(tree: ProfileTree, rows: Cut, row: int, left: float, wide: float, colour: str | None) -> Box:
    depth, left_out = int(rows.depth[row]), int(rows.left_out[row])
    if left_out:
        return Box(depth, left, wide, f"other, {how_many(left_out, 'path')}, {share_text(wide)}", OTHER)
    place = tree.places[int(tree.place[rows.path[row]])]
    share = share_text(wide)
    names = (f"{place.name}, {share}", f"{place.function}, {share}", place.function)
    name = next((name for name in names if len(name) < int(wide * LETTERS)), place.function)
    return Box(depth, left, wide, printable(name), colour or OWNERS[place.origin])


def _draw(axes: Axes, boxes: list[Box], depth: int) -> None:
    axes.set_xlim(0, 1)
    axes.set_ylim(depth, 0)
    axes.set_axis_off()
    for box in boxes:
        axes.add_patch(Rectangle((box.left, box.depth), box.wide, 0.94, facecolor=box.colour, edgecolor="white", linewidth=0.6))
        room = int(box.wide * LETTERS) - 1
        if room >= 3:
            axes.text(
                box.left + 0.003,
                box.depth + 0.5,
                shortened(box.name, room),
                va="center",
                fontsize=SMALL,
                family="monospace",
                color="black",
                clip_on=True,
            )


def _legend(trees: tuple[ProfileTree, ...], boxes: list[Box]) -> list[Patch]:
    if len(trees) > 1:
        texts = {-1.0: "own share falls", 0.0: "no change", 1.0: "own share grows"}
        return [Patch(facecolor=_change(part), edgecolor=INK, linewidth=0.4, label=text) for part, text in texts.items()]
    used = {box.colour for box in boxes}
    return [Patch(facecolor=colour, edgecolor=INK, linewidth=0.4, label=owner) for owner, colour in OWNERS.items() if colour in used]


def _change(strength: float) -> str:
    """From blue by grey to orange: to tell apart whatever colours one sees."""
    end, part = (LESS if strength < 0 else MORE), min(abs(strength), 1.0) ** 0.5
    return "#" + "".join(f"{round(same + (to - same) * part):02x}" for same, to in zip(SAME, end, strict=True))
