"""V8's CPU profile, as Node and Chrome write it: nodes that know their callers, samples that name a node, and the time between samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any
from urllib.parse import unquote

from perfkit.readers.parts.call_tree import Owner, Step
from perfkit.readers.parts.frames import Frames
from perfkit.readers.parts.timeline import Timeline

Node = tuple[int, int | None, Any]
"""Its number, its caller's, its call frame."""
UNNAMED = "(anonymous)"


def frame_of(frames: Frames, call: Any) -> int:
    """V8 counts lines from 0, and says -1 of what has no source. (idle), (program) and (garbage collector) are frames like others."""
    if not isinstance(call, dict):
        raise TypeError("a node without a call frame")
    line = call.get("lineNumber", -1)
    url = str(call.get("url") or "")
    file = unquote(url.removeprefix("file://")) if url.startswith("file://") else url
    known = isinstance(line, int) and 0 <= line < 2**31 - 2 and bool(url)
    return frames.id_of(str(call.get("functionName") or UNNAMED), file, line + 1 if known else 0)


def grow(timeline: Timeline, frames: Frames, nodes: Sequence[Node], owner: Owner) -> dict[int, int]:
    """The profile's nodes in the tree, by their numbers; callers may stand behind their callees."""
    callers = {number: (caller, call) for number, caller, call in nodes}
    placed: dict[int, int] = {}
    for number in callers:
        way: list[int] = []
        above: int | None = number
        while above is not None and above not in placed:
            way.append(above)
            if len(way) > len(callers):
                raise ValueError("nodes call one another in a circle")
            above = callers[above][0]
        for step in reversed(way):
            caller, call = callers[step]
            placed[step] = timeline.tree.below(placed[caller] if caller is not None else None, Step(frame_of(frames, call)), owner)
    return placed


def spread(timeline: Timeline, placed: Mapping[int, int], samples: Sequence[tuple[float, int]], end_us: float | None, zero_us: float) -> None:
    """Every sample lasts until the next one, the last until the end. V8 may write samples out of order."""
    ordered = sorted(samples, key=itemgetter(0))
    untils = [at for at, _ in ordered[1:]]
    if ordered:
        untils.append(max(end_us, ordered[-1][0]) if end_us is not None else ordered[-1][0])
    for (at, number), until in zip(ordered, untils, strict=True):
        timeline.add(placed[number], (at - zero_us) / 1000, (until - at) / 1e6)
