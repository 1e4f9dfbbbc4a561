"""pyinstrument's JSON: wall time of one thread by samples in order (a saved session), or as the tree that its JSON renderer printed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from perfkit.model.artefact import Head
from perfkit.model.batch import Batch, Columns
from perfkit.model.run import Manifest
from perfkit.readers.parts.call_tree import NO_STACK, NOBODY, CallTree, Owner, Step
from perfkit.readers.parts.frames import Frames
from perfkit.readers.parts.parsing import amount, json_of, refuse, require_keys
from perfkit.readers.parts.timeline import Timeline

NAME = "pyinstrument"
KIND = "profile"
TOOL = "pyinstrument"
ABOUT = "pyinstrument session (.pyisession) or pyinstrument -r json"
BY_LINE = False

UNIT = "wall_s"
START = re.compile(r'\s*\{\s*"(?:start_time|session|frame_records)"\s*:')
OWN_KEYS = re.compile(r'"(?:frame_records|root_frame|frame_tree|start_call_stack)"')
SELF = "[self]"
"""Own time as a child: it belongs to its parent."""
THREAD_FILE = "<thread>"
FACTS = {"duration": ("wall", "wall_s"), "cpu_time": ("cpu", "cpu_s"), "sample_count": ("samples", "count")}
ROUNDED = 1e-6
"""The renderer prints microseconds: children may exceed their parent by one each."""
LONGEST_LINE = 2**31 - 1


def sniff(head: Head) -> bool:
    """A session's first key and one that only pyinstrument has."""
    text = head.text.lstrip("\ufeff")
    return START.match(text) is not None and OWN_KEYS.search(text) is not None


def read(path: Path) -> Iterator[Batch]:
    """One tree of wall time; a session also tells when its samples were taken."""
    document = require_keys(path, NAME, json_of(path, NAME), ())
    session = require_keys(path, NAME, document.get("session", document), ())
    frames = Frames()
    if "frame_records" in session:
        batches = list(_session_batches(path, session["frame_records"], frames))
    elif "root_frame" in document or "frame_tree" in document:
        root = document.get("root_frame", document.get("frame_tree"))
        batches = list(_tree_batches(path, root, frames))
    else:
        raise refuse(path, NAME, "it holds neither frame_records nor a root_frame.")
    yield _manifest(path, session)
    yield frames.columns()
    yield from batches
    yield _facts(path, session)


def _manifest(path: Path, session: dict[str, Any]) -> Manifest:
    start = session.get("start_time")
    try:
        return Manifest(started_at=datetime.fromtimestamp(amount(path, NAME, start), UTC).replace(tzinfo=None) if start is not None else None)
    except (OverflowError, OSError, ValueError) as error:
        raise refuse(path, NAME, f"{start} is no time at which a program can have started.") from error


def _facts(path: Path, session: dict[str, Any]) -> Columns:
    told = {key: amount(path, NAME, session[key]) for key in FACTS if session.get(key) is not None}
    stats, units = [FACTS[key][0] for key in told], [FACTS[key][1] for key in told]
    return Columns("profile_facts", {"stat": stats, "value": list(told.values()), "unit": units})


def _session_batches(path: Path, records: Any, frames: Frames) -> Iterator[Columns]:
    samples = Timeline(UNIT)
    steps: dict[str, Step] = {}
    elapsed = 0.0
    if not isinstance(records, list):
        raise refuse(path, NAME, "frame_records is no list.")
    for number, record in enumerate(records):
        if (
            not isinstance(record, list)
            or len(record) != 2
            or not isinstance(record[0], list)
            or not all(isinstance(item, str) for item in record[0])
        ):
            raise refuse(path, NAME, f"sample {number} is not a stack of texts and a time.")
        stack, seconds = list(record[0]), amount(path, NAME, record[1])
        owner = _thread(stack)
        for text in stack:
            if text not in steps:
                steps[text] = _step_of(path, text, frames)
        node = samples.tree.path([steps[text] for text in stack] or [Step(frames.id_of(NO_STACK))], owner)
        elapsed += seconds
        samples.add(node, elapsed * 1000, seconds)
    yield from samples.batches()


def _thread(stack: list[str]) -> Owner:
    """The first entry may name the thread; it is no call and is taken away."""
    parts = stack[0].partition("\x01")[0].split("\0") if stack else []
    if len(parts) < 2 or parts[1] != THREAD_FILE:
        return NOBODY
    del stack[0]
    return Owner(thread=parts[0])


def _step_of(path: Path, text: str, frames: Frames) -> Step:
    """function NUL file NUL first line, then attributes behind \\1: l and the line being executed, c and the class."""
    identifier, *attributes = text.split("\x01")
    executing = next((item[1:] for item in attributes if item.startswith("l")), None)
    return Step(frames.id_of(*_identified(path, identifier)), None if executing is None else _line(path, executing))


def _identified(path: Path, identifier: str) -> tuple[str, str, int]:
    """What is not a call of the program, such as [await], has neither file nor line."""
    function, _, place = identifier.partition("\0")
    file, _, line = place.partition("\0")
    return function, file, _line(path, line or "0")


def _line(path: Path, value: Any) -> int:
    text = str(value)
    if not text.isdecimal() or len(text) > 10 or int(text) > LONGEST_LINE:
        raise refuse(path, NAME, f"{text[:40]!r} stands where a line number belongs.")
    return int(text)


def _tree_batches(path: Path, root: Any, frames: Frames) -> Iterator[Columns]:
    """Times of the printed tree include what is below."""
    tree = CallTree(UNIT)
    waiting: list[tuple[int | None, Owner, Any]] = [(None, NOBODY, root)] if root is not None else []
    while waiting:
        parent, owner, item = waiting.pop()
        frame = require_keys(path, NAME, item, ("time",))
        children = frame.get("children") or []
        if not isinstance(children, list):
            raise refuse(path, NAME, "the children of a frame are no list.")
        seconds = amount(path, NAME, frame["time"])
        below = [amount(path, NAME, require_keys(path, NAME, child, ("time",))["time"]) for child in children]
        own = seconds - sum(below)
        if own < -ROUNDED * (len(below) + 1) - 1e-9 * seconds:
            raise refuse(path, NAME, f"the children of a frame take {sum(below):g} s, the frame itself only {seconds:g} s.")
        name, file, line = _place(path, frame)
        if name == SELF and parent is not None:
            tree.weigh(parent, seconds)
            continue
        if file == THREAD_FILE and parent is None:
            owner, node = Owner(thread=name), None
        else:
            node = tree.below(parent, Step(frames.id_of(name, file, line)), owner)
        if own > 0 and node is None:
            node = tree.below(None, Step(frames.id_of(NO_STACK)), owner)
        if own > 0 and node is not None:
            tree.weigh(node, own)
        waiting += [(node, owner, child) for child in reversed(children)]
    yield from tree.batches()


def _place(path: Path, frame: dict[str, Any]) -> tuple[str, str, int]:
    identifier = frame.get("identifier")
    if isinstance(identifier, str):
        return _identified(path, identifier)
    function, file = frame.get("function"), frame.get("file_path") or frame.get("file_path_short") or ""
    if not isinstance(function, str) or not isinstance(file, str):
        raise refuse(path, NAME, "a frame has no function.")
    return function, file, _line(path, frame.get("line_no") or 0)
