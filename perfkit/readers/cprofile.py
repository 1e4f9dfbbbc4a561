"""cProfile's statistics: a call graph, not a tree. Functions and edges keep the profiler's own numbers; nothing is derived."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from perfkit.errors import ArtefactError
from perfkit.model.artefact import Head, open_artefact
from perfkit.model.batch import Batch, Columns
from perfkit.readers.parts.frames import frame_id_of
from perfkit.readers.parts.sandbox import taken_apart

NAME = "cprofile"
KIND = "profile"
TOOL = "cprofile"
ABOUT = "statistics of cProfile or profile (.prof, .pstats), marshalled"
BY_LINE = False

UNIT = "wall_s"
"""cProfile's clock is perf_counter unless a program sets another one."""
START = re.compile(rb"[\x7b\xfb][\x29\xa9]\x03", re.DOTALL)
PYTHON_2_START = re.compile(rb"\x7b\x28\x03\x00\x00\x00", re.DOTALL)
CHILD = Path(__file__).with_name("parts") / "children" / "call_graph.py"


def sniff(head: Head) -> bool:
    """A marshalled dictionary whose first key is a tuple of three; Python 2 wrote its tuples another way."""
    return bool(START.match(head.data) or PYTHON_2_START.match(head.data))


def read(path: Path) -> Iterator[Batch]:
    """Frames, functions and edges."""
    import numpy as np

    with open_artefact(path) as file:
        first = file.read(len(START.pattern))
    if PYTHON_2_START.match(first):
        raise ArtefactError(f"{path}: tried as {NAME}: written by Python 2, which names its strings in another way. Profile again with Python 3.")
    parts = _parts(taken_apart(CHILD, path, NAME))
    functions, files = (str(next(parts), "utf-8").split("\0") for _ in range(2))
    lines = np.frombuffer(next(parts), "i4")
    ids = np.fromiter(map(frame_id_of, zip(functions, files, lines.tolist(), strict=True)), "i8", len(functions))
    yield Columns("frames", {"frame_id": ids, "function": functions, "file": files, "line": lines})
    calls, primitive = (np.frombuffer(next(parts), "u8") for _ in range(2))
    callees, times = ids[: len(calls)], _times(parts, path)
    yield Columns("profile_functions", {"frame_id": callees, "calls": calls, "primitive_calls": primitive, **times})
    callees = np.repeat(callees, np.frombuffer(next(parts), "i8"))
    callers, calls = ids[np.frombuffer(next(parts), "i8")], np.frombuffer(next(parts), "u8")
    yield Columns("profile_edges", {"caller_id": callers, "callee_id": callees, "calls": calls, **_times(parts, path)})


def _parts(content: bytes) -> Iterator[memoryview]:
    """What the process apart wrote, each part behind its length."""
    view, place = memoryview(content), 0
    while place < len(view):
        end = place + 8 + int.from_bytes(view[place : place + 8], sys.byteorder)
        yield view[place + 8 : end]
        place = end


def _times(parts: Iterator[memoryview], path: Path) -> dict[str, Any]:
    """Own and total time of so many functions or edges."""
    import numpy as np

    own, total = (np.frombuffer(next(parts), "f8") for _ in range(2))
    if not (np.isfinite(own).all() and np.isfinite(total).all()):
        raise ArtefactError(f"{path}: tried as {NAME}: a time is not a number.")
    return {"self": own, "total": total, "unit": np.full(len(own), UNIT, object)}
