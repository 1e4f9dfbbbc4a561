"""V8's CPU profile, as Node and Chrome write it: nodes that know their callers, samples that name a node, and the time between samples."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from perfkit.readers.parts.call_tree import Owner, Step
from perfkit.readers.parts.frames import Frames
from perfkit.readers.parts.timeline import Timeline

Node = tuple[int, int | None, Any]
"""Its number, its caller's, its call frame."""
UNNAMED = "(anonymous)"
Refuse = Callable[[str], Exception]


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
    """The profile's nodes in the tree, by their numbers; callers may stand behind their callees. The root is no call."""
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
            frame = frame_of(frames, call)
            below = placed[caller] if caller is not None else None
            placed[step] = -1 if caller is None and is_root(call) else timeline.tree.below(below if below != -1 else None, Step(frame), owner)
    return placed


def is_root(call: Mapping[str, Any]) -> bool:
    return call.get("functionName") == "(root)"
