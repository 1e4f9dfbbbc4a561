"""V8's sampled heap profile, which Node and Chrome write: bytes that were alive when it ended, by the stack that allocated them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from perfkit.model.artefact import Head
from perfkit.model.batch import Batch
from perfkit.model.run import Manifest
from perfkit.readers.parts.call_tree import CallTree, Step
from perfkit.readers.parts.facts import fact_rows
from perfkit.readers.parts.frames import Frames
from perfkit.readers.parts.measured import finite
from perfkit.readers.parts.parsing import json_of, refuse, require_keys
from perfkit.readers.parts.v8_profile import ROOT as ROOT_FRAME
from perfkit.readers.parts.v8_profile import frame_of

NAME = "heapprofile"
KIND = "memory"
TOOL = "v8"
ABOUT = "V8's sampled heap profile of Node or Chrome (.heapprofile), also gzip"
BY_LINE = False

UNIT = "bytes"
ROOT = re.compile(rb'^\s*\{\s*"head"\s*:\s*\{\s*"callFrame"\s*:\s*\{[^{}]*\}\s*,\s*"selfSize"\s*:')
LARGEST = 2**53


def sniff(head: Head) -> bool:
    """A root whose own size stands behind its frame."""
    return ROOT.match(head.data.removeprefix(b"\xef\xbb\xbf")) is not None


def read(path: Path) -> Iterator[Batch]:
    """One tree in bytes; V8 has scaled its samples up to what was alive. The root is no function."""
    document = require_keys(path, NAME, json_of(path, NAME), ("head",))
    frames, tree = Frames(), CallTree(UNIT)
    waiting: list[tuple[Any, int | None]] = [(child, None) for child in reversed(_children(path, document["head"]))]
    root_own = _size(path, document["head"])
    while waiting:
        item, above = waiting.pop()
        children = _children(path, item)
        node = tree.below(above, Step(_frame(path, frames, item)))
        tree.weigh(node, _size(path, item), 0)
        waiting += [(child, node) for child in reversed(children)]
    if root_own or not len(tree):
        tree.weigh(tree.below(None, Step(frames.id_of(ROOT_FRAME))), root_own, 0)
    yield Manifest(tool=TOOL)
    yield frames.columns()
    yield from tree.batches()
    yield fact_rows([("total", tree.total, UNIT)])


def _frame(path: Path, frames: Frames, item: Any) -> int:
    try:
        return frame_of(frames, item["callFrame"])
    except TypeError as error:
        raise refuse(path, NAME, f"{error}.") from error


def _children(path: Path, item: Any) -> list[Any]:
    children = require_keys(path, NAME, item, ("callFrame", "selfSize")).get("children") or []
    if not isinstance(children, list):
        raise refuse(path, NAME, "the children of a node are no list.")
    return children


def _size(path: Path, item: dict[str, Any]) -> float:
    size = finite(path, NAME, item["selfSize"], "the size of a node")
    if size > LARGEST:
        raise refuse(path, NAME, f"a node holds {size:g} bytes, more than any machine has.")
    return size
