"""Marshalled statistics of calls → functions and edges: what is at the places that a walk found, read for all of them at once."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from perfkit.readers.parts.inert_marshal import (
    BARE,
    EDGE_FIELDS,
    ENTRY_FIELDS,
    FLAG,
    FLOAT,
    INTEGER,
    LONG,
    REFERENCE,
    SIZES,
    STEP,
    TUPLES,
    WRONG_EDGE,
    WRONG_ENTRY,
    Walk,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Places = NDArray[np.int64]
    """Of objects or of references to them."""

MOST_CHARACTERS = 128 << 20
"""Of the names and files of all functions: each text can be referred to again and again."""
DIGIT_BITS, MOST_DIGITS = 15, 4
"""Of a long integer; with more digits it is beyond every count."""
LINE = {INTEGER: "<i4"}
COUNT = {**LINE, LONG: ""}
TIME = {FLOAT: "<f8", **COUNT}
"""How a number is written, by its kind."""


class Frames(NamedTuple):
    """Of functions."""

    names: list[str]
    files: list[str]
    lines: NDArray[np.int32]


class Calls(NamedTuple):
    """Of functions or edges."""

    calls: NDArray[np.uint64]
    own: NDArray[np.float64]
    total: NDArray[np.float64]


class CallGraph(NamedTuple):
    """Functions by number: those with statistics, then callers that have none."""

    frames: Frames
    functions: Calls
    primitive_calls: NDArray[np.uint64]
    callers: NDArray[np.int64]
    callees: NDArray[np.int64]
    edges: Calls


def call_graph(content: bytes) -> CallGraph:
    """Raises ValueError where the bytes are no such statistics."""
    objects = Objects(Walk(content))
    frames, by_key = _frames(objects)
    primitive, calls, own, total, mappings = objects.entries
    functions = Calls(objects.counts(calls), objects.times(own), objects.times(total))
    timed = slice(None if objects.timed() else 0)
    calls, _, own, total = objects.edges[:, timed]
    edges = Calls(objects.counts(calls), objects.times(own), objects.times(total))
    callers = by_key[objects.numbers_of(objects.callers, objects.keys)]
    return CallGraph(frames, functions, objects.counts(primitive), callers[timed], _callees(objects, mappings)[timed], edges)


def _frames(objects: Objects) -> tuple[Frames, NDArray[np.int64]]:
    """Functions, and the number of the one that each key names: keys that are equal need not be one object."""
    walk, keys = objects.walk, objects.keys
    text_places, text_numbers, file_places, line_places = map(_array, (walk.text_places, walk.text_numbers, walk.files, walk.lines))
    names, files = (text_numbers[objects.numbers_of(places, text_places)] for places in (line_places + SIZES[INTEGER], file_places))
    lines = objects.numbers(line_places, LINE, "i4")
    named = np.unique(names * len(walk.texts) + files, return_inverse=True)[1]
    _, shown, same = np.unique((named << 32) + lines, return_index=True, return_inverse=True)
    functions = objects.numbers_of(_array(walk.functions), keys)
    numbers = np.full(len(shown), -1)
    numbers[same[functions]] = np.arange(len(functions))
    others = np.flatnonzero(numbers < 0)
    if len(functions) + len(others) > len(shown):
        raise ValueError("tells of a function twice")
    numbers[others] = np.arange(len(functions), len(shown))
    order = np.concatenate((functions, shown[others]))
    name_texts, file_texts = _texts(walk.texts, names[order], files[order])
    return Frames(name_texts, file_texts, lines[order]), numbers[same]


def _texts(written: Iterable[bytes], *wanted: NDArray[np.int64]) -> list[list[str]]:
    """Those with these numbers. What is no text in UTF-8 becomes visible, and so does a NUL."""
    try:
        texts = [str(text, "utf-8", "surrogatepass").replace("\0", "\\0") for text in written]
    except UnicodeDecodeError as error:
        raise ValueError("a name is no text") from error
    lengths = np.array([*map(len, texts)])
    if sum(int(lengths[numbers].sum()) for numbers in wanted) > MOST_CHARACTERS:
        raise ValueError(f"has names of more than {MOST_CHARACTERS >> 20} million characters")
    if not all(map(str.isascii, texts)):
        texts = [str(text.encode("utf-8", "backslashreplace"), "utf-8") for text in texts]
    return [[texts[number] for number in numbers.tolist()] for numbers in wanted]


def _callees(objects: Objects, mappings: Places) -> NDArray[np.int64]:
    """The function of each edge."""
    walk = objects.walk
    numbers = objects.numbers_of(mappings, _array(walk.mappings))
    edges = np.diff(_array(walk.first_edges), append=walk.edge_count)
    if (np.bincount(numbers, minlength=len(edges))[edges > 0] > 1).any():
        raise ValueError("the callers of one function are those of another, too")
    functions = np.empty(len(edges), "i8")
    functions[numbers] = np.arange(len(numbers))
    return np.repeat(functions, edges)


class Objects:
    """What is at the places of a walk."""

    def __init__(self, walk: Walk) -> None:
        self.walk, self.keys = walk, _array(walk.keys)
        self._kinds = np.frombuffer(walk.content, "u1")
        runs, lengths = _array(walk.runs), _array(walk.run_lengths)
        self._tuples = np.repeat(runs - STEP * (np.cumsum(lengths) - lengths), lengths) + STEP * np.arange(walk.edge_count)
        self.callers = self._tuples - SIZES[REFERENCE]
        self.callers[_array(walk.named_edges)] = _array(walk.callers)
        entries, odd_entries, self._odd_edges = map(_array, (walk.entries, walk.odd_entries, walk.odd_edges))
        self.entries = _fields(entries, ENTRY_FIELDS, odd_entries, walk.odd_entry_fields)
        self.edges = _fields(self._tuples, EDGE_FIELDS, self._odd_edges, walk.odd_edge_fields)
        self._flagged = self._with_flag(entries)
        self._share(entries, self.entries, odd_entries)
        self._share(self._tuples, self.edges, self._odd_edges)

    def _with_flag(self, entries: Places) -> Places:
        walk = self.walk
        single = (np.zeros(1, "i8"), self.keys, *map(_array, (walk.lines, walk.text_places, walk.mappings)))
        every = (*single, entries, *self.entries[:-1], self._tuples, *self.edges)
        flagged = np.sort(np.concatenate([places[self._kinds[places] >= FLAG] for places in every]))
        return flagged[np.diff(flagged, prepend=-1) > 0]

    def _share(self, tuples: Places, fields: Places, odd: NDArray[np.int64]) -> None:
        """A tuple that is referred to has its fields elsewhere."""
        meant = self._meant(tuples[odd])
        elsewhere = (meant != tuples[odd]) & self._are_tuples(meant)
        fields[:, odd[elsewhere]] = fields[:, self.numbers_of(meant[elsewhere], tuples)]

    def _are_tuples(self, places: Places) -> NDArray[np.bool_]:
        return np.isin(self._kinds[places] & BARE, [*TUPLES])

    def timed(self) -> bool:
        """The pure-Python profiler counts calls of an edge but does not time them: it has no edges here."""
        timed = self._are_tuples(self._meant(self._tuples[self._odd_edges]))
        if timed.all():
            return True
        if timed.any() or len(timed) < len(self._tuples):
            raise ValueError(WRONG_EDGE)
        return False

    def numbers_of(self, places: Places, among: Places) -> NDArray[np.int64]:
        """The number of each object among those in the order of the bytes."""
        refers = self._kinds[places] == REFERENCE
        numbers = np.empty(len(places), "i8")
        numbers[refers] = _found(self._flagged, among)[self._references(places[refers])]
        numbers[~refers] = _found(places[~refers], among)
        if (numbers < 0).any():
            raise ValueError(WRONG_ENTRY)
        return numbers

    def counts(self, places: Places) -> NDArray[np.uint64]:
        """pyinstrument's statistics have -1 where calls were not counted; nothing is counted then."""
        found = self.numbers(places, COUNT, "i8")
        found[found == -1] = 0
        if (found < 0).any():
            raise ValueError("a count is negative")
        return found.astype("u8")

    def times(self, places: Places) -> NDArray[np.float64]:
        found = self.numbers(places, TIME, "f8")
        if not np.isfinite(found).all():
            raise ValueError("a time is not a number")
        return found

    def numbers(self, places: Places, forms: Mapping[int, str], form: str) -> NDArray[Any]:
        """Those that are written in one of the forms."""
        meant = self._meant(places)
        kinds = self._kinds[meant] & BARE
        found, read = np.empty(len(places), form), 0
        for kind, written in forms.items():
            these = np.flatnonzero(kinds == kind)
            found[these] = self._at(meant[these], written) if written else [self._long(at) for at in meant[these].tolist()]
            read += len(these)
        if read < len(places):
            raise ValueError(WRONG_ENTRY)
        return found

    def _meant(self, places: Places) -> Places:
        """The objects themselves where there are references to them."""
        refers = np.flatnonzero(self._kinds[places] == REFERENCE)
        meant = places.copy()
        meant[refers] = self._flagged[self._references(places[refers])]
        return meant

    def _references(self, places: Places) -> NDArray[np.uint32]:
        numbers: NDArray[np.uint32] = self._at(places, "<u4")
        if (numbers >= len(self._flagged)).any():
            raise ValueError("refers to what is not there")
        return numbers

    def _at(self, places: Places, form: str) -> NDArray[Any]:
        """Numbers behind the bytes that tell their kind."""
        content = self.walk.content
        return np.ndarray(len(content) - np.dtype(form).itemsize, form, content, 1, 1)[places]

    def _long(self, at: int) -> int:
        content = self.walk.content
        digits = int.from_bytes(content[at + 1 : at + 5], "little", signed=True)
        if abs(digits) > MOST_DIGITS:
            raise ValueError("a count is beyond every integer")
        starts = range(at + 5, at + 5 + 2 * abs(digits), 2)
        value = sum(int.from_bytes(content[start : start + 2], "little") << DIGIT_BITS * place for place, start in enumerate(starts))
        return value if digits > 0 else -value


def _array(numbers: array[int]) -> NDArray[np.int64]:
    found: NDArray[np.int64] = np.frombuffer(numbers, "i8")
    return found


def _fields(tuples: Places, offsets: Sequence[int], odd: NDArray[np.int64], odd_fields: array[int]) -> Places:
    """Of each tuple the places within, field by field."""
    fields: Places = tuples + np.array(offsets)[:, None]
    fields[:, odd] = _array(odd_fields).reshape(-1, len(offsets)).T
    return fields


def _found(places: Places, among: Places) -> NDArray[np.int64]:
    """The number of each among others, -1 where it is none of them; both are in order."""
    numbers: NDArray[np.int64] = np.searchsorted(among, places)
    numbers[np.append(among, -1)[numbers] != places] = -1
    return numbers
