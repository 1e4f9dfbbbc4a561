"""Folded stacks: one stack a line, outermost frame first, and how often it was seen. What was counted the file does not tell: samples."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from math import inf
from pathlib import Path

from perfkit.errors import ArtefactError
from perfkit.model.artefact import Head, open_artefact
from perfkit.model.batch import Batch
from perfkit.readers.parts.call_tree import NO_STACK, NOBODY, CallTree, Owner, Step
from perfkit.readers.parts.frame_texts import frame_of
from perfkit.readers.parts.frames import Frames
from perfkit.readers.parts.parsing import refuse

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
LONGEST_REMEMBERED, MOST_REMEMBERED = 4096, 100_000
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
    with open_artefact(path) as file:
        try:
            for number, line in enumerate(file, start=1):
                stacks.add(number, line)
        except (EOFError, OSError, zlib.error) as error:
            raise refuse(path, NAME, f"the compressed data is damaged: {error}.") from error
    stacks.check()
    yield stacks.frames.columns()
    yield from stacks.tree.batches()


class Stacks:
    """The tree of one file while its lines come."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.frames = Frames()
        self.tree = CallTree(UNIT)
        self._steps: dict[bytes, int] = {}
        self._callers: dict[bytes, int] = {}
        self._owned: dict[bytes, bool] = {}
        self._lines = 0
        self._with_two_numbers = 0

    def add(self, number: int, line: bytes) -> None:
        """One line: a stack, a space and its weight."""
        if line.startswith(b"# "):
            return
        stack, space, last = line.rstrip().rpartition(b" ")
        weight = _weight(last) if space else None
        if weight is None:
            if not line.strip():
                return
            raise self._refused(number, line)
        self._lines += 1
        if self._with_two_numbers == self._lines - 1:
            self._with_two_numbers += SECOND_NUMBER.fullmatch(stack) is not None
        self.tree.weigh(self._node(stack), weight, int(weight))

    def check(self) -> None:
        """Two numbers on every line are two profiles."""
        if self._lines and self._with_two_numbers == self._lines:
            reason = "every line ends in two numbers, so it is the difference of two profiles (difffolded.pl). Give the two profiles themselves."
            raise refuse(self.path, NAME, reason)

    def _refused(self, number: int, line: bytes) -> ArtefactError:
        shown = line[-LONGEST_REMARK:].decode("utf-8", "replace").strip()
        return refuse(self.path, NAME, f"…{shown} does not end in a space and a number of samples that is finite and not negative.", number)

    def _node(self, stack: bytes) -> int:
        """By the caller's node where it was seen lately: most lines differ in their last frame alone."""
        callers, separator, leaf = stack.rpartition(b";")
        node = self._callers.get(callers) if separator else None
        if node is None:
            owner, frames = self._frames_of(stack)
            steps = [self._steps.get(frame) or self._step(frame) for frame in frames]
            if len(steps) > 1 and len(callers) < LONGEST_REMEMBERED:
                if len(self._callers) >= MOST_REMEMBERED:
                    self._callers.clear()
                self._callers[callers] = self.tree.numbered_path(steps[:-1], owner)
            return self.tree.numbered_path(steps, owner)
        return self.tree.walk(node, (self._steps.get(leaf) or self._step(leaf),))

    def _frames_of(self, stack: bytes) -> tuple[Owner, list[bytes]]:
        frames = stack.split(b";")
        first = frames[0]
        owned = self._owned.get(first)
        if owned is None:
            owned = self._owned[first] = OWNED.match(first.decode("utf-8", "replace")) is not None
        if owned:
            owner, rest = _owned(stack.decode("utf-8", "surrogateescape"))
            return owner, rest.encode("utf-8", "surrogateescape").split(b";")
        return NOBODY, frames

    def _step(self, text: bytes) -> int:
        known = self._steps.get(text)
        if known is None:
            frame = frame_of(text.decode("utf-8", "replace") or NO_STACK)
            known = self._steps[text] = self.tree.step_number(Step(self.frames.id_of(frame.function, frame.file), frame.line))
        return known


def _weight(text: bytes) -> float | None:
    """None for what is no number, is negative or has no end."""
    try:
        weight = float(text)
    except ValueError:
        return None
    return weight if 0 <= weight < inf else None


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
