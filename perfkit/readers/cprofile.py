"""cProfile's statistics: a call graph, not a tree. Functions and edges keep the profiler's own numbers; nothing is derived."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from perfkit.errors import ArtefactError
from perfkit.model.artefact import Head, read_head
from perfkit.model.batch import Batch, Columns
from perfkit.readers.parts.frames import frame_ids_of
from perfkit.readers.parts.sandbox import taking_apart

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

    first = read_head(path).data[: len(START.pattern)]
    if PYTHON_2_START.match(first):
        raise ArtefactError(f"{path}: tried as {NAME}: written by Python 2, which names its strings in another way. Profile again with Python 3.")
    with taking_apart(CHILD, path, NAME) as written:
        parts = _parts(written)
        ids, frames = _frames(parts)
        yield frames
        calls, primitive = (np.frombuffer(next(parts), "u8") for _ in range(2))
        yield Columns("profile_functions", {"frame_id": ids, "calls": calls, "primitive_calls": primitive, **_times(parts, path)})
        more, frames = _frames(parts)
        if len(frames):
            yield frames
        callees, callers = np.repeat(ids, np.frombuffer(next(parts), "i8")), np.concatenate((ids, more))[np.frombuffer(next(parts), "i8")]
        edge_calls = np.frombuffer(next(parts), "u8")
        yield Columns("profile_edges", {"caller_id": callers, "callee_id": callees, "calls": edge_calls, **_times(parts, path)})


def _parts(written: IO[bytes]) -> Iterator[bytes]:
    """What the process apart writes, each part behind its length."""
    while length := written.read(8):
        size = int.from_bytes(length, sys.byteorder)
        part = written.read(size)
        if len(part) < size:
            break
        yield part
    raise EOFError


def _frames(parts: Iterator[bytes]) -> tuple[Any, Columns]:
    """The ids of frames, and their rows."""
    import numpy as np

    names, paths = next(parts), next(parts)
    lines = np.frombuffer(next(parts), "i4")
    functions, files = (str(texts, "utf-8").split("\0")[: len(lines)] for texts in (names, paths))
    ids = frame_ids_of(names.split(b"\0"), paths.split(b"\0"), lines)
    return ids, Columns("frames", {"frame_id": ids, "function": functions, "file": files, "line": lines})


def _times(parts: Iterator[bytes], path: Path) -> dict[str, Any]:
    """Own and total time of so many functions or edges."""
    import numpy as np

    own, total = (np.frombuffer(next(parts), "f8") for _ in range(2))
    if not (np.isfinite(own).all() and np.isfinite(total).all()):
        raise ArtefactError(f"{path}: tried as {NAME}: a time is not a number.")
    return {"self": own, "total": total, "unit": [UNIT] * len(own)}
