"""Where figures are made: one style, no window, no state of pyplot."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

STYLE = Path(__file__).with_name("perfkit.mplstyle")
ROW_INCHES = 0.55
TITLE_COLUMNS, TITLE_LINES = 76, 3


class Chart(Figure):
    """A figure that a notebook can show although no window system or global state knows it."""

    def _repr_png_(self) -> bytes:
        picture = io.BytesIO()
        self.savefig(picture, format="png")
        return picture.getvalue()


@contextmanager
def drawn(title: str, rows: int, xlabel: str) -> Iterator[tuple[Figure, Axes]]:
    """A figure with one pair of axes, tall enough for its rows."""
    with style.context(STYLE):
        figure = Chart(figsize=(8, 1.4 + ROW_INCHES * max(rows, 2)))
        FigureCanvasAgg(figure)
        axes = figure.add_subplot()
        axes.set_title(wrapped(title))
        axes.set_xlabel(xlabel)
        yield figure, axes


def wrapped(title: str) -> str:
    """Each line of a title in lines that fit over the axes; what is longer than a few of them ends in an ellipsis."""
    return "\n".join(piece for line in title.splitlines() for piece in textwrap.wrap(line, TITLE_COLUMNS, max_lines=TITLE_LINES, placeholder=" …"))


def save(figure: Figure, path: Path) -> Path:
    """As SVG or PNG, by the suffix."""
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)
    return path
