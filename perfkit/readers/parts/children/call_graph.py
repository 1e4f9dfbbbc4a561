"""Marshalled statistics on standard input → columns on standard output, as raw numbers: each preceded by its length in bytes.

In order: of the functions their names, files and first lines, texts with NUL between them, calls, primitive calls, own and total time; names,
files and first lines of callers that are none of them; of the functions the number of callers; of the edges, callee by callee, the caller's
place among the functions and the other callers, calls, own and total time. The functions are written while the edges are still taken apart.
"""

from __future__ import annotations

import gc
import marshal
import os
import resource
import sys
from array import array
from itertools import chain
from operator import itemgetter

TYPE_CHECKING = False
"""As typing has it, whose import would be half of this process's start."""
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from typing import Any, NoReturn

REFUSED = 3
SECONDS_MORE = 5
SEPARATOR, VISIBLE_NUL = "\0", "\\0"

Key = tuple[str, int, str]


class Frames(dict[Key, int]):
    """Frames by number; a caller without statistics of its own gets the next one."""

    def __missing__(self, key: Key) -> int:
        self[key] = number = len(self)
        return number


def main() -> None:
    """Everything that is wrong is a line on stderr."""
    memory_bytes, seconds = int(sys.argv[1]), int(sys.argv[2])
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + SECONDS_MORE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    gc.disable()
    try:
        for columns in _columns(_loaded(sys.stdin.buffer.read())):
            _write(columns)
    except MemoryError:
        _refuse(f"needs more than {memory_bytes >> 20} MB of memory, or is made to look as if it did")
    os._exit(0)  # a million small objects need not be taken down one by one


def _loaded(content: bytes) -> dict[Key, tuple[Any, ...]]:
    try:
        stats = marshal.loads(content)  # noqa: S302  nothing but this process is at stake, and it has limits
    except (EOFError, ValueError, TypeError, RecursionError, SystemError) as error:
        _refuse(f"cut off or written by another Python: {' '.join(str(error).split())}")
    if not isinstance(stats, dict) or not stats:
        _refuse("holds no functions")
    return stats


def _columns(stats: dict[Key, tuple[Any, ...]]) -> Iterator[list[bytes | array[Any]]]:
    """Of the functions, then of the edges. Building arrays of one type is the check that every value has it."""
    try:
        primitive, calls, own, total, callers = zip(*stats.values(), strict=True)
        yield [*_places(stats), _counts(calls), _counts(primitive), array("d", own), array("d", total)]
        frames = Frames(zip(stats, range(len(stats)), strict=True))
        edges = list(chain.from_iterable(item.values() for item in callers))
        # the pure-Python profiler counts calls of an edge but does not time them: it has no edges here
        timed = bool(edges) and not isinstance(edges[0], int)
        if timed and set(map(len, edges)) != {4}:
            _refuse("an entry does not tell calls, own and total time of each caller")
        edge_calls, edge_own, edge_total = (map(itemgetter(place), edges if timed else ()) for place in (0, 2, 3))
        found = array("q", _numbers(frames, list(chain.from_iterable(callers))))
        yield [
            *_places(list(frames)[len(stats) :]),
            array("q", map(len, callers)) if timed else array("q", bytes(8 * len(callers))),
            found if timed else array("q"),
            _counts(edge_calls),
            array("d", edge_own),
            array("d", edge_total),
        ]
    except (TypeError, ValueError, AttributeError, OverflowError) as error:
        _refuse(f"an entry is not a function with its counts and callers: {' '.join(str(error).split())}")


def _numbers(frames: Frames, keys: Collection[Key]) -> list[int]:
    """Of each key. A profile that was written in one go has a function's key once, which is found without its three parts being hashed again."""
    by_identity = dict(zip(map(id, frames), range(len(frames)), strict=True))
    try:
        return list(map(by_identity.__getitem__, map(id, keys)))
    except KeyError:
        return list(map(frames.__getitem__, keys))


def _places(keys: Collection[Key]) -> list[bytes | array[Any]]:
    """Names, files and first lines."""
    files, lines, functions = zip(*keys, strict=True) if keys else ((), (), ())
    if any(type(name) is type(_refuse.__code__) for name in functions):
        _refuse("holds compiled code, as python -m profile writes it; record again with python -m cProfile -o NAME.prof")
    return [_texts(functions), _texts(files), array("i", lines)]


def _counts(counts: Iterable[int]) -> array[int]:
    """pyinstrument's statistics have -1 where calls were not counted; nothing is counted then."""
    given = list(counts)
    return array("Q", [0 if count == -1 else count for count in given] if -1 in given else given)


def _write(columns: Iterable[bytes | array[Any]]) -> None:
    for column in columns:
        content = column.tobytes() if isinstance(column, array) else column
        sys.stdout.buffer.write(len(content).to_bytes(8, sys.byteorder))
        sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()


def _texts(texts: Collection[str]) -> bytes:
    """What is no text in UTF-8 becomes visible, and so does the separator."""
    joined = SEPARATOR.join(texts)
    if joined.count(SEPARATOR) >= len(texts):
        joined = SEPARATOR.join(text.replace(SEPARATOR, VISIBLE_NUL) for text in texts)
    return joined.encode("utf-8", "backslashreplace")


def _refuse(why: str) -> NoReturn:
    sys.stderr.write(why)
    sys.exit(REFUSED)


if __name__ == "__main__":
    main()
