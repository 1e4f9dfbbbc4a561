"""What `perf script` prints: every sample with its stack, innermost frame first. Clock events are seconds; other events stay what they are."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from perfkit.model.artefact import Head, open_artefact
from perfkit.model.batch import Batch
from perfkit.readers.parts.call_tree import NO_STACK, Owner, Step
from perfkit.readers.parts.frame_texts import OFFSET, SCRIPT, TRAMPOLINE
from perfkit.readers.parts.frames import Frames
from perfkit.readers.parts.parsing import refuse
from perfkit.readers.parts.timeline import Timeline

NAME = "perf_script"
KIND = "profile"
TOOL = "perf"
ABOUT = "text of perf script, also of Python with perf trampolines (-X perf)"
BY_LINE = False

HEADER = re.compile(
    r"(?:(?P<timed>(?=.*\s\d+\.\d+:\s))|(?!.*\s\d+\.\d+:\s))"
    r"(?:(?P<command>\S.*?)\s+)??(?:(?P<process>-?\d+)/)?(?P<thread>-?\d+)\s+(?:\[\d+\]\s+)?(?:[A-Za-z.]{4,}\s+)?(?(timed)(?P<at>\d+\.\d+):\s+)"
    r"(?:(?P<period>\d+)\s+)?(?P<event>[\w./\-{},=:@%$]*[\w/}]):[A-Za-z]*:?(?:\s+(?P<rest>.*?))?\s*"
)
"""Neither command nor time need be there; where there is a time, what stands before it is not the command's."""
FRAME = re.compile(r"\s*(?P<address>[0-9a-fA-F]+)\s+(?P<symbol>\S.*?)\s+\((?P<file>.*?)\)\s*(?:\((?P<inlined>inlined)\))?\s*")
INLINED = "inlined"
"""Stands where the file of a frame does."""
CLOCKS = ("cpu-clock", "task-clock")
"""Their period is in nanoseconds of processor time."""
CYCLES = re.compile(r"(?:\w+/)?(?:cpu-)?cycles/?|cpu-clock|task-clock")
"""Events that come while the processor works: how many there were is a profile of it. Periods of cycles vary from sample to sample."""
MODIFIER = re.compile(r"(?:(?<=/)|:)[ukhGHpPDSWeI]+$")
SAMPLES, SECONDS = "samples", "cpu_s"
LONGEST_REMARK = 60
BEFORE_A_FRAME = 5
"""Lines of a file: with -F srcline two of a function that was inlined stand before the first frame with its file."""


def sniff(head: Head) -> bool:
    """A first sample's header; comments may stand before it."""
    lines = [line.rstrip() for line in head.text.splitlines()[:400]]
    told = [line for line in lines if line.strip() and not line.startswith("#")]
    header = HEADER.fullmatch(told[0].strip()) if told else None
    if header is None:
        return False
    followed = any(form.fullmatch(line.strip()) for line in told[1:BEFORE_A_FRAME] for form in (FRAME, HEADER))
    return followed or (len(told) == 1 and FRAME.fullmatch(header["rest"] or "") is not None)


def read(path: Path) -> Iterator[Batch]:
    """A tree for every event, its samples in time; events that are no time are also counted as samples."""
    script = Script(path)
    with open_artefact(path) as file:
        try:
            for number, line in enumerate(file, start=1):
                script.add(number, line.decode("utf-8", "replace").rstrip())
        except (EOFError, OSError, zlib.error) as error:
            raise refuse(path, NAME, f"the compressed data is damaged: {error}.") from error
    script.finish()
    yield script.frames.columns()
    for samples in script.trees.values():
        yield from samples.batches()


class Frame(NamedTuple):
    """A line below a sample's header."""

    address: str
    symbol: str
    file: str


NO_FRAME = Frame("", "", "")


@dataclass(slots=True)
class Sample:
    """One sample while its frames come."""

    owner: Owner
    event: str
    at_s: float | None
    """None where perf script was not asked for the time."""
    period: int | None
    steps: list[Step] = field(default_factory=list)
    """Innermost first."""
    inlined: list[Frame] = field(default_factory=list)
    """Functions that the compiler put into the frame that comes next: their file is its file, where it has their address."""


class Script:
    """The trees of one file while its lines come."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.frames = Frames()
        self.trees: dict[str, Timeline] = {}
        self._current: Sample | None = None
        self._began: float | None = None
        self._clock: str | None = None
        self._cycles: str | None = None
        self._parsed: dict[str, Frame] = {}
        self._steps: dict[tuple[str, str], Step] = {}

    def add(self, number: int, line: str) -> None:
        """A header begins a sample, a blank line or the next header ends it. Frames follow a tab; short commands are indented by spaces."""
        if not line:
            self.finish()
        elif line.startswith("#"):
            return
        elif self._current is not None and (line[0] == "\t" or (line[0] == " " and HEADER.fullmatch(line.strip()) is None)):
            self._frame(number, line)
        else:
            self.finish()
            self._header(number, line)

    def finish(self) -> None:
        """Counts the sample whose frames have all come; the last one has no blank line to tell."""
        sample, self._current = self._current, None
        if sample is None:
            return
        self._place_inlined(sample)
        at_ms = self._since_begin(sample.at_s)
        stack = sample.steps[::-1] or [Step(self.frames.id_of(NO_STACK))]
        if self._clock is None and sample.event in CLOCKS and sample.period is not None:
            self._clock = sample.event
        if sample.event == self._clock:
            self._count(SECONDS, stack, sample, at_ms, (sample.period or 0) / 1e9)
            return
        if self._cycles is None and CYCLES.fullmatch(sample.event):
            self._cycles = sample.event
        if sample.event == self._cycles:
            self._count(SAMPLES, stack, sample, at_ms, 1.0)
        if sample.event != self._cycles or sample.period is not None:
            self._count(sample.event, stack, sample, at_ms, 1.0 if sample.period is None else float(sample.period))

    def _since_begin(self, at_s: float | None) -> float | None:
        if self._began is None:
            self._began = at_s
        return None if at_s is None or self._began is None else (at_s - self._began) * 1000

    def _count(self, unit: str, stack: list[Step], sample: Sample, at_ms: float | None, weight: float) -> None:
        samples = self.trees.get(unit)
        if samples is None:
            samples = self.trees[unit] = Timeline(unit)
        samples.add(samples.tree.path(stack, sample.owner), at_ms, weight)

    def _header(self, number: int, line: str) -> None:
        matched = HEADER.fullmatch(line.strip())
        if matched is None:
            raise refuse(self.path, NAME, f"{line[:LONGEST_REMARK]!r} is neither the header of a sample nor a frame.", number)
        period = int(matched["period"]) if matched["period"] and len(matched["period"]) < 20 else None
        if matched["period"] and period is None:
            raise refuse(self.path, NAME, f"the period {matched['period'][:LONGEST_REMARK]} is beyond 64 bits.", number)
        command, thread = matched["command"], matched["thread"]
        owner = Owner(matched["process"], f"{command.strip()} ({thread})" if command else thread)
        event = MODIFIER.sub("", matched["event"])
        self._current = Sample(owner, event, float(matched["at"]) if matched["at"] else None, period)
        if matched["rest"] and FRAME.fullmatch(matched["rest"]):
            self._frame(number, matched["rest"])

    def _frame(self, number: int, line: str) -> None:
        sample = self._current
        assert sample is not None
        frame = self._parsed.get(line) or self._parse(line)
        if frame is not None and frame.file == INLINED:
            sample.inlined.append(frame)
        elif frame is not None:
            self._place_inlined(sample, frame)
            sample.steps.append(self._step(frame.symbol, frame.file))
        elif self._looks_like_a_cut_frame(line):
            raise refuse(self.path, NAME, f"the frame {line.strip()[:LONGEST_REMARK]!r} has no end; the file was cut off.", number)

    def _looks_like_a_cut_frame(self, line: str) -> bool:
        """Lines of source (-F srcline) and of arguments of a tracepoint stand between frames as well."""
        return re.fullmatch(r"\s+[0-9a-f]{4,}( .*\([^)]*)?", line) is not None

    def _parse(self, line: str) -> Frame | None:
        matched = FRAME.fullmatch(line)
        if matched is None:
            return None
        frame = self._parsed[line] = Frame(matched["address"], matched["symbol"], matched["file"])
        return frame

    def _place_inlined(self, sample: Sample, into: Frame = NO_FRAME) -> None:
        sample.steps += [self._step(frame.symbol, into.file if frame.address == into.address else "") for frame in sample.inlined]
        sample.inlined.clear()

    def _step(self, symbol: str, file: str) -> Step:
        known = self._steps.get((symbol, file))
        if known is not None:
            return known
        name = OFFSET.sub("", symbol)
        named = TRAMPOLINE.fullmatch(name) or SCRIPT.fullmatch(name)
        place = (named["function"] or "(anonymous)", named["file"], _first_line(named)) if named else (name, file, 0)
        step = self._steps[symbol, file] = Step(self.frames.id_of(*place))
        return step


def _first_line(named: re.Match[str]) -> int:
    """Engines that compile scripts name a function with the line where it begins; Python does not."""
    text = named.groupdict().get("line")
    return int(text) if text and len(text) < 10 else 0
