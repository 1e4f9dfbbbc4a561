"""A large JSON file, walked: a container is entered, skipped, or read in batches of its elements; the document never is in memory as a whole."""

from __future__ import annotations

import mmap
import os
import re
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any, TypeVar

import orjson

from perfkit.errors import ArtefactError
from perfkit.model.artefact import GZIP_MAGIC, open_artefact
from perfkit.readers.parts.parsing import refuse

Piece = TypeVar("Piece")

CHUNK = 1 << 19
"""Arrays made from more than this leave the processor's cache."""
MOST_BYTES = 8 << 30
"""Of a compressed file, when it is decompressed."""
WHOLE = 256 << 20
"""The most bytes of a value that is read as a whole."""
NOT_SPACE = re.compile(rb"[^ \t\r\n]")
STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
SCALAR = re.compile(rb"[^,\]}\s]+")
BEGINNING = re.compile(rb'\s*(\[|\{\s*"[^"\\]{0,200}"\s*:|)')
ESCAPED = re.compile(rb"\\.", re.DOTALL)
HALF = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}")
BRACKET_TO_BRACE = ord("[") ^ ord("{")
"""The bit by which they differ, opening as well as closing."""
CHANGES = bytes(1 if code in b"[{" else 255 if code in b"]}" else 0 for code in range(256))
"""Of the depth, as signed bytes."""
BOM = b"\xef\xbb\xbf"


class Cursor:
    """A place in a JSON text. What a step leaves unread, the next one skips."""

    def __init__(self, path: Path, name: str, content: bytes | mmap.mmap) -> None:
        self.path, self.name = path, name
        self.content = content
        self.at = len(BOM) if content[: len(BOM)] == BOM else 0
        self.cut = False
        """True: an array that may end anywhere was cut off."""

    def peek(self) -> str:
        """The next character that is no space."""
        found = NOT_SPACE.search(self.content, self.at)
        if found is None:
            raise self.cut_off()
        self.at = found.start()
        return chr(self.content[self.at])

    def members(self) -> Iterator[str]:
        """The keys of the object that begins here; behind each the cursor stands at its value."""
        self._expect("{")
        while self.peek() != "}":
            key = self._key()
            self._expect(":")
            self.peek()
            start = self.at
            yield key
            if self.at == start:
                self.skip()
            if self.peek() != "}":
                self._expect(",")
        self.at += 1

    def items(self) -> Iterator[int]:
        """The numbers of the elements of the array that begins here; at each the cursor stands at its value."""
        self._expect("[")
        number = 0
        while self.peek() != "]":
            start = self.at
            yield number
            if self.at == start:
                self.skip()
            number += 1
            if self.peek() != "]":
                self._expect(",")
        self.at += 1

    def batches(self, *, open_end: bool = False) -> Iterator[list[Any]]:
        """The elements of the array that begins here, some at a time. With open_end the file may end before the array does."""
        return self.pieces(_parsed, open_end=open_end)

    def pieces(self, quick: Callable[[bytes], Piece | None], *, open_end: bool = False) -> Iterator[Piece | list[Any]]:
        """The same, where something else than a list may be made of a text of whole elements; what quick says None of is parsed.

        It must say None as well of a text that ends within an element: where one ends is guessed first, and looked for only then.
        """
        self._expect("[")
        beginning, hits, misses, first = self._beginning(), 0, 0, True
        while True:
            guessed = self._guessed(beginning, quick) if misses <= hits else None
            if guessed is not None:
                hits, first = hits + 1, False
                yield guessed
                continue
            misses, start = misses + 1, self.at
            text, last = self._whole_elements()
            if last is None:
                break
            made = _made(text, quick)
            yield self._elements(text, start, last=last and first) if made is None else made
            first = False
            if last:
                self._expect("]")
                return
            self._expect(",")
        if not open_end:
            raise self.cut_off()
        self.cut = True
        yield self._last(text)

    def value(self) -> Any:
        """What stands here, as a whole."""
        start = self.at
        self.skip()
        self._bounded(self.at - start)
        return self.parsed(self.content[start : self.at], start)

    def skip(self) -> None:
        """Goes behind what stands here."""
        kind = self.peek()
        if kind in "[{":
            self.at += 1
            for begin, _, _, end in self._levels():
                if end is not None:
                    self.at = begin + end + 1
                    return
            raise self.cut_off()
        found = (STRING if kind == '"' else SCALAR).match(self.content, self.at)
        if found is None:
            raise self.refused("no value stands", self.at)
        self.at = found.end()

    def finish(self) -> None:
        """Nothing but spaces may follow."""
        found = NOT_SPACE.search(self.content, self.at)
        if found is not None and not self.cut:
            raise self.refused("the document has ended, but more stands", found.start())

    def parsed(self, text: bytes, start: int) -> Any:
        """A piece of the text; half a character and bytes that are no UTF-8 become replacement characters."""
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError:
            mended = HALF.sub(r"\\ufffd", text.decode("utf-8", "replace")) if len(text) <= WHOLE else ""
        try:
            return orjson.loads(mended)
        except orjson.JSONDecodeError as error:
            raise refuse(self.path, self.name, f"no JSON at byte {start + error.pos}: {error.msg}.") from error

    def refused(self, what: str, at: int) -> ArtefactError:
        shown = bytes(self.content[at : at + 20]).decode("utf-8", "replace")
        return refuse(self.path, self.name, f"{what} at byte {at}: {shown!r}.")

    def cut_off(self) -> ArtefactError:
        return refuse(self.path, self.name, f"the JSON document was cut off: it has no end after {len(self.content)} bytes.")

    def _beginning(self) -> bytes:
        """How the elements of this array begin, if they are like the first one: a bracket, or a brace and the first key."""
        found = BEGINNING.match(self.content, self.at)
        return found[1] if found else b""

    def _guessed(self, beginning: bytes, quick: Callable[[bytes], Piece | None]) -> Piece | list[Any] | None:
        """What is before the last comma that seems to stand between two elements; None where it cannot be read, and then it does not."""
        if len(self.content) - self.at <= CHUNK:
            return None
        chunk = self.content[self.at : self.at + CHUNK]
        place = chunk.rfind(beginning)
        comma = chunk.rfind(b",", 0, max(place, 0))
        if comma < 0 or (beginning and chunk[comma + 1 : place].strip()):
            return None
        made = _made(chunk[:comma], quick)
        if made is not None:
            self.at += comma + 1
        return made

    def _whole_elements(self) -> tuple[bytes, bool | None]:
        """A text of whole elements from here, and whether they are the last; None where the file ends before the array."""
        pieces: list[bytes] = []
        start = self.at
        for begin, chunk, comma, end in self._levels(commas=True):
            stop = comma if end is None else end
            if stop is not None:
                self.at = begin + stop
                return b"".join([*pieces, chunk[:stop]]), end is not None
            pieces.append(chunk)
            self._bounded(begin + len(chunk) - start)
        self.at = len(self.content)
        return b"".join(pieces), None

    def _elements(self, text: bytes, start: int, *, last: bool) -> list[Any]:
        found: list[Any] = self.parsed(b"[" + text + b"]", start - 1)
        if not found and not last:
            raise self.refused("an element is missing", start)
        return found

    def _last(self, text: bytes) -> list[Any]:
        """What stands behind the last comma of a file that was cut off: an element, or a part of one, as a number may always be."""
        if text.rstrip()[-1:] not in (b"}", b"]", b'"'):
            return []
        try:
            found: list[Any] = orjson.loads(b"[" + text + b"]")
        except orjson.JSONDecodeError:
            return []
        return found

    def _bounded(self, size: int) -> None:
        if size > WHOLE:
            raise refuse(self.path, self.name, f"one value is larger than {WHOLE >> 20} MiB, before byte {self.at + size}.")

    def _expect(self, character: str) -> None:
        if self.peek() != character:
            raise self.refused(f"{character!r} is missing", self.at)
        self.at += 1

    def _key(self) -> str:
        self.peek()
        found = STRING.match(self.content, self.at)
        if found is None:
            raise self.refused("a key is missing", self.at)
        self.at = found.end()
        return str(self.parsed(found.group(), found.start()))

    def _levels(self, *, commas: bool = False) -> Iterator[tuple[int, bytes, int | None, int | None]]:
        """Of each chunk from here: its offset, itself, where the last comma of this level stands, and where the level ends."""
        import numpy

        quoted, depth, begin = 0, 0, self.at
        while begin < len(self.content):
            chunk = self._chunk(begin)
            plain = ESCAPED.sub(b"__", chunk) if b"\\" in chunk else chunk
            characters = numpy.frombuffer(plain, dtype=numpy.uint8)
            braces = characters | BRACKET_TO_BRACE
            marks = numpy.flatnonzero((braces == ord("{")) | (braces == ord("}")) | (characters == ord('"')))
            kinds = characters[marks]
            quotes = numpy.cumsum(kinds == ord('"'), dtype=numpy.int32) + quoted
            outside = (quotes & 1) == 0
            change = numpy.frombuffer(CHANGES, dtype=numpy.int8)[kinds]
            levels = numpy.cumsum(numpy.where(outside, change, 0), dtype=numpy.int32) + depth
            ends = numpy.flatnonzero(levels < 0)
            end = int(marks[ends[0]]) if len(ends) else None
            yield begin, chunk, _last_comma(plain, marks, outside & (levels == 0), (quoted, depth)) if commas and end is None else None, end
            if len(marks):
                quoted, depth = int(quotes[-1]) & 1, int(levels[-1])
            begin += len(chunk)

    def _chunk(self, begin: int) -> bytes:
        """The next bytes, not ending between a backslash and what it escapes."""
        chunk = bytes(self.content[begin : begin + CHUNK])
        slashes = len(chunk) - len(chunk.rstrip(b"\\"))
        return chunk[:-1] if slashes % 2 and len(chunk) > 1 else chunk


def _made(text: bytes, quick: Callable[[bytes], Piece | None]) -> Piece | list[Any] | None:
    made = quick(text)
    return _parsed(text) if made is None else made


def _parsed(text: bytes) -> list[Any] | None:
    """The elements, if there are any and nothing is wrong with them."""
    try:
        return orjson.loads(b"[" + text + b"]") or None
    except orjson.JSONDecodeError:
        return None


def _last_comma(plain: bytes, marks: Any, free: Any, before: tuple[int, int]) -> int | None:
    """The last comma behind a mark after which the text is at the level itself, or behind the chunk's beginning."""
    for place in free.nonzero()[0][::-1]:
        until = int(marks[place + 1]) if place + 1 < len(marks) else len(plain)
        found = plain.rfind(b",", int(marks[place]) + 1, until)
        if found >= 0:
            return found
    found = plain.rfind(b",", 0, int(marks[0]) if len(marks) else len(plain)) if before == (0, 0) else -1
    return found if found >= 0 else None


@contextmanager
def opened_json(path: Path, name: str) -> Iterator[Cursor]:
    """A cursor at the beginning of a file. What is compressed is unpacked to a temporary file: a cursor may go back."""
    try:
        with ExitStack() as stack:
            file: IO[bytes] = stack.enter_context(path.open("rb"))
            if file.read(2) == GZIP_MAGIC:
                file = _unpacked(path, name, stack.enter_context(tempfile.TemporaryFile()))
            if file.seek(0, os.SEEK_END) == 0:
                raise refuse(path, name, "the file is empty.")
            yield Cursor(path, name, stack.enter_context(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)))
    except (EOFError, zlib.error, OSError) as error:
        raise refuse(path, name, f"it cannot be read: {error}.") from error


def _unpacked(path: Path, name: str, target: IO[bytes]) -> IO[bytes]:
    with open_artefact(path) as packed:
        while piece := packed.read(CHUNK):
            target.write(piece)
            if target.tell() > MOST_BYTES:
                raise refuse(path, name, f"unpacked it is larger than {MOST_BYTES >> 30} GiB.")
    target.flush()
    return target
