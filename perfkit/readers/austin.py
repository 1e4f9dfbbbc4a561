"""austin's samples, as text or as MOJO: microseconds since the thread's last sample, bytes that the process grew, or both."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from pathlib import Path

from perfkit.model.artefact import Head, open_artefact
from perfkit.model.batch import Batch, Columns
from perfkit.model.run import Manifest
from perfkit.readers.parts.call_tree import NO_STACK, Owner, Step
from perfkit.readers.parts.frames import Frames
from perfkit.readers.parts.mojo import MAGIC, Mojo, MojoError, MojoSample
from perfkit.readers.parts.parsing import refuse
from perfkit.readers.parts.timeline import Timeline

NAME = "austin"
KIND = "profile"
TOOL = "austin"
ABOUT = "austin's samples: text of version 3 or MOJO of versions 3 and 4"
BY_LINE = False

SAMPLE = re.compile(
    r"P(?P<process>\d+);T(?:(?P<interpreter>\d+):)?(?P<thread>[^;]*?)(?:;(?P<frames>.*))? (?P<weights>-?\d+(?:,-?\d+){0,2})", re.DOTALL
)
METADATA = re.compile(r"# (?P<key>[\w-]+): (?P<value>.*)")
FRAME = re.compile(r"(?P<file>.*?):(?P<function>[^:]*(?::[^:]+)*?):(?P<line>\d*)", re.DOTALL)
COLLECTING = "GC"
UNITS = {"wall": "wall_s", "cpu": "cpu_s", "memory": "bytes"}
"""What the one number of a sample is, by the mode that the file states; a file without modes was made in wall mode."""
FULL = "full"
FACTS = {"duration": "wall", "gc": "gc"}
"""Microseconds that the tool states at the end."""
LARGEST_MOJO = 400 << 20
LARGEST_NUMBER = 2**62
LARGEST_LINE = 2**31 - 1
LONGEST_REMARK = 60


def sniff(head: Head) -> bool:
    """MOJO's first bytes, or lines that begin with a process and a thread; metadata may stand before them."""
    if head.data.startswith(MAGIC):
        return len(head.data) > len(MAGIC) and head.data[len(MAGIC)] <= 0x3F
    lines = [line for line in head.text.split("\n")[:40] if line.strip()]
    told = [line for line in lines if not METADATA.fullmatch(line.rstrip())]
    if not told:
        return any(line.startswith("# austin: ") for line in lines)
    return re.match(r"P\d+;T[^;\n]*[; ]", told[0]) is not None


def read(path: Path) -> Iterator[Batch]:
    """A tree for every metric; times also as samples in order."""
    with open_artefact(path) as file:
        try:
            binary = file.read(len(MAGIC)) == MAGIC
            file.seek(0)
            profile = Profile(path)
            if binary:
                _read_mojo(profile, file.read(LARGEST_MOJO + 1))
            else:
                for number, line in enumerate(file, start=1):
                    profile.add_line(number, line.decode("utf-8", "replace").rstrip("\r\n"))
        except (EOFError, OSError, zlib.error) as error:
            raise refuse(path, NAME, f"the compressed data is damaged: {error}.") from error
    yield profile.manifest()
    yield profile.frames.columns()
    yield from profile.batches()


def _read_mojo(profile: Profile, content: bytes) -> None:
    if len(content) > LARGEST_MOJO:
        raise refuse(
            profile.path, NAME, f"it is larger than {LARGEST_MOJO >> 20} MB. Sample for a shorter time (--exposure) or less often (--interval)."
        )
    try:
        mojo = Mojo(content)
        for sample in mojo.samples():
            profile.metadata = mojo.metadata
            profile.add_sample(sample, mojo.task_names)
    except MojoError as error:
        raise refuse(profile.path, NAME, str(error)) from error
    profile.metadata = mojo.metadata


class Profile:
    """The trees of one file while its samples come."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.frames = Frames()
        self.metadata: dict[str, str] = {}
        self.trees: dict[str, Timeline] = {}
        self.freed = 0
        self._clocks: dict[tuple[str | None, str | None], int] = {}
        self._latest_us = 0
        self._steps: dict[str, Step] = {}

    def add_line(self, number: int, line: str) -> None:
        """A sample, a piece of metadata or nothing."""
        metadata = METADATA.fullmatch(line)
        if metadata:
            self.metadata[metadata["key"]] = metadata["value"]
        elif line.strip():
            matched = SAMPLE.fullmatch(line)
            if matched is None:
                raise refuse(self.path, NAME, f"{line[:LONGEST_REMARK]!r} is no whole sample; the file may have been cut off.", number)
            steps = [self._steps.get(text) or self._step(text) for text in matched["frames"].split(";")] if matched["frames"] else []
            thread = matched["thread"] if matched["interpreter"] in (None, "0") else f"{matched['interpreter']}:{matched['thread']}"
            weights = [self._whole(number, text) for text in matched["weights"].split(",")]
            self._count(Owner(matched["process"], thread), steps, weights)

    def add_sample(self, sample: MojoSample, task_names: dict[int, str]) -> None:
        """The same of MOJO, whose threads are hexadecimal numbers."""
        try:
            thread = str(int(sample.thread, 16))
        except ValueError:
            thread = sample.thread
        task = None if sample.task is None else task_names.get(sample.task, f"{sample.task:#x}")
        steps = [Step(self.frames.id_of(function, file), min(max(line, 0), LARGEST_LINE) or None) for function, file, line in sample.frames]
        if sample.collecting:
            steps.append(Step(self.frames.id_of(COLLECTING)))
        owner = Owner(str(sample.process), f"{sample.interpreter}:{thread}" if sample.interpreter else thread, task)
        mode = self.metadata.get("mode", "wall")
        if max(abs(sample.time_us), abs(sample.memory)) > LARGEST_NUMBER:
            raise refuse(self.path, NAME, "a metric is beyond 62 bits.")
        weights = {FULL: [sample.time_us, int(sample.idle), sample.memory], "memory": [sample.memory]}.get(mode, [sample.time_us])
        self._count(owner, steps, weights)

    def manifest(self) -> Manifest:
        """Version, mode and interval, as far as the file tells."""
        parameters: dict[str, str] = {name: self.metadata[name] for name in ("mode", "interval") if name in self.metadata}
        return Manifest(tool_version=self.metadata.get("austin"), parameters=parameters)

    def batches(self) -> Iterator[Columns]:
        """Rows of every tree, and what the tool states of the whole."""
        for samples in self.trees.values():
            timed = samples.tree.unit == UNITS["wall"]
            yield from samples.batches() if timed else samples.tree.batches()
        told = [(stat, int(self.metadata[key]) / 1e6, "wall_s") for key, stat in FACTS.items() if self.metadata.get(key, "").isdecimal()]
        if self.freed:
            told.append(("freed", float(self.freed), "bytes"))
        stats, values, units = zip(*told, strict=True) if told else ((), (), ())
        yield Columns("profile_facts", {"stat": stats, "value": values, "unit": units})

    def _count(self, owner: Owner, steps: list[Step], weights: list[int]) -> None:
        """One number is what the mode says; three are the time, whether the thread was idle and the memory."""
        steps = steps or [Step(self.frames.id_of(NO_STACK))]
        mode = self.metadata.get("mode", "wall")
        if len(weights) == 3:
            elapsed, idle, memory = weights
            self._weigh(UNITS["wall"], owner, steps, elapsed)
            if not idle:
                self._weigh(UNITS["cpu"], owner, steps, elapsed)
            self._weigh(UNITS["memory"], owner, steps, memory)
        elif len(weights) == 1:
            self._weigh(UNITS.get(mode, UNITS["wall"]), owner, steps, weights[0])
        else:
            raise refuse(self.path, NAME, "a sample has two numbers; one or three belong there.")

    def _weigh(self, unit: str, owner: Owner, steps: list[Step], weight: int) -> None:
        """Memory may shrink: what is given back counts nowhere, only as a whole."""
        samples = self.trees.get(unit)
        if samples is None:
            samples = self.trees[unit] = Timeline(unit)
        if unit == UNITS["memory"]:
            if weight < 0:
                self.freed -= weight
            elif weight > 0:
                samples.tree.weigh(samples.tree.path(steps, owner), float(weight))
            return
        if weight < 0:
            raise refuse(self.path, NAME, f"a sample took {weight} µs.")
        thread = (owner.process, owner.thread)
        clock = self._clocks.get(thread, self._latest_us)
        if unit == UNITS["wall"]:
            clock = self._clocks[thread] = clock + weight
            self._latest_us = max(self._latest_us, clock)
        samples.add(samples.tree.path(steps, owner), clock / 1000, weight / 1e6)

    def _step(self, text: str) -> Step:
        matched = FRAME.fullmatch(text)
        function, file, line = (matched["function"], matched["file"], matched["line"]) if matched else (text, "", "")
        executing = min(int(line), LARGEST_LINE) if line and len(line) < 12 else None
        step = self._steps[text] = Step(self.frames.id_of(function or "(unknown)", file), executing)
        return step

    def _whole(self, number: int, text: str) -> int:
        if len(text) > 18:
            raise refuse(self.path, NAME, f"the metric {text[:LONGEST_REMARK]} is beyond 62 bits.", number)
        return int(text)
