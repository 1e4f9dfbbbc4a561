"""memray's binary capture: only the memray that wrote it can read it, so its own reader does, in a process with limits."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from perfkit.errors import ArtefactError, MissingTool
from perfkit.model.artefact import Head, open_artefact
from perfkit.model.batch import Batch, Columns
from perfkit.model.run import Manifest
from perfkit.readers.parts.call_tree import NO_STACK, CallTree, Owner, Step
from perfkit.readers.parts.frames import Frames
from perfkit.readers.parts.parsing import refuse
from perfkit.readers.parts.sandbox import Limits, taken_apart

NAME = "memray"
KIND = "memory"
TOOL = "memray"
ABOUT = "captures of memray run (.bin), read by the memray that is installed: it must be of the version that wrote them"
BY_LINE = False

CHILD = Path(__file__).with_name("parts") / "children" / "memray_peak.py"
MAGIC, LZ4 = b"memray\0", b"\x04\x22\x4d\x18"
HEADER_BYTES = 64
MIB = 1 << 20
LEAST_SECONDS, SECONDS_A_MIB, MOST_SECONDS = 8, 150, 3600
"""Of processor time. A capture in which one thing happens again and again takes 34 s a MiB, another 0.7 s: what it holds limits it further."""
INCOMPATIBLE = "incompatible"
INSTALL = "pip install 'perfkit[profile]'"
LONGEST_REMARK = 300


def sniff(head: Head) -> bool:
    """memray's word at the beginning, as it is or as the first literal of an LZ4 frame."""
    return head.data.startswith(MAGIC) or (head.data.startswith(LZ4) and MAGIC in head.data[:HEADER_BYTES])


def read(path: Path) -> Iterator[Batch]:
    """The peak as a tree in bytes and in allocations, sites that were left at the end or lived only a moment, sizes over time, facts."""
    document = _asked(path)
    about, places = _lasting(document), [(str(function), str(file), int(line)) for function, file, line in document["frames"]]
    frames, trees = Frames(), {unit: CallTree(unit) for unit in ("bytes", "allocations")}
    for size, count, thread, stack in document["peak"]:
        steps = tuple(Step(frames.id_of(places[place][0], places[place][1]), places[place][2] or None) for place in stack)
        for unit, weight in (("bytes", size), ("allocations", count)):
            tree = trees[unit]
            tree.weigh(tree.path(steps or (Step(frames.id_of(NO_STACK)),), Owner(thread=thread)), weight, count)
    yield frames.columns()
    for tree in trees.values():
        yield from tree.batches()
    yield Columns("heap_sites", _sites(document, places))
    yield Columns("samples", _samples(document["memory"]))
    yield Columns("profile_facts", _facts(document))
    settings = {"native": about["has_native_traces"], "python_allocators": about["trace_python_allocators"]}
    yield Manifest(started_at=_moment(about["start_ms"]), parameters={name: value for name, value in settings.items() if value is not None})


def _asked(path: Path) -> dict[str, Any]:
    if importlib.util.find_spec("memray") is None:
        raise MissingTool(f"{path}: only memray itself can read its captures, and it is not installed here. Install it with: {INSTALL}.")
    seconds = min(MOST_SECONDS, LEAST_SECONDS + SECONDS_A_MIB * path.stat().st_size // MIB)
    limits = Limits(times_file=8, seconds=seconds)
    document: dict[str, Any] = json.loads(taken_apart(CHILD, path, NAME, limits))
    if "problem" in document:
        raise _problem(path, str(document["problem"]))
    return document


def _lasting(document: dict[str, Any]) -> dict[str, Any]:
    """What memray says of the program. One that was killed or forked did not say when it ended: it lived until its size was last looked at."""
    about: dict[str, Any] = document["metadata"]
    about["end_ms"] = max(about["end_ms"], *(at for at, *_ in document["memory"]), about["start_ms"])
    return about


def _problem(path: Path, said: str) -> ArtefactError | MissingTool:
    said = " ".join(said.removesuffix(": iostream error").split())[:LONGEST_REMARK].rstrip(".")
    if INCOMPATIBLE not in said:
        return refuse(path, NAME, f"memray says: {said}. A program that was killed leaves such a capture: let it end by itself, or with Ctrl-C.")
    return MissingTool(
        f"{path}: the capture has memray's format {_format_of(path)}, which memray {version('memray')} here cannot read: every version reads "
        f"only its own. Install the version that wrote it (pip install memray==…) and ingest again, or let that version write "
        f"`memray stats --json`, which any perfkit reads. What `perfkit collect memory --with memray` records is stored as tables at once."
    )


def _format_of(path: Path) -> str:
    with open_artefact(path) as file:
        head = file.read(HEADER_BYTES)
    begin = head.find(MAGIC) + len(MAGIC)
    return str(int.from_bytes(head[begin : begin + 4], "little")) if begin + 4 <= len(head) else "unknown"


def _sites(document: dict[str, Any], places: Sequence[tuple[str, str, int]]) -> dict[str, list[Any]]:
    """Each stack once: what it left at the end, and what it gave back before anything else was asked for."""
    left: dict[tuple[int, ...], list[int | None]] = {}
    known = document["temporary"] is not None
    for size, count, stack in document["left"]:
        site = left.setdefault(tuple(stack), [0, 0, *((0, 0) if known else (None, None))])
        site[0], site[1] = (site[0] or 0) + size, (site[1] or 0) + count
    for size, count, stack in document["temporary"] or ():
        site = left.setdefault(tuple(stack), [0, 0, 0, 0])
        site[2], site[3] = (site[2] or 0) + size, (site[3] or 0) + count
    at_ms = document["metadata"]["end_ms"] - document["metadata"]["start_ms"]
    leaves = [places[stack[-1]] if stack else (NO_STACK, "", 0) for stack in left]
    return {
        "snapshot": [0] * len(left),
        "at_ms": [at_ms] * len(left),
        "file": [file for _, file, _ in leaves],
        "line": [line for _, _, line in leaves],
        "function": [function for function, _, _ in leaves],
        "stack": [[f"{places[place][1]}:{places[place][2]}" for place in stack[:-1]] for stack in left],
        "bytes": [site[0] for site in left.values()],
        "blocks": [site[1] for site in left.values()],
        "temporary_bytes": [site[2] for site in left.values()],
        "temporary_blocks": [site[3] for site in left.values()],
    }


def _samples(memory: Sequence[Sequence[int]]) -> dict[str, list[Any]]:
    return {
        "series": ["rss"] * len(memory) + ["heap"] * len(memory),
        "at": [_moment(at) for at, _, _ in memory] * 2,
        "value": [float(rss) for _, rss, _ in memory] + [float(heap) for _, _, heap in memory],
        "unit": ["bytes"] * (2 * len(memory)),
    }


def _facts(document: dict[str, Any]) -> dict[str, list[Any]]:
    about = document["metadata"]
    facts = [
        ("total", about["peak_memory"], "bytes"),
        ("peak_rss", max((rss for _, rss, _ in document["memory"]), default=None), "bytes"),
        ("allocations", about["allocations"], "allocations"),
        ("allocated", about["allocated"], "bytes"),
        ("left_at_end", sum(size for size, _, _ in document["left"]), "bytes"),
        ("wall", (about["end_ms"] - about["start_ms"]) / 1000, "wall_s"),
    ]
    if document["temporary"] is not None:
        facts.append(("temporary", sum(count for _, count, _ in document["temporary"]), "allocations"))
    told = [(stat, float(value), unit) for stat, value, unit in facts if value is not None]
    return {name: list(column) for name, column in zip(("stat", "value", "unit"), zip(*told, strict=True), strict=True)}


def _moment(at_ms: float) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC).replace(tzinfo=None)
