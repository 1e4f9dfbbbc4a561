"""A text of folded stacks with whole weights, `main;work 3` → columns, without an object of Python's for any line."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from perfkit.readers.parts.arrow_arrays import to_numpy
from perfkit.readers.parts.number_lists import MOST_DIGITS, whole_numbers

if TYPE_CHECKING:
    from numpy import float64, int64, uint8
    from numpy.typing import NDArray

FEW_BYTES = 100_000
"""What Arrow saves on so few is less than its import costs."""


class FoldedLines(NamedTuple):
    """Stacks one after another."""

    texts: list[bytes]
    """The different frames."""
    frames: NDArray[int64]
    """Of each step its place among them."""
    lengths: NDArray[int64]
    weights: NDArray[float64]


class _Places(NamedTuple):
    """Of each line."""

    begins: NDArray[int64]
    spaces: NDArray[int64]
    """Before the weight."""
    ends: NDArray[int64]


def folded_lines(text: bytes) -> FoldedLines | None:
    """None where a line is anything else than a stack, a space and at most eight digits, or is a remark."""
    import numpy as np

    if len(text) < FEW_BYTES or not text.endswith(b"\n") or text.startswith(b"# ") or b"\n# " in text:
        return None
    characters = np.frombuffer(text, np.uint8)
    places = _places(characters)
    if places is None:
        return None
    weights = _weights(text, characters, places)
    if weights is None:
        return None
    marks = np.flatnonzero((characters == ord(";")) | (characters == ord("\n")))
    last = np.flatnonzero(characters[marks] == ord("\n"))
    texts, frames = _frames(characters, places, marks, last)
    return FoldedLines(texts, frames, np.diff(last, prepend=-1), weights)


def _places(characters: NDArray[uint8]) -> _Places | None:
    import numpy as np

    ends, spaces = np.flatnonzero(characters == ord("\n")), np.flatnonzero(characters == ord(" "))
    begins = np.concatenate([[0], ends[:-1] + 1])
    last = np.searchsorted(spaces, ends) - 1
    if not len(spaces) or (spaces[last] < begins).any() or (last < 0).any():
        return None
    return _Places(begins, spaces[last], ends)


def _weights(text: bytes, characters: NDArray[uint8], places: _Places) -> NDArray[float64] | None:
    import numpy as np

    digits = places.ends - places.spaces - 1
    if not 1 <= digits.min() <= digits.max() <= MOST_DIGITS:
        return None
    for place in range(int(digits.max())):
        there = characters[places.ends[digits > place] - 1 - place]
        if ((there < ord("0")) | (there > ord("9"))).any():
            return None
    numbers = whole_numbers(b"0" * MOST_DIGITS + text, places.ends + MOST_DIGITS, digits)
    return None if numbers is None else numbers.astype(np.float64)


def _frames(characters: NDArray[uint8], places: _Places, marks: NDArray[int64], last: NDArray[int64]) -> tuple[list[bytes], NDArray[int64]]:
    """What is before each mark, put together without what divides it."""
    import numpy as np
    import pyarrow

    begins, ends = np.concatenate([[0], marks[:-1] + 1]), marks.copy()
    ends[last] = places.spaces
    kept = np.ones(len(characters), bool)
    kept[marks] = False
    for place in range(MOST_DIGITS + 1):
        kept[np.minimum(places.spaces + place, places.ends)] = False
    offsets = np.concatenate([[0], np.cumsum(ends - begins)]).astype(np.int32)
    buffers = [None, pyarrow.py_buffer(offsets), pyarrow.py_buffer(characters[kept])]
    told = pyarrow.Array.from_buffers(pyarrow.binary(), len(begins), buffers).dictionary_encode()
    return told.dictionary.to_pylist(), to_numpy(told.indices).astype(np.int64)
