"""A snapshot of tracemalloc as Snapshot.dump pickles it, read without running anything that the file names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

from perfkit.model.artefact import Head
from perfkit.model.batch import Batch
from perfkit.model.run import Manifest
from perfkit.readers.parts.heap import Place, Site, Stack, snapshot_rows, totals_rows, tree_rows
from perfkit.readers.parts.inert_pickle import Inert, unpickled_file
from perfkit.readers.parts.parsing import MOST, refuse

NAME = "tracemalloc"
KIND = "memory"
TOOL = "tracemalloc"
ABOUT = "tracemalloc's Snapshot.dump, a pickle; every Python since 3.4"
BY_LINE = False

KNOWN = ("tracemalloc.Snapshot", "tracemalloc._Traces", "copyreg._reconstructor", "copy_reg._reconstructor", "builtins.object")
HEAD_BYTES = 120
LAST_LINE = 2**31 - 1


def sniff(head: Head) -> bool:
    """The two names that such a pickle begins with."""
    start = head.data[:HEAD_BYTES]
    return start.startswith(b"\x80") and b"tracemalloc" in start and b"Snapshot" in start


def read(path: Path) -> Iterator[Batch]:
    """Every stack once, with what it keeps alive."""
    sites = _sites(path, _traces(path))
    yield snapshot_rows(0, None, sites)
    yield from tree_rows(sites)
    yield totals_rows(sites)
    yield Manifest(parameters={"frames": max((len(site.stack) for site in sites), default=0)})


def _traces(path: Path) -> list[Any]:
    snapshot = unpickled_file(path, NAME, KNOWN)
    traces = _state(snapshot, "tracemalloc.Snapshot").get("traces")
    found = traces if isinstance(traces, list) else _state(traces, "tracemalloc._Traces").get("_traces")
    if not isinstance(found, list | tuple):
        raise refuse(path, NAME, "it holds no traces.")
    return list(found)


def _state(value: Any, kind: str) -> dict[Any, Any]:
    """What was said of an object; of another class nothing."""
    known = isinstance(value, Inert) and value.kind == kind and isinstance(value.state, dict)
    return value.state if known else {}


def _sites(path: Path, traces: list[Any]) -> list[Site]:
    found: dict[Any, list[int]] = {}
    for number, trace in enumerate(traces):
        size, frames = _parts(path, number, trace)
        try:
            site = found.setdefault(frames, [0, 0])
        except TypeError:
            _wrong(path, number)
        site[0] += size
        site[1] += 1
    if not found:
        raise refuse(path, NAME, "it holds no allocations: tracemalloc.start() must come before what is measured.")
    return [Site(_stack(path, frames), size, blocks) for frames, (size, blocks) in found.items()]


def _parts(path: Path, number: int, trace: Any) -> tuple[int, Any]:
    """Size and stack. Python 3.4 wrote these two, 3.6 put the domain before them, 3.9 the depth behind them."""
    if type(trace) is not tuple or len(trace) not in (2, 3, 4):
        _wrong(path, number)
    size, frames = trace[:2] if len(trace) == 2 else trace[1:3]
    if type(size) is not int or not 0 <= size <= MOST or type(frames) is not tuple:
        _wrong(path, number)
    return size, frames


def _stack(path: Path, frames: Any) -> Stack:
    """tracemalloc names the innermost call first."""
    for frame in frames:
        if type(frame) is not tuple or len(frame) != 2 or type(frame[0]) is not str or type(frame[1]) is not int or not 0 <= frame[1] <= LAST_LINE:
            raise refuse(path, NAME, f"{str(frame)[:60]} is no file with a line.")
    return tuple(Place(file, line) for file, line in reversed(frames))


def _wrong(path: Path, number: int) -> NoReturn:
    raise refuse(path, NAME, f"trace {number} is no size with a stack.")
