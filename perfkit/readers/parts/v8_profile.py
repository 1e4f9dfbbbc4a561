"""V8's CPU profile, as Node and Chrome write it: nodes that know their callers, samples that name a node, and the time between samples."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from typing import Any, NamedTuple
from urllib.parse import unquote

from perfkit.readers.parts.call_tree import Owner, Step
from perfkit.readers.parts.frames import Frames, frame_id_of
from perfkit.readers.parts.timeline import Timeline

Node = tuple[int, int | None, Any]
"""Its number, its caller's, its call frame."""
UNNAMED = "(anonymous)"
ROOT = "(root)"
COMPILED = "[native code]"
"""Where functions of V8 and of its host are, as JavaScript itself calls it."""


def frame_of(frames: Frames, call: Any) -> int:
    """V8 counts lines from 0, and says -1 of what has no source. (idle), (program) and (garbage collector) are frames like others."""
    if not isinstance(call, dict):
        raise TypeError("a node without a call frame")
    line = call.get("lineNumber", -1)
    name, url = str(call.get("functionName") or UNNAMED), str(call.get("url") or "")
    if not url and line == -1 and (name == UNNAMED or not name.startswith("(")):
        return frames.id_of(name, COMPILED)
    file = unquote(url.removeprefix("file://")) if url.startswith("file://") else url
    known = isinstance(line, int) and 0 <= line < 2**31 - 2 and bool(url)
    return frames.id_of(name, file, line + 1 if known else 0)


class Placed(NamedTuple):
    """The nodes of a profile in the tree of a timeline."""

    timeline: Timeline
    frames: Frames
    owner: Owner
    nodes: dict[int, int | None]
    """None of the root, which is no function."""

    def path_of(self, number: int) -> int:
        """Where a sample of a node counts; one that stopped at the root was in no function."""
        node = self.nodes[number]
        return self.timeline.tree.below(None, Step(self.frames.id_of(ROOT)), self.owner) if node is None else node


def grow(timeline: Timeline, frames: Frames, nodes: Sequence[Node], owner: Owner) -> Placed:
    """The profile's nodes in the tree, by their numbers; callers may stand behind their callees."""
    callers = {number: (caller, call) for number, caller, call in nodes}
    placed: dict[int, int | None] = {}
    root = frame_id_of((ROOT, "", 0))
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
            placed[step] = None if frame == root else timeline.tree.below(placed[caller] if caller is not None else None, Step(frame), owner)
    return Placed(timeline, frames, owner, placed)


def spread(placed: Placed, samples: Sequence[tuple[float, int]], end_us: float | None, zero_us: float) -> None:
    """Every sample lasts until the next one, the last until the end. V8 may write samples out of order."""
    ordered = sorted(samples, key=itemgetter(0))
    untils = [at for at, _ in ordered[1:]]
    if ordered:
        untils.append(max(end_us, ordered[-1][0]) if end_us is not None else ordered[-1][0])
    for (at, number), until in zip(ordered, untils, strict=True):
        placed.timeline.add(placed.path_of(number), (at - zero_us) / 1000, (until - at) / 1e6)
