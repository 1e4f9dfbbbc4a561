"""Which function of one side is which of the other? By module, name and its place among those of that name; else by an equal body."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perfkit.analyses.call_paths import Place
from perfkit.model.run import Run
from perfkit.store import Store

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PLACES = Path(__file__).with_name("change_places.sql")
BASE, CANDIDATE = 0, 1

Bodies = Callable[[Sequence[Run], Sequence[Place]], list[str | None]]
"""What the functions of some runs consist of, in a form that two equal bodies share; None where the code cannot be had."""


def nobody_knows(_runs: Sequence[Run], places: Sequence[Place]) -> list[str | None]:
    """Bodies where there is no checkout."""
    return [None] * len(places)


@dataclass(frozen=True, slots=True)
class FrameRows:
    """Of each frame of one side its row."""

    frame_ids: NDArray[np.uint64]
    """Sorted."""
    row: NDArray[np.int64]

    def rows(self, frame_ids: NDArray[np.uint64]) -> NDArray[np.int64]:
        """The rows of frames that the side has."""
        import numpy as np

        return self.row[np.searchsorted(self.frame_ids, frame_ids)]


@dataclass(frozen=True, slots=True)
class MatchedFunctions:
    """Rows are distinct functions of either side; a subject is the row that stands for both sides of a function."""

    columns: dict[str, Any]
    frames: tuple[FrameRows, FrameRows]
    subject: tuple[NDArray[np.int64], NDArray[np.int64]]
    """Of each row its subject: for the base, for the candidate."""
    earlier: dict[int, int]
    """Of subjects that were named otherwise in the base the row that says how."""
    unknown: int
    """How many of the application's functions are on one side only and could not be looked for under another name."""

    def __len__(self) -> int:
        return len(self.columns["key"])

    def place(self, row: int) -> Place:
        """What a row names."""
        function, module, file, line, origin = (self.columns[name][row] for name in ("function", "module", "file", "line", "origin"))
        return Place(int(self.columns["key"][row]), function, module, file, int(line), origin)

    def was(self, subject: int) -> str | None:
        """The name in the base where it was another."""
        return self.place(self.earlier[subject]).name if subject in self.earlier else None

    def subjects(self, side: int, frame_ids: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Of frames of one side the subjects."""
        return self.subject[side][self.frames[side].rows(frame_ids)]

    def subjects_by_name(self, side: int) -> dict[tuple[str, str, int], int]:
        """Of module, function and line the subject."""
        names = zip(self.columns["module"].tolist(), self.columns["function"].tolist(), self.columns["line"].tolist(), strict=True)
        return dict(zip(names, self.subject[side].tolist(), strict=True))


@dataclass(frozen=True, slots=True)
class Known:
    """A function whose body could be read."""

    row: int
    name: str
    body: str

    def name_and_body(self) -> tuple[str, ...]:
        return (self.name, self.body)

    def body_alone(self) -> tuple[str, ...]:
        return (self.body,)


def matched_functions(store: Store, base: Sequence[Run], candidate: Sequence[Run], bodies: Bodies = nobody_knows) -> MatchedFunctions:
    """Every function of both sides."""
    import numpy as np

    sides = [[run.run_id for run in side] for side in (base, candidate)]
    columns, frames = _distinct(store.columns(PLACES, run_ids=[*sides[BASE], *sides[CANDIDATE]], base=sides[BASE]))
    subject = (np.arange(len(columns["key"])), np.arange(len(columns["key"])))
    for row, same in _by_order(columns):
        subject[BASE][row] = same
    gone, come = _one_sided(columns, subject[BASE])
    places = MatchedFunctions(columns, frames, subject, {}, 0)
    hashes = [bodies(runs, [places.place(row) for row in rows]) if gone and come else [] for runs, rows in ((base, gone), (candidate, come))]
    earlier = {}
    for before, after in _by_body(_known(columns, gone, hashes[BASE]), _known(columns, come, hashes[CANDIDATE])):
        subject[BASE][before] = after
        earlier[after] = before
    unknown = sum(body is None for found in hashes for body in found)
    return MatchedFunctions(columns, frames, subject, earlier, unknown)


def _distinct(columns: dict[str, Any]) -> tuple[dict[str, Any], tuple[FrameRows, FrameRows]]:
    """One row a function, and the row of every frame: profilers and checkouts may name one file in many ways."""
    import numpy as np

    _, first, row = np.unique(columns["key"], return_index=True, return_inverse=True)
    distinct = {name: column[first] for name, column in columns.items()}
    frames = []
    for name in ("in_base", "in_candidate"):
        distinct[name] = np.bincount(row, weights=columns[name], minlength=len(first)) > 0
        of_side = np.flatnonzero(columns[name])
        of_side = of_side[np.argsort(columns["frame_id"][of_side], kind="stable")]
        frames.append(FrameRows(columns["frame_id"][of_side], row[of_side]))
    return distinct, (frames[0], frames[1])


def _by_order(columns: dict[str, Any]) -> Iterable[tuple[int, int]]:
    """Of functions that moved within their module the row on the base's side and that on the candidate's."""
    import numpy as np

    modules, functions, lines = columns["module"], columns["function"], columns["line"]
    moved = np.flatnonzero(columns["in_base"] != columns["in_candidate"])
    names = {(modules[row], functions[row]) for row in moved.tolist()}
    if not names:
        return
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    for row, name in enumerate(zip(modules.tolist(), functions.tolist(), strict=True)):
        if name in names:
            groups[name].append(row)
    for rows in groups.values():
        rows.sort(key=lambda row: lines[row])
        before = [row for row in rows if columns["in_base"][row]]
        after = [row for row in rows if columns["in_candidate"][row]]
        if len(before) != len(after):  # some of them did not run on one side: those that stand where they stood are themselves
            before, after = [row for row in before if row not in after], [row for row in after if row not in before]
        yield from zip(before, after, strict=False)


def _one_sided(columns: dict[str, Any], base: NDArray[np.int64]) -> tuple[list[int], list[int]]:
    """The application's functions that only the base and that only the candidate has."""
    import numpy as np

    application = columns["origin"] == "application"
    taken = np.zeros(len(base), bool)
    taken[base[columns["in_base"]]] = True
    gone = application & columns["in_base"] & ~columns["in_candidate"][base]
    come = application & columns["in_candidate"] & ~taken
    return np.flatnonzero(gone).tolist(), np.flatnonzero(come).tolist()


def _known(columns: dict[str, Any], rows: Sequence[int], bodies: Sequence[str | None]) -> list[Known]:
    return [Known(row, columns["function"][row], body) for row, body in zip(rows, bodies, strict=False) if body is not None]


def _by_body(gone: Sequence[Known], come: Sequence[Known]) -> list[tuple[int, int]]:
    """Moved functions have name and body in common, renamed ones the body; where several could be meant none is."""
    found: dict[int, int] = {}
    for key in (Known.name_and_body, Known.body_alone):
        before = [item for item in gone if item.row not in found]
        after = [item for item in come if item.row not in found.values()]
        counts = [Counter(map(key, side)) for side in (before, after)]
        rows = {key(item): item.row for item in after}
        found |= {item.row: rows[key(item)] for item in before if counts[0][key(item)] == counts[1][key(item)] == 1}
    return list(found.items())
