"""cProfile's statistics: a call graph, not a tree. Functions and edges keep the profiler's own numbers; nothing is derived."""

from __future__ import annotations

import marshal
import re
from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from pathlib import Path
from typing import Any

from perfkit.errors import ArtefactError
from perfkit.model.artefact import Head, open_artefact
from perfkit.model.batch import Batch, Columns
from perfkit.readers.parts.frames import frame_id_of
from perfkit.readers.parts.resting import collector_resting

NAME = "cprofile"
KIND = "profile"
TOOL = "cprofile"
ABOUT = "statistics of cProfile or profile (.prof, .pstats), marshalled"
BY_LINE = False

UNIT = "wall_s"
"""cProfile's clock is perf_counter unless a program sets another one."""
START = re.compile(rb"[\x7b\xfb][\x29\xa9]\x03", re.DOTALL)
PYTHON_2_START = re.compile(rb"\x7b\x28\x03\x00\x00\x00", re.DOTALL)
LONGEST_REMARK = 80

Key = tuple[str, int, str]
Stats = Mapping[Key, tuple[int, int, float, float, Mapping[Key, tuple[int, int, float, float]]]]


def sniff(head: Head) -> bool:
    """A marshalled dictionary whose first key is a tuple of three; Python 2 wrote its tuples another way."""
    return bool(START.match(head.data) or PYTHON_2_START.match(head.data))


def read(path: Path) -> Iterator[Batch]:
    """Frames, functions and edges."""
    with collector_resting():
        stats = _load(path)
        frames = {key: frame_id_of((key[2], key[0], key[1])) for key in _keys(stats)}
        yield Columns("frames", _frame_columns(frames))
        yield Columns("profile_functions", _function_columns(stats, frames))
        yield Columns("profile_edges", _edge_columns(stats, frames))


def _load(path: Path) -> Stats:
    with open_artefact(path) as file:
        content = file.read()
    if PYTHON_2_START.match(content):
        raise ArtefactError(f"{path}: tried as {NAME}: written by Python 2, which names its strings in another way. Profile again with Python 3.")
    try:
        loaded = marshal.loads(content)  # noqa: S302  only after sniff, and the shape is checked before anything is used
    except (EOFError, ValueError, TypeError, MemoryError, RecursionError) as error:
        remark = " ".join(str(error).split())[:LONGEST_REMARK]
        raise ArtefactError(f"{path}: tried as {NAME}: cut off or written by another Python: {remark} (file of {len(content)} bytes).") from error
    if not isinstance(loaded, dict) or not loaded:
        raise ArtefactError(f"{path}: tried as {NAME}: holds no functions.")
    _check(path, loaded)
    return loaded


def _check(path: Path, loaded: Mapping[Any, Any]) -> None:
    for key, value in loaded.items():
        callers = value[4] if isinstance(value, tuple) and len(value) == 5 else None
        if not _is_key(key) or not isinstance(callers, dict) or not _are_numbers(value[:4]):
            raise ArtefactError(f"{path}: tried as {NAME}: the entry {str(key)[:LONGEST_REMARK]} is not a function with its counts and callers.")
        for caller, edge in callers.items():
            if not _is_key(caller) or not (isinstance(edge, int) or (isinstance(edge, tuple) and len(edge) == 4 and _are_numbers(edge))):
                raise ArtefactError(f"{path}: tried as {NAME}: a caller of {str(key)[:LONGEST_REMARK]} has no counts.")


def _is_key(key: object) -> bool:
    return isinstance(key, tuple) and len(key) == 3 and isinstance(key[0], str) and isinstance(key[1], int) and isinstance(key[2], str)


def _are_numbers(values: tuple[Any, ...]) -> bool:
    calls, primitive, own, total = values
    return isinstance(calls, int) and isinstance(primitive, int) and calls >= 0 <= primitive and _is_time(own) and _is_time(total)


def _is_time(value: object) -> bool:
    return isinstance(value, int | float) and isfinite(value)


def _keys(stats: Stats) -> set[Key]:
    keys = set(stats)
    for value in stats.values():
        keys.update(value[4])
    return keys


def _frame_columns(frames: Mapping[Key, int]) -> dict[str, Sequence[Any]]:
    return {
        "frame_id": list(frames.values()),
        "function": [key[2] for key in frames],
        "file": [key[0] for key in frames],
        "line": [key[1] for key in frames],
    }


def _function_columns(stats: Stats, frames: Mapping[Key, int]) -> dict[str, Sequence[Any]]:
    """The order in the file is primitive calls, calls, own, total, callers."""
    primitive, calls, own, total, _ = zip(*stats.values(), strict=True)
    ids, unit = [frames[key] for key in stats], [UNIT] * len(stats)
    return {"frame_id": ids, "calls": calls, "primitive_calls": primitive, "self": own, "total": total, "unit": unit}


def _edge_columns(stats: Stats, frames: Mapping[Key, int]) -> dict[str, Sequence[Any]]:
    """The pure-Python profiler counts calls of an edge but does not time them: it has no edges here."""
    edges = [
        (frames[caller], frames[callee], *edge) for callee, value in stats.items() for caller, edge in value[4].items() if isinstance(edge, tuple)
    ]
    if not edges:
        return {}
    caller_ids, callee_ids, calls, _, own, total = (list(column) for column in zip(*edges, strict=True))
    return {"caller_id": caller_ids, "callee_id": callee_ids, "calls": calls, "self": own, "total": total, "unit": [UNIT] * len(edges)}
