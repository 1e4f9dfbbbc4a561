"""MOJO, austin's binary format: events that describe one sample after another. Every number is bounded and every name must have been introduced."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from perfkit.readers.parts.frame_texts import KERNEL

MAGIC = b"MOJ"
LATEST = 4
MOST_BYTES_OF_A_NUMBER = 10
UNKNOWN = "<unknown>"
MOST_FRAMES = 100_000

(METADATA, STACK, FRAME, INVALID, FRAME_REF, KERNEL_FRAME, GC, IDLE, TIME, MEMORY, STRING, STRING_REF, REPEAT, TASK, WAITER, RUNNING) = range(1, 17)

Value = TypeVar("Value")

Frame = tuple[str, str, int]
"""Function, file, line being executed."""


class MojoError(Exception):
    """What is wrong and at which byte."""

    def __init__(self, reason: str, at: int) -> None:
        super().__init__(f"at byte {at}: {reason}")


@dataclass(slots=True)
class MojoSample:
    """What one thread was doing at one time."""

    process: int
    interpreter: int
    thread: str
    frames: list[Frame] = field(default_factory=list)
    """Outermost first."""
    time_us: int = 0
    memory: int = 0
    idle: bool = False
    collecting: bool = False
    task: int | None = None


class Mojo:
    """One file while it is read; metadata and task_names are known when their events have come."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.metadata: dict[str, str] = {}
        self.task_names: dict[int, str] = {}
        self._at = len(MAGIC)
        self._strings: dict[tuple[int, int], str] = {}
        self._frames: dict[tuple[int, int], Frame] = {}
        self._previous: dict[tuple[int, str], list[Frame]] = {}
        self._frames_of_a_task = 0
        self._sample: MojoSample | None = None
        self._version = self._number()
        if not content.startswith(MAGIC) or not 1 <= self._version <= LATEST:
            raise MojoError(f"version {self._version} of the format is not one of 1 to {LATEST}.", self._at)

    def samples(self) -> Iterator[MojoSample]:
        """Every sample when the next one begins, the last one at the end."""
        while self._at < len(self.content):
            event = self.content[self._at]
            self._at += 1
            if event == STACK:
                if self._sample is not None:
                    yield self._finished(self._sample)
                process, interpreter = self._number(), self._number() if self._version >= 3 else 0
                self._sample = MojoSample(process, interpreter, self._text())
            elif event == METADATA:
                key = self._text()
                self.metadata[key] = self._text()
            elif self._sample is None:
                raise MojoError(f"event {event} stands before any sample.", self._at - 1)
            else:
                self._describe(self._sample, event)
        if self._sample is not None:
            yield self._finished(self._sample)

    def _finished(self, sample: MojoSample) -> MojoSample:
        self._previous[sample.process, sample.thread] = sample.frames
        self._frames_of_a_task = 0
        return sample

    def _describe(self, sample: MojoSample, event: int) -> None:
        if event == FRAME_REF:
            self._push(sample, self._known(self._frames, sample, self._number(), "frame"))
        elif event == FRAME:
            self._introduce(sample)
        elif event == STRING:
            key = self._number()
            self._strings[sample.process, key] = self._text()
        elif event == TIME:
            sample.time_us = self._number()
        elif event == MEMORY:
            sample.memory = self._number()
        elif event in (GC, IDLE):
            sample.collecting, sample.idle = sample.collecting or event == GC, sample.idle or event == IDLE
        elif event in (INVALID, KERNEL_FRAME):
            self._push(sample, ("INVALID", "", 0) if event == INVALID else (self._text(), KERNEL, 0))
        elif event == REPEAT:
            before = self._previous.get((sample.process, sample.thread), [])
            sample.frames = _without_native_end(before) + sample.frames
        else:
            self._describe_tasks(sample, event)

    def _describe_tasks(self, sample: MojoSample, event: int) -> None:
        if event == TASK:
            task, name, self._frames_of_a_task = self._number(), self._number(), self._number()
            if name:
                self.task_names[task] = self._string(sample, name)
        elif event == WAITER:
            self._number(), self._number()
        elif event == RUNNING:
            sample.task = self._number()
        elif event == STRING_REF:
            self._string(sample, self._number())
        else:
            raise MojoError(f"there is no event {event}.", self._at - 1)

    def _push(self, sample: MojoSample, frame: Frame) -> None:
        """Frames behind a task's header are where the task waits, not what the thread runs."""
        if self._frames_of_a_task > 0:
            self._frames_of_a_task -= 1
            return
        sample.frames.append(frame)
        if len(sample.frames) > MOST_FRAMES:
            raise MojoError(f"a stack has more than {MOST_FRAMES} frames.", self._at)

    def _introduce(self, sample: MojoSample) -> None:
        key, file, function, line = (self._number() for _ in range(4))
        if self._version >= 2:
            for _ in range(3):
                self._number()
        self._frames[sample.process, key] = (self._string(sample, function), self._string(sample, file), line)

    def _string(self, sample: MojoSample, key: int) -> str:
        if key in (0, 1):
            return UNKNOWN if key else ""
        return self._known(self._strings, sample, key, "name")

    def _known(self, table: dict[tuple[int, int], Value], sample: MojoSample, key: int, what: str) -> Value:
        try:
            return table[sample.process, key]
        except KeyError as error:
            raise MojoError(f"the {what} {key} was never introduced.", self._at) from error

    def _number(self) -> int:
        """Six bits and a sign, then seven bits a byte."""
        start = self._at
        try:
            byte = self.content[start]
            value, negative, shift = byte & 0x3F, byte & 0x40, 6
            self._at += 1
            while byte & 0x80:
                byte = self.content[self._at]
                self._at += 1
                value |= (byte & 0x7F) << shift
                shift += 7
                if self._at - start > MOST_BYTES_OF_A_NUMBER:
                    raise MojoError("a number has too many bytes.", start)
        except IndexError as error:
            raise MojoError("the file ends within a number; it was cut off.", start) from error
        return -value if negative else value

    def _text(self) -> str:
        end = self.content.find(b"\0", self._at)
        if end < 0:
            raise MojoError("the file ends within a text; it was cut off.", self._at)
        text = self.content[self._at : end].decode("utf-8", "replace")
        self._at = end + 1
        return text


def _without_native_end(frames: list[Frame]) -> list[Frame]:
    """What a repeated stack shares with the one before: compiled code above the last Python frame has gone."""
    end = len(frames)
    while end and not frames[end - 1][1].endswith(".py") and not (frames[end - 1][1].startswith("<") and frames[end - 1][1].endswith(">")):
        end -= 1
    return frames[:end]
