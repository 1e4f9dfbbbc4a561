"""Looks at the memory of its own process again and again from a thread, and leaves what it saw; what it allocates itself is left out."""

from __future__ import annotations

import ast
import gc
import json
import os
import sys
import threading
import time
import tracemalloc
from array import array
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

MOST_SNAPSHOTS = 60
"""When there are so many, every other one goes and the interval doubles: a run of any length is covered evenly."""
REST = 2
"""So many times what a snapshot took passes before the next one, so that at most a third of the time is lost."""
LARGEST_SITES, GROWN_SITES = 1000, 300
"""Places that are listed: by the most that they ever held, and by what they hold more at the end."""
STARTERS = (os.path.join(os.path.dirname(__file__), "heap_run.py"), "<frozen runpy>", os.sep + "runpy.py")
LARGEST_SOURCE = 2_000_000

Frame = tuple[str, int]


class Watch:
    """Takes a snapshot now and at intervals; at the end only where there is no second one, because by then a program has let go of what it held."""

    def __init__(self, interval_s: float, look: Callable[[float], None], thin_out: Callable[[], int]) -> None:
        self._interval_s, self._look, self._thin_out = interval_s, look, thin_out
        self._began, self._taken = time.monotonic(), 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="perfkit-memory", daemon=True)

    def start(self) -> None:
        self.take()
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join()
        if self._taken < 2:
            self.take()

    def take(self) -> float:
        """Seconds of work that it took."""
        before = time.thread_time()
        self._look((time.monotonic() - self._began) * 1000)
        self._taken += 1
        return time.thread_time() - before

    def _run(self) -> None:
        wait_s = self._interval_s
        while not self._over.wait(wait_s):
            took_s = self.take()
            if self._taken >= MOST_SNAPSHOTS:
                self._taken, self._interval_s = self._thin_out(), self._interval_s * 2
            wait_s = max(self._interval_s, REST * took_s)


class Allocations:
    """Memory by the stack that allocated it, from tracemalloc."""

    HEADER = "perfkit_allocations"

    def __init__(self, folder: str) -> None:  # noqa: ARG002  both kinds are made alike
        self._sites: dict[tuple[Frame, ...], int] = {}
        self._snapshots: list[tuple[float, array[int], array[int]]] = []

    def look(self, at_ms: float) -> None:
        sites = self._sites
        traces: Any = tracemalloc.take_snapshot().traces
        sizes, blocks = array("q", bytes(8 * len(sites))), array("q", bytes(8 * len(sites)))
        ours: dict[Any, bool] = {}
        for trace in traces._traces:  # as tuples: a million objects of its classes would take a second
            stack = trace[2]
            if stack not in ours:
                ours[stack] = any(frame[0] == __file__ for frame in stack)
            if ours[stack]:
                continue
            number = sites.setdefault(stack, len(sites))
            if number == len(sizes):
                sizes.append(0)
                blocks.append(0)
            sizes[number] += trace[1]
            blocks[number] += 1
        self._snapshots.append((at_ms, sizes, blocks))

    def thin_out(self) -> int:
        del self._snapshots[1::2]
        return len(self._snapshots)

    def document(self) -> dict[str, Any]:
        """What is small is summed up by the totals alone."""
        listed = self._listed()
        stacks = list(self._sites)
        functions = Functions()
        places = [[[file, line, functions.around(file, line)] for file, line in of_the_program(stacks[number])] for number in listed]
        return {"sites": [{"stack": stack} for stack in places], "snapshots": [self._moment(item, listed) for item in self._snapshots]}

    def _moment(self, snapshot: tuple[float, array[int], array[int]], listed: list[int]) -> dict[str, Any]:
        at_ms, sizes, blocks = snapshot
        known = len(sizes)
        held = {name: [values[number] if number < known else 0 for number in listed] for name, values in (("bytes", sizes), ("blocks", blocks))}
        return {"at_ms": round(at_ms, 3), "traced": sum(sizes), "blocks_traced": sum(blocks), **held}

    def _listed(self) -> list[int]:
        most, last = [0] * len(self._sites), self._snapshots[-1][1]
        for _, sizes, _ in self._snapshots:
            most[: len(sizes)] = [max(pair) for pair in zip(most, sizes)]  # noqa: B905  most is never shorter, and begins alike
        first = self._snapshots[0][1]
        grown = [held - (first[number] if number < len(first) else 0) for number, held in enumerate(last)]
        largest = sorted(range(len(most)), key=most.__getitem__, reverse=True)[:LARGEST_SITES]
        return sorted({*largest, *sorted(range(len(grown)), key=grown.__getitem__, reverse=True)[:GROWN_SITES]})


class Objects:
    """Objects by type, with what they take themselves. Each snapshot goes to a file at once: kept here it would be counted by the next."""

    HEADER = "perfkit_objects"

    def __init__(self, folder: str) -> None:
        self._file = os.path.join(folder, "objects.jsonl")
        self._kept: list[int] = []
        self._written = 0

    def look(self, at_ms: float) -> None:
        by_kind: dict[type, list[int]] = {}
        for item in alive():
            entry = by_kind.setdefault(type(item), [0, 0])
            entry[0] += 1
            try:
                entry[1] += sys.getsizeof(item)
            except Exception:  # noqa: S112  any class of the program may raise anything when asked for its size
                continue
        counted: dict[str, list[int]] = {}
        for kind, (number, size) in by_kind.items():
            entry = counted.setdefault(kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}", [0, 0])
            entry[0], entry[1] = entry[0] + number, entry[1] + size
        with open(self._file, "a", encoding="utf-8") as file:
            file.write(json.dumps([at_ms, counted]) + "\n")
        self._kept.append(self._written)
        self._written += 1

    def thin_out(self) -> int:
        del self._kept[1::2]
        return len(self._kept)

    def document(self) -> dict[str, Any]:
        kept = set(self._kept)
        with open(self._file, encoding="utf-8") as file:
            snapshots = [json.loads(line) for number, line in enumerate(file) if number in kept]
        types = sorted({name for _, counted in snapshots for name in counted})
        columns = [(at_ms, [counted.get(name, (0, 0)) for name in types]) for at_ms, counted in snapshots]
        moments = [{"at_ms": round(at, 3), "objects": [n for n, _ in held], "bytes": [size for _, size in held]} for at, held in columns]
        return {"types": types, "snapshots": moments}


def alive() -> list[object]:
    """Every object that the collector of garbage follows, and what these refer to: texts and numbers, which it does not follow. No garbage."""
    gc.collect()
    followed = gc.get_objects()
    others = {id(item): item for item in gc.get_referents(*followed) if not gc.is_tracked(item)}
    return [*followed, *others.values()]


def of_the_program(innermost_first: tuple[Frame, ...]) -> list[Frame]:
    """The stack from the program's first call on, without what started it."""
    stack = list(innermost_first)[::-1]
    while stack and any(stack[0][0].endswith(starter) for starter in STARTERS):
        del stack[0]
    return stack or [("", 0)]


class Functions:
    """The function around a line, from the source: tracemalloc tells lines only."""

    def __init__(self) -> None:
        self._files: dict[str, list[tuple[int, int, str]]] = {}

    def around(self, file: str, line: int) -> str | None:
        if file not in self._files:
            self._files[file] = self._spans(file)
        inside = [(last - first, name) for first, last, name in self._files[file] if first <= line <= last]
        return min(inside)[1] if inside else None

    def _spans(self, file: str) -> list[tuple[int, int, str]]:
        """First line, last line and name of every function, and of the module; nothing where there is no source."""
        try:
            if os.path.getsize(file) > LARGEST_SOURCE:
                return []
            with open(file, "rb") as source:
                tree = ast.parse(source.read())
        except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
            return []
        found, waiting = [(0, sys.maxsize, "<module>")], [("", node) for node in tree.body]
        while waiting:
            prefix, node = waiting.pop()
            name = prefix
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                name = f"{prefix}{node.name}."
                if not isinstance(node, ast.ClassDef):
                    found.append((node.lineno, node.end_lineno or node.lineno, name[:-1]))
            waiting += [(name, child) for child in ast.iter_child_nodes(node) if isinstance(child, ast.stmt)]
        return found


def leave(what: Allocations | Objects, outfile: str, began: datetime) -> None:
    """One document."""
    document = {what.HEADER: 1, "python": sys.version.split()[0], "started_at": began.isoformat(), **what.document()}
    with open(outfile, "w", encoding="utf-8") as file:
        json.dump(document, file, separators=(",", ":"))


def now() -> datetime:
    return datetime.now(timezone.utc)  # noqa: UP017  a measured program may run on an older Python
