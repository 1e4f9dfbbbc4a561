"""Marshalled statistics of calls → where in the bytes each of their objects is. They are walked and never unmarshalled.

Python's own reader of the format trusts the bytes and may crash on them. Here they are only compared and counted, and since no object is made
of them, their numbers can be read all at once. A place is the offset at which an object begins, or a reference to one: an object that is used
again is written once, with a flag, and then referred to by its number among those with a flag.
"""

from __future__ import annotations

import re
from array import array
from typing import NoReturn

FLAG, BARE = 0x80, 0x7F
NULL, REFERENCE, TUPLE, LONG_TUPLE, MAPPING, CODE, INTEGER, LONG, FLOAT = b"0r)({cilg"
TUPLES = {TUPLE: 1, LONG_TUPLE: 4}
"""Bytes of their length; the other one is how older Pythons, and other ones, write all of them."""
SHORT_TEXTS, LONG_TEXTS = b"zZ\xfa\xda", b"aAut\xe1\xc1\xf5\xf4"
SIZES = {INTEGER: 5, REFERENCE: 5, FLOAT: 9}
"""Bytes of an object, with that of its kind."""
KEY_ITEMS, ENTRY_ITEMS, EDGE_ITEMS = 3, 5, 4
"""File, line, name; calls and times, with the callers of an entry."""

COUNT, TIME = rb"[i\xe9r].{4}", rb"[g\xe7].{8}"
EDGE = rb"[)\xa9]\x04" + 2 * COUNT + 2 * TIME
KNOWN_CALLERS = re.compile(rb"(?:r.{4}" + EDGE + rb")*+", re.DOTALL)
"""Edges behind references to their callers."""
CALLER = re.compile(EDGE + KNOWN_CALLERS.pattern, re.DOTALL)
ENTRY = re.compile(rb"[)\xa9]\x05" + 2 * COUNT + 2 * TIME, re.DOTALL)
EDGE_FIELDS, EDGE_BYTES = (2, 7, 12, 21), 30
ENTRY_FIELDS = (*EDGE_FIELDS, EDGE_BYTES)
STEP = EDGE_BYTES + SIZES[REFERENCE]
"""From one edge to the next."""

WRONG_ENTRY = "an entry is not a function with its counts and callers"
WRONG_EDGE = "an entry does not tell calls, own and total time of each caller"


def _numbers() -> array[int]:
    return array("q")


class Walk:
    """Places in the order of the bytes. What has the usual size is found by a pattern, and the places within follow from its own."""

    def __init__(self, content: bytes) -> None:
        """Raises ValueError where the bytes are no such statistics."""
        self.content = content
        self.keys, self.files, self.lines = _numbers(), _numbers(), _numbers()
        """Each key where it is written, and the file and the line in it."""
        self.text_places, self.text_numbers = _numbers(), _numbers()
        self.texts: dict[bytes, int] = {}
        """Names and files by number."""
        self.functions, self.entries = _numbers(), _numbers()
        """Keys and what they have."""
        self.odd_entries, self.odd_entry_fields = _numbers(), _numbers()
        """Numbers of entries that have other sizes, and the places within."""
        self.mappings, self.first_edges = _numbers(), _numbers()
        """Callers of an entry, and the number of the first."""
        self.runs, self.run_lengths = _numbers(), _numbers()
        """Edges that follow each other, a step apart and each behind the reference to its caller."""
        self.named_edges, self.callers = _numbers(), _numbers()
        """Numbers of edges whose callers are elsewhere, and where."""
        self.odd_edges, self.odd_edge_fields = _numbers(), _numbers()
        self.edge_count = 0
        try:
            self._statistics()
        except IndexError as error:
            raise ValueError("cut off") from error

    def _statistics(self) -> None:
        content, at = self.content, 1
        if content[0] & BARE != MAPPING or content[at] == NULL:
            _refuse("holds no functions")
        while content[at] != NULL:
            self.functions.append(at)
            at = self._entry(self._key(at))

    def _key(self, at: int) -> int:
        content = self.content
        if content[at] == REFERENCE:
            return at + SIZES[REFERENCE]
        self.keys.append(at)
        at = self._first_item(at, KEY_ITEMS, WRONG_ENTRY)
        self.files.append(at)
        at = self._text(at)
        self.lines.append(at)
        return self._text(at + SIZES[INTEGER])

    def _text(self, at: int) -> int:
        content, kind = self.content, self.content[at]
        if kind == REFERENCE:
            return at + SIZES[REFERENCE]
        if kind in SHORT_TEXTS:
            end = at + 2 + content[at + 1]
            text = content[at + 2 : end]
        elif kind in LONG_TEXTS:
            end = at + 5 + int.from_bytes(content[at + 1 : at + 5], "little")
            text = content[at + 5 : end]
        elif kind & BARE == CODE:
            _refuse("holds compiled code, as python -m profile writes it; record again with python -m cProfile -o NAME.prof")
        else:
            _refuse(WRONG_ENTRY)
        self.text_places.append(at)
        self.text_numbers.append(self.texts.setdefault(text, len(self.texts)))
        return end

    def _entry(self, at: int) -> int:
        number = len(self.entries)
        self.entries.append(at)
        if usual := ENTRY.match(self.content, at):
            at = usual.end()
        elif self.content[at] == REFERENCE:
            self.odd_entries.append(number)
            self.odd_entry_fields.extend([at] * ENTRY_ITEMS)
            return at + SIZES[REFERENCE]
        else:
            self.odd_entries.append(number)
            at = self._fields(at, ENTRY_ITEMS, self.odd_entry_fields)
            self.odd_entry_fields.append(at)
        if self.content[at] == REFERENCE:
            return at + SIZES[REFERENCE]
        if self.content[at] & BARE != MAPPING:
            _refuse(WRONG_ENTRY)
        return self._callers(at)

    def _callers(self, at: int) -> int:
        content = self.content
        self.mappings.append(at)
        self.first_edges.append(self.edge_count)
        if known := KNOWN_CALLERS.match(content, at + 1):
            at = self._run(at + 1 + SIZES[REFERENCE], known.end())
        while content[at] != NULL:
            self.named_edges.append(self.edge_count)
            self.callers.append(at)
            at = self._key(at)
            at = self._run(at, usual.end()) if (usual := CALLER.match(content, at)) else self._odd_edge(at)
        return at + 1

    def _run(self, first: int, end: int) -> int:
        edges = (end - first + SIZES[REFERENCE]) // STEP
        if edges:
            self.runs.append(first)
            self.run_lengths.append(edges)
            self.edge_count += edges
        return end

    def _odd_edge(self, at: int) -> int:
        """Of another size, a reference, or a bare count."""
        self.odd_edges.append(self.edge_count)
        self._run(at, at + EDGE_BYTES)
        if self.content[at] & BARE in TUPLES:
            return self._fields(at, EDGE_ITEMS, self.odd_edge_fields)
        self.odd_edge_fields.extend([at] * EDGE_ITEMS)
        return self._behind_number(at, WRONG_EDGE)

    def _fields(self, at: int, items: int, fields: array[int]) -> int:
        """Four numbers of a tuple."""
        otherwise = WRONG_EDGE if items == EDGE_ITEMS else WRONG_ENTRY
        at = self._first_item(at, items, otherwise)
        for _ in EDGE_FIELDS:
            fields.append(at)
            at = self._behind_number(at, otherwise)
        return at

    def _first_item(self, at: int, items: int, otherwise: str) -> int:
        width = TUPLES.get(self.content[at] & BARE, 0)
        if not width or int.from_bytes(self.content[at + 1 : at + 1 + width], "little") != items:
            _refuse(otherwise)
        return at + 1 + width

    def _behind_number(self, at: int, otherwise: str) -> int:
        kind = self.content[at] & BARE
        if kind == LONG:
            return at + 5 + 2 * abs(int.from_bytes(self.content[at + 1 : at + 5], "little", signed=True))
        if kind not in SIZES:
            _refuse(otherwise)
        return at + SIZES[kind]


def _refuse(why: str) -> NoReturn:
    raise ValueError(why)
