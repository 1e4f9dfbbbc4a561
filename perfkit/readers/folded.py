"""Folded stacks: one stack a line, outermost frame first, and how often it was seen. What was counted the file does not tell: samples."""

from __future__ import annotations

import re
import zlib
from array import array
from collections.abc import Callable, Iterator
from io import BytesIO
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING

from perfkit.errors import ArtefactError
from perfkit.model.artefact import Head, open_artefact
from perfkit.model.batch import Batch
from perfkit.readers.parts.call_tree import NO_STACK, NOBODY, CallTree, Owner, Step
from perfkit.readers.parts.folded_lines import FoldedLines, folded_lines
from perfkit.readers.parts.frame_texts import frame_of
from perfkit.readers.parts.frames import Frames
from perfkit.readers.parts.many_stacks import ManyStacks
from perfkit.readers.parts.parsing import refuse
from perfkit.readers.parts.resting import collector_resting

if TYPE_CHECKING:
    from numpy import float64, int32, int64
    from numpy.typing import NDArray

NAME = "folded"
KIND = "profile"
TOOL = "folded"
ABOUT = "folded stacks: py-spy --format raw, FlameGraph's stackcollapse, async-profiler's collapsed"
BY_LINE = True

UNIT = "samples"
LINE = re.compile(rb"(?:[^\s#].*)? -?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?\s*")
AUSTIN = re.compile(rb"P\d+;T")
NOT_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1f]")
LINES_LOOKED_AT = 200
FRAMES_OF_A_LONG_LINE = 50
"""A first line that is longer than the head is still known by its frames."""
SECOND_NUMBER = re.compile(rb".* \d+(?:\.\d+)?")
BLOCK = 4 << 20
"""Bytes of lines that are looked at together."""
LONGEST_REMARK = 60

PROCESS = re.compile(r'process (?P<id>\d+)(?P<command>:".*?")?(?:;(?=process \d|thread \(|[^;"]*(?:;|$))|$)', re.DOTALL)
THREAD = re.compile(r"thread \((?P<id>[^;()]*)\)(?:: (?P<name>[^;]*))?(?:;|$)")
PERF_THREAD = re.compile(r"(?P<name>[^;]+)-(?P<process>\d+|\?)/(?P<id>\d+)(?:;|$)")
"""stackcollapse-perf.pl --tid."""
ASYNC_THREAD = re.compile(r"\[(?P<name>[^;]*?) ?tid=(?P<id>\d+)\](?:;|$)")
"""async-profiler -t."""
OWNED = re.compile(r"process \d|thread \(|[^;]+-(?:\d+|\?)/\d+(?:;|$)|\[[^;]*tid=\d+\]")


def sniff(head: Head) -> bool:
    """Every line ends in a number, and some line has frames."""
    lines = head.data.split(b"\n")
    if not head.complete and len(lines) > 1:
        lines.pop()
    told = [line for line in lines[:LINES_LOOKED_AT] if line.strip() and not line.startswith(b"# ")]
    if not told or NOT_TEXT.search(head.data) or AUSTIN.match(told[0]):
        return False
    if len(told) == 1 and not head.complete:
        return told[0].count(b";") > FRAMES_OF_A_LONG_LINE and not told[0].lstrip().startswith((b"{", b"["))
    return any(b";" in line for line in told) and all(LINE.fullmatch(line) for line in told)


def read(path: Path) -> Iterator[Batch]:
    """One tree of samples."""
    stacks = Stacks(path)
    with collector_resting():
        for number, text in _blocks(path):
            stacks.add(number, text)
        yield stacks.frames.columns()
        yield from stacks.finished().batches()


def _blocks(path: Path) -> Iterator[tuple[int, bytes]]:
    """Whole lines, many at a time, with the number of the first one."""
    number = 1
    with open_artefact(path) as file:
        try:
            while text := file.read(BLOCK):
                text += file.readline()
                yield number, text
                number += text.count(b"\n")
        except (EOFError, OSError, zlib.error) as error:
            raise refuse(path, NAME, f"the compressed data is damaged: {error}.") from error


class Stacks:
    """The tree of one file while its lines come."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.frames = Frames()
        self.tree = CallTree(UNIT)
        self._steps = _Steps(self._step)
        self._owned: dict[bytes, bool] = {}
        self._gathered: dict[Owner, tuple[ManyStacks, array[float]]] = {}
        self._two_numbers = True

    def add(self, number: int, text: bytes) -> None:
        """Lines of a stack, a space and its weight; empty ones and remarks say nothing."""
        lines = folded_lines(text)
        if lines is None or self._two_numbers or self._is_owned(lines):
            self._add_lines(number, BytesIO(text).readlines())
        else:
            self._keep(NOBODY, self._numbered(lines.texts)[lines.frames], lines.lengths, lines.weights)

    def _is_owned(self, lines: FoldedLines) -> bool:
        import numpy as np

        firsts = np.unique(lines.frames[np.cumsum(lines.lengths) - lines.lengths])
        return any(self._is_owner(lines.texts[first]) for first in firsts.tolist())

    def _add_lines(self, number: int, lines: list[bytes]) -> None:
        import numpy as np

        parts = [line.rstrip().rpartition(b" ") for line in lines if not line.startswith(b"# ") and not line.isspace()]
        try:
            weights = np.array([float(last) for _, _, last in parts])
        except ValueError:
            raise self._refused(number, lines) from None
        if not all(space for _, space, _ in parts) or not (np.isfinite(weights) & (weights >= 0)).all():
            raise self._refused(number, lines)
        stacks = [stack for stack, _, _ in parts]
        self._two_numbers = self._two_numbers and all(map(SECOND_NUMBER.fullmatch, stacks))
        firsts = [stack.partition(b";")[0] for stack in stacks]
        if any(map(self._is_owner, set(firsts))):
            self._add_owned(stacks, weights)
        else:
            self._gather(NOBODY, stacks, weights)

    def finished(self) -> CallTree:
        """The tree, when all lines have come. Two numbers on every line are two profiles."""
        import numpy as np

        if self._gathered and self._two_numbers:
            reason = "every line ends in two numbers, so it is the difference of two profiles (difffolded.pl). Give the two profiles themselves."
            raise refuse(self.path, NAME, reason)
        while self._gathered:
            _, (stacks, weights) = self._gathered.popitem()
            own = np.frombuffer(weights)
            self.tree.weigh_all(stacks.nodes(), own, np.floor(own))
        return self.tree

    def _refused(self, number: int, lines: list[bytes]) -> ArtefactError:
        """Of the first line that has no weight."""
        place, line = next((number + place, line) for place, line in enumerate(lines) if not _is_told(line))
        shown = line[-LONGEST_REMARK:].decode("utf-8", "replace").strip()
        return refuse(self.path, NAME, f"…{shown} does not end in a space and a number of samples that is finite and not negative.", place)

    def _add_owned(self, stacks: list[bytes], weights: NDArray[float64]) -> None:
        found: dict[Owner, tuple[list[bytes], list[int]]] = {}
        for place, stack in enumerate(stacks):
            owner, frames = NOBODY, stack
            if self._is_owner(stack.partition(b";")[0]):
                owner, rest = _owned(stack.decode("utf-8", "replace"))
                frames = rest.encode()
            those, places = found.setdefault(owner, ([], []))
            those.append(frames)
            places.append(place)
        for owner, (those, places) in found.items():
            self._gather(owner, those, weights[places])

    def _is_owner(self, first: bytes) -> bool:
        known = self._owned.get(first)
        if known is None:
            known = self._owned[first] = OWNED.match(first.decode("utf-8", "replace")) is not None
        return known

    def _gather(self, owner: Owner, stacks: list[bytes], weights: NDArray[float64]) -> None:
        import numpy as np

        if not stacks:
            return
        lengths = np.fromiter((stack.count(b";") for stack in stacks), np.int64, len(stacks)) + 1
        self._keep(owner, self._numbered(b";".join(stacks).split(b";")), lengths, weights)

    def _keep(self, owner: Owner, steps: NDArray[int32], lengths: NDArray[int64], weights: NDArray[float64]) -> None:
        into, kept = self._gathered.setdefault(owner, (ManyStacks(self.tree, owner), array("d")))
        into.add(steps, lengths)
        kept.frombytes(weights.tobytes())

    def _numbered(self, frames: list[bytes]) -> NDArray[int32]:
        import numpy as np

        return np.fromiter(map(self._steps.__getitem__, frames), np.int32, len(frames))

    def _step(self, text: bytes) -> int:
        frame = frame_of(text.decode("utf-8", "replace") or NO_STACK)
        return self.tree.step_number(Step(self.frames.id_of(frame.function, frame.file), frame.line))


class _Steps(dict[bytes, int]):
    """The number of a frame's text; made when it comes for the first time."""

    def __init__(self, made: Callable[[bytes], int]) -> None:
        super().__init__()
        self._made = made

    def __missing__(self, text: bytes) -> int:
        number = self[text] = self._made(text)
        return number


def _is_told(line: bytes) -> bool:
    """A stack with a weight that is a number, not negative and not without end; or nothing, or a remark."""
    _, space, last = line.rstrip().rpartition(b" ")
    try:
        return line.startswith(b"# ") or not line.strip() or (bool(space) and 0 <= float(last) < inf)
    except ValueError:
        return False


def _owned(stack: str) -> tuple[Owner, str]:
    """Who ran it, and the frames that are left. A child's stack begins with all of its parents: the last one ran it."""
    process, thread = None, None
    while matched := PROCESS.match(stack):
        process, stack = matched["id"] + (matched["command"] or ""), stack[matched.end() :]
    for form in (THREAD, PERF_THREAD, ASYNC_THREAD):
        matched = form.match(stack)
        if matched:
            known = matched.groupdict()
            thread = f"{known['name']} ({known['id']})" if known["name"] else known["id"]
            process, stack = known.get("process") or process, stack[matched.end() :]
            break
    return Owner(process, thread), stack
