"""cProfile's statistics: a call graph, not a tree. Functions and edges keep the profiler's own numbers; nothing is derived."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perfkit.errors import ArtefactError
from perfkit.model.artefact import Head, open_artefact
from perfkit.model.batch import Batch, Columns
from perfkit.readers.parts.frames import frame_ids_of
from perfkit.readers.parts.parsing import refuse

if TYPE_CHECKING:
    from perfkit.readers.parts.marshalled_calls import Calls

NAME = "cprofile"
KIND = "profile"
TOOL = "cprofile"
ABOUT = "statistics of cProfile or profile (.prof, .pstats), marshalled"
BY_LINE = False

UNIT = "wall_s"
"""cProfile's clock is perf_counter unless a program sets another one."""
START = re.compile(rb"[\x7b\xfb][\x29\xa9]\x03", re.DOTALL)
OLD_START = re.compile(rb"\x7b\x28\x03\x00\x00\x00", re.DOTALL)
"""Of the marshal format up to version 2, which other Pythons still write."""
MOST_BYTES = 128 << 20


def sniff(head: Head) -> bool:
    """A marshalled dictionary whose first key is a tuple of three."""
    return bool(START.match(head.data) or OLD_START.match(head.data))


def read(path: Path) -> Iterator[Batch]:
    """Frames, functions and edges."""
    from perfkit.readers.parts.marshalled_calls import call_graph

    content = _content(path)
    try:
        graph = call_graph(content)
    except ValueError as error:
        old = " If Python 2 wrote it, profile again with Python 3." if OLD_START.match(content) else ""
        raise refuse(path, NAME, f"{error} (file of {len(content)} bytes).{old}") from error
    names, files, lines = graph.frames
    ids = frame_ids_of(zip(names, files, lines.tolist(), strict=True))
    yield Columns("frames", {"frame_id": ids, "function": names, "file": files, "line": lines})
    functions, edges = graph.functions, graph.edges
    yield Columns("profile_functions", {"frame_id": ids[: len(functions.calls)], "primitive_calls": graph.primitive_calls, **_measured(functions)})
    yield Columns("profile_edges", {"caller_id": ids[graph.callers], "callee_id": ids[graph.callees], **_measured(edges)})


def _content(path: Path) -> bytes:
    try:
        with open_artefact(path) as file:
            content = file.read(MOST_BYTES + 1)
    except (EOFError, zlib.error) as error:
        raise ArtefactError(f"{path}: tried as gzip: the compressed data is damaged: {error}.") from error
    if len(content) > MOST_BYTES:
        raise refuse(path, NAME, f"it holds more than {MOST_BYTES >> 20} MiB. Profile less, or for a shorter time.")
    return content


def _measured(of: Calls) -> dict[str, Any]:
    return {"calls": of.calls, "self": of.own, "total": of.total, "unit": [UNIT] * len(of.calls)}
