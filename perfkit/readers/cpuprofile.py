"""V8's .cpuprofile, which Node and Chrome write: nodes, samples and the microseconds between them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import accumulate
from math import isfinite
from pathlib import Path
from typing import Any

from perfkit.errors import ArtefactError
from perfkit.model.artefact import Head
from perfkit.model.batch import Batch
from perfkit.model.run import Manifest
from perfkit.readers.parts.call_tree import NOBODY
from perfkit.readers.parts.facts import fact_rows
from perfkit.readers.parts.frames import Frames
from perfkit.readers.parts.json_stream import opened_json
from perfkit.readers.parts.parsing import refuse, require_keys
from perfkit.readers.parts.resting import collector_resting
from perfkit.readers.parts.timeline import Timeline
from perfkit.readers.parts.v8_profile import Node, grow, spread

NAME = "cpuprofile"
KIND = "profile"
TOOL = "v8"
ABOUT = "V8's CPU profile of Node or Chrome (.cpuprofile), with (idle), (program) and (garbage collector) as frames, also gzip"
BY_LINE = False

NODES = re.compile(rb'^\s*\{\s*"(?:nodes"\s*:\s*\[\s*\{\s*"(?:id|callFrame)"|head"\s*:\s*\{\s*"(?:functionName|callFrame|id)")', re.DOTALL)
LAST = re.compile(rb'^\s*\{.*"nodes"\s*:\s*\[\s*\{[^\[]*"callFrame"\s*:\s*\{', re.DOTALL)
LARGE = ("nodes", "samples", "timeDeltas", "timestamps")
HEAP_BYTES = 400
"""A heap profile tells a size of its root, which is a node like others."""
SECONDS = 1e6
"""Before 2016 the beginning and the end were in seconds, and the nodes were a tree."""


def sniff(head: Head) -> bool:
    """Nodes with call frames, at the beginning or behind the times."""
    data = head.data.removeprefix(b"\xef\xbb\xbf")
    if b'"traceEvents"' in data or b'"selfSize"' in data[:HEAP_BYTES]:
        return False
    return bool(NODES.match(data) or (b'"startTime"' in data[:200] and LAST.match(data)))


def read(path: Path) -> Iterator[Batch]:
    """A tree of wall time, every sample, and the time from beginning to end."""
    document: dict[str, Any] = {}
    with collector_resting(), opened_json(path, NAME) as cursor:
        for key in cursor.members():
            document[key] = [item for batch in cursor.batches() for item in batch] if key in LARGE and cursor.peek() == "[" else cursor.value()
        cursor.finish()
        frames, timeline = Frames(), Timeline("wall_s")
        try:
            span_s = _fill(path, document, frames, timeline)
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise refuse(path, NAME, f"its nodes and samples do not fit together: {type(error).__name__} {str(error)[:80]}.") from error
    yield Manifest(tool=TOOL)
    yield frames.columns()
    yield from timeline.batches()
    yield fact_rows([("wall", span_s, "wall_s"), ("total", timeline.total, "wall_s")])


def _fill(path: Path, document: dict[str, Any], frames: Frames, timeline: Timeline) -> float:
    old = "head" in document
    require_keys(path, NAME, document, ("head" if old else "nodes", "startTime", "endTime"))
    scale = SECONDS if old else 1.0
    start, end = (_time(path, document[key]) * scale for key in ("startTime", "endTime"))
    placed = grow(timeline, frames, _old_nodes(document["head"]) if old else _nodes(document["nodes"]), NOBODY)
    samples = document.get("samples")
    if not isinstance(samples, list):
        raise refuse(path, NAME, "it has no samples, so it tells counts and no times. Record with samples.")
    times = _times(path, document, start, len(samples))
    unknown = next((sample for sample in samples if sample not in placed.nodes), None)
    if unknown is not None:
        raise refuse(path, NAME, f"a sample names the node {str(unknown)[:40]}, which does not exist.")
    spread(placed, list(zip(times, samples, strict=True)), end, start)
    return max(end - start, 0.0) / 1e6


def _nodes(listed: Sequence[Any]) -> list[Node]:
    """Either a node names its children, or its parent."""
    parents: dict[int, int] = {child: node["id"] for node in listed for child in node.get("children") or ()}
    return [(node["id"], node.get("parent", parents.get(node["id"])), node["callFrame"]) for node in listed]


def _old_nodes(head: Any) -> list[Node]:
    """A tree of nodes with their frames inside; lines count from 1."""
    found: list[Node] = []
    waiting: list[tuple[Any, int | None]] = [(head, None)]
    while waiting:
        node, parent = waiting.pop()
        call = node.get("callFrame") or {**node, "lineNumber": node.get("lineNumber", 0) - 1}
        found.append((node["id"], parent, call))
        waiting += [(child, node["id"]) for child in reversed(node.get("children") or [])]
    return found


def _times(path: Path, document: dict[str, Any], start: float, count: int) -> list[float]:
    if "timeDeltas" in document:
        times = list(accumulate((_time(path, delta) for delta in document["timeDeltas"]), initial=start))[1:]
    else:
        times = [_time(path, at) for at in document.get("timestamps") or ()]
    if len(times) != count:
        raise refuse(path, NAME, f"it has {count} samples and {len(times)} times. It may have been cut off or edited.")
    return times


def _time(path: Path, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise _bad_time(path, value)
    return float(value)


def _bad_time(path: Path, value: Any) -> ArtefactError:
    return refuse(path, NAME, f"{str(value)[:40]!r} stands where a time belongs.")
