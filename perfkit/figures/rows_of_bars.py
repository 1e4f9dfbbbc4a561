"""Horizontal bars, a name before each row and its number behind it, as SVG text: a report draws them in milliseconds, without a drawing library."""

from __future__ import annotations

import math
import textwrap
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from perfkit.figures.amounts import shortened
from perfkit.printable import printable

BASE_COLOUR, CANDIDATE_COLOUR = "#b0b7c3", "#2a6f97"
COLOURS = ("#4c72b0", "#dd8452", "#55a868", "#c44e52", "#8172b3", "#937860")
INK, QUIET, GRID = "#222222", "#555555", "#e6e6e6"
WIDTH, PADDING, PLOT_LEAST = 880, 12, 360
TEXT, SMALL, LETTER, LINE = 13, 12, 6.9, 17
"""Sizes of letters, the mean width of one, and the height of a line, in pixels."""
ROW, GAP, NUMBER = 24, 10, 78
"""Height of a bar, between rows, and the room for a number behind the longest one."""
NAME_LETTERS, TITLE_COLUMNS, TITLE_LINES = 56, 110, 3
TICKS, SHORT, LONG = 6, 10, 1000
"""A logarithmic axis with a short range needs every digit, one with a long range has room for powers of ten only."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar, of parts that follow one another, and the number that stands behind it."""

    parts: Sequence[tuple[float, str]]
    """Length and colour."""
    text: str
    within: tuple[float, float] | None = None
    """The interval of the whole; None where nothing bounds it."""

    @property
    def end(self) -> float:
        """Where the number may stand."""
        whole = sum(length for length, _ in self.parts)
        return max(whole, self.within[1]) if self.within else whole


@dataclass(frozen=True, slots=True)
class Row:
    """Lines of a name, of which the first is the subject, and the bars beside them."""

    name: Sequence[str]
    bars: Sequence[Bar]


@dataclass(frozen=True, slots=True)
class RowsOfBars:
    """A picture that a notebook shows and a report has beside it."""

    title: str
    axis: str
    rows: Sequence[Row]
    legend: Sequence[tuple[str, str]]
    """Name and colour."""
    logarithmic: bool = False

    def save(self, path: Path) -> Path:
        """As SVG."""
        path.write_text(self._repr_svg_(), encoding="utf-8")
        return path

    def _repr_svg_(self) -> str:
        return "\n".join(_lines(self)) + "\n"

    def _repr_html_(self) -> str:
        """As an image, which JupyterLab shows in notebooks that it does not trust, too; SVG by itself it does not."""
        data = b64encode(self._repr_svg_().encode()).decode()
        return f'<img alt="{escape(self.title)}" src="data:image/svg+xml;base64,{data}">'


@dataclass(frozen=True, slots=True)
class _Axis:
    """Numbers → places across the picture."""

    left: float
    right: float
    least: float
    most: float
    logarithmic: bool

    def x(self, value: float) -> float:
        """What is below the axis stands at its beginning."""
        scale = math.log if self.logarithmic else float
        share = (scale(max(value, self.least)) - scale(self.least)) / (scale(self.most) - scale(self.least))
        return round(self.left + share * (self.right - self.left), 1)

    def ticks(self) -> list[float]:
        """Round numbers within the axis."""
        return _round_powers(self.least, self.most) if self.logarithmic else _round_steps(self.most)


def _lines(picture: RowsOfBars) -> Iterator[str]:
    title = textwrap.wrap(printable(picture.title), TITLE_COLUMNS, max_lines=TITLE_LINES, placeholder=" …")
    names = [[shortened(printable(line), NAME_LETTERS) for line in row.name] for row in picture.rows]
    axis = _axis(picture, max((len(line) for name in names for line in name), default=0))
    tops = _tops(picture.rows, PADDING + LINE * (len(title) + 1))
    bottom = tops[-1]
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {bottom + 4 * LINE:g}" width="{WIDTH}" height="{bottom + 4 * LINE:g}"'
        f' role="img" font-family="DejaVu Sans, Verdana, sans-serif" font-size="{SMALL}">'
    )
    yield f"<title>{escape(' '.join(title))}</title>"
    yield '<rect width="100%" height="100%" fill="#ffffff"/>'
    for number, line in enumerate(title):
        yield _text(PADDING, PADDING + LINE * (number + 0.7), line, f'font-size="{TEXT}" font-weight="bold"')
    for tick in axis.ticks():
        yield _rule(axis.x(tick), tops[0] - GAP / 2, axis.x(tick), bottom, GRID)
        yield _text(axis.x(tick), bottom + LINE, f"{tick:g}", f'text-anchor="middle" fill="{QUIET}"')
    for top, name, row in zip(tops, names, picture.rows, strict=False):
        yield from _row(axis, top, name, row)
    yield _rule(axis.left, bottom, axis.right, bottom, QUIET)
    yield _text((axis.left + axis.right) / 2, bottom + 2 * LINE, picture.axis, f'text-anchor="middle" fill="{QUIET}"')
    yield from _legend(picture.legend, bottom + 3 * LINE)
    yield "</svg>"


def _axis(picture: RowsOfBars, letters: int) -> _Axis:
    """The whole range of the bars; the names take what they need of the left."""
    ends = [bar.end for row in picture.rows for bar in row.bars]
    begins = [bar.within[0] if bar.within else bar.end for row in picture.rows for bar in row.bars]
    most = max(ends, default=0.0) or 1.0
    positive = [value for value in begins if value > 0]
    least = min(positive, default=most) / 1.5 if picture.logarithmic else 0.0
    left = min(PADDING + letters * LETTER + GAP, WIDTH - PLOT_LEAST)
    return _Axis(left, WIDTH - NUMBER, least, most, picture.logarithmic)


def _tops(rows: Sequence[Row], top: float) -> list[float]:
    """Where each row begins, and where the last one ends."""
    tops = [top]
    for row in rows:
        tops.append(tops[-1] + max(_height(row) * len(row.bars), LINE * len(row.name)) + GAP)
    return tops


def _height(row: Row) -> float:
    """Bars of one row stand closer than rows of one bar."""
    return ROW if len(row.bars) == 1 else ROW * 0.75


def _row(axis: _Axis, top: float, name: Sequence[str], row: Row) -> Iterator[str]:
    height = _height(row)
    tall = max(height * len(row.bars), LINE * len(name))
    first = top + (tall - LINE * len(name)) / 2
    for number, line in enumerate(name):
        look = f'text-anchor="end" fill="{QUIET if number else INK}"'
        yield _text(axis.left - 8, first + LINE * (number + 0.72), line, look)
    for number, bar in enumerate(row.bars):
        yield from _bar(axis, top + (tall - height * len(row.bars)) / 2 + height * number, height, bar)


def _bar(axis: _Axis, top: float, height: float, bar: Bar) -> Iterator[str]:
    start = axis.least
    whole = 0.0
    for length, colour in bar.parts:
        whole += length
        wide = axis.x(whole) - axis.x(start)
        if wide > 0:
            yield f'<rect x="{axis.x(start):g}" y="{top + 1:g}" width="{wide:.1f}" height="{height - 2:g}" fill="{colour}"/>'
        start = whole
    middle = top + height / 2
    if bar.within:
        ends = [axis.x(end) for end in bar.within]
        yield _rule(ends[0], middle, ends[1], middle, "#444444")
        yield from (_rule(end, middle - 3, end, middle + 3, "#444444") for end in ends)
    yield _text(axis.x(bar.end) + 6, middle + SMALL * 0.36, bar.text, f'fill="{INK}"')


def _legend(legend: Sequence[tuple[str, str]], y: float) -> Iterator[str]:
    x: float = PADDING
    for name, colour in legend:
        shown = shortened(printable(name), NAME_LETTERS)
        yield f'<rect x="{x:g}" y="{y:g}" width="{SMALL}" height="{SMALL}" fill="{colour}"/>'
        yield _text(x + SMALL + 6, y + SMALL * 0.86, shown, f'fill="{INK}"')
        x += SMALL + 28 + len(shown) * LETTER


def _text(x: float, y: float, text: str, look: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" {look}>{escape(text)}</text>'


def _rule(x: float, y: float, to_x: float, to_y: float, colour: str) -> str:
    return f'<line x1="{x:g}" y1="{y:g}" x2="{to_x:g}" y2="{to_y:g}" stroke="{colour}"/>'


def _round_steps(most: float) -> list[float]:
    """0 and multiples of 1, 2 or 5 of a power of ten."""
    power = 10.0 ** math.floor(math.log10(most / TICKS))
    step = next(power * digit for digit in (1, 2, 5, 10) if power * digit * TICKS >= most)
    return [float(f"{step * number:.12g}") for number in range(int(most / step * (1 + 1e-9)) + 1)]


def _round_powers(least: float, most: float) -> list[float]:
    digits = (1,) if most > LONG * least else (1, 2, 5) if most > SHORT * least else range(1, 10)
    powers = range(math.floor(math.log10(least)), math.floor(math.log10(most)) + 1)
    ticks = [float(f"{digit}e{power}") for power in powers for digit in digits]
    return [tick for tick in ticks if least <= tick <= most]
