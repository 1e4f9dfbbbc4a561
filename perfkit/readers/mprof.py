"""memory_profiler's record of a process over time (mprof run): its size, its children's, and the functions that were marked, in MiB."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from perfkit.model.artefact import Head, open_artefact
from perfkit.model.batch import Batch, Columns
from perfkit.model.run import Manifest
from perfkit.readers.parts.parsing import refuse, refuse_cut_row

NAME = "mprof"
KIND = "memory"
TOOL = "memory_profiler"
ABOUT = "mprofile_*.dat of memory_profiler's mprof run, one run or several in one file"
BY_LINE = True

NUMBER = r"(?:\d+(?:\.\d*)?(?:[eE][+-]?\d+)?)"
SIZE = rf"(?:-1(?:\.0*)?|{NUMBER})"
"""-1 where the process had ended, or nobody was allowed to look: no size."""
START = re.compile(rf"(?:CMDLINE [^\n]*\n)?(?:MEM {SIZE} {NUMBER}|FUNC \S.* {SIZE} {NUMBER} {SIZE} {NUMBER}(?: -?\d+)?)[\r\n]")
ONLY_COMMAND = re.compile(r"CMDLINE [^\n]*\n\Z")
MEM = re.compile(rf"({SIZE}) ({NUMBER})")
CHLD = re.compile(rf"(\d+) ({SIZE}) ({NUMBER})")
FUNC = re.compile(rf"(\S.*?) ({SIZE}) ({NUMBER}) ({SIZE}) ({NUMBER})(?: (-?\d+))?")
MIB = 2**20
LAST_SECOND = 253_402_300_799.0
"""Of the year 9999; no clock says more."""
ROWS_AT_ONCE = 100_000


@dataclass(slots=True)
class _Course:
    """What was read so far."""

    path: Path
    commands: list[str] = field(default_factory=list)
    runs: int = 1
    measured: bool = False
    """Whether the current run has a size: a command line after it begins the next run."""
    first: dict[int, float] = field(default_factory=dict)
    last: dict[int, float] = field(default_factory=dict)
    peak: float = 0.0
    functions: list[tuple[str, float, float, float, float, int | None]] = field(default_factory=list)
    waiting: list[tuple[str, float, float]] = field(default_factory=list)

    def command(self, text: str, number: int) -> None:  # noqa: ARG002  every kind of line is taken alike
        if self.measured:
            self.runs, self.measured = self.runs + 1, False
        self.commands.append(text.strip())

    def size(self, text: str, number: int) -> None:
        amount, at = self._numbers(MEM, text, number)[:2]
        if amount < 0:
            return
        self.measured, self.peak = True, max(self.peak, amount)
        self.first.setdefault(self.runs, at)
        self.last[self.runs] = at
        self.waiting.append(("rss", at, amount))

    def child(self, text: str, number: int) -> None:
        index, amount, at = self._numbers(CHLD, text, number)
        if amount < 0:
            return
        self.waiting.append((f"rss of child {index:.0f}", at, amount))

    def function(self, text: str, number: int) -> None:
        match = FUNC.fullmatch(text)
        if match is None:
            raise refuse(self.path, NAME, f"FUNC {text[:60]!r} is no name with two sizes and two times.", number)
        before, began, after, ended = (self._checked(value, number) for value in match.groups()[1:5])
        if ended < began:
            raise refuse(self.path, NAME, f"the function {match[1][:60]} ended before it began.", number)
        self.functions.append((match[1], before, began, after, ended, int(match[6]) if match[6] else None))

    def rows(self) -> Columns:
        """Sizes that wait, under the name of their run."""
        waiting, self.waiting = self.waiting, []
        suffix = "" if self.runs == 1 else f" (run {self.runs})"
        return Columns(
            "samples",
            {
                "series": [name + suffix for name, _, _ in waiting],
                "at": [_moment(at) for _, at, _ in waiting],
                "value": [amount * MIB for _, _, amount in waiting],
                "unit": ["bytes"] * len(waiting),
            },
        )

    def _numbers(self, pattern: re.Pattern[str], text: str, number: int) -> list[float]:
        match = pattern.fullmatch(text)
        if match is None:
            raise refuse(self.path, NAME, f"{text[:60]!r} is no size with its time.", number)
        return [self._checked(value, number) for value in match.groups()]

    def _checked(self, text: str, number: int) -> float:
        value = float(text)
        if value > LAST_SECOND:
            raise refuse(self.path, NAME, f"{text[:40]} is neither a size nor a time.", number)
        return value


LINES = {"MEM": _Course.size, "CHLD": _Course.child, "FUNC": _Course.function, "CMDLINE": _Course.command}


def sniff(head: Head) -> bool:
    """A command line and a size, or the times of a marked function: they may come first when the program is quick."""
    text = head.text.lstrip("\ufeff")
    return START.match(text) is not None or (head.complete and ONLY_COMMAND.match(text) is not None)


def read(path: Path) -> Iterator[Batch]:
    """Sizes in the order of time, then functions and what the file says of its run."""
    refuse_cut_row(path, NAME)
    course = _Course(path)
    for number, kind, rest in _lines(path):
        if kind == "CMDLINE" and course.measured and course.waiting:
            yield course.rows()
        LINES[kind](course, rest, number)
        if len(course.waiting) >= ROWS_AT_ONCE:
            yield course.rows()
    if not course.first:
        raise refuse(path, NAME, "no size of the process is in it: the program ended before the first look. Record with a smaller --interval.")
    yield course.rows()
    yield Columns("spans", _spans(course))
    seconds = sum(course.last[run] - course.first[run] for run in course.first)
    yield Columns("profile_facts", {"stat": ["peak_rss", "wall"], "value": [course.peak * MIB, seconds], "unit": ["bytes", "wall_s"]})
    commands = list(dict.fromkeys(course.commands))
    yield Manifest(started_at=_moment(min(course.first.values())), parameters={"command": commands[0]} if len(commands) == 1 else {})


def _lines(path: Path) -> Iterator[tuple[int, str, str]]:
    with open_artefact(path) as file:
        number = 0
        try:
            for number, line in enumerate(file, 1):
                text = line.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
                kind, _, rest = text.partition(" ")
                if kind in LINES:
                    yield number, kind, rest
                elif text.strip():
                    raise refuse(path, NAME, f"{text[:60]!r} begins with none of {', '.join(LINES)}.", number)
        except UnicodeDecodeError as error:
            raise refuse(path, NAME, f"byte {error.start} of the line is not UTF-8.", number + 1) from error
        except (EOFError, OSError, zlib.error) as error:
            raise refuse(path, NAME, f"the compressed data is damaged: {error}.", number + 1) from error


def _spans(course: _Course) -> dict[str, list[Any]]:
    found = course.functions
    return {
        "trace_id": ["mprof"] * len(found),
        "span_id": [str(number) for number in range(len(found))],
        "kind": ["internal"] * len(found),
        "name": [name for name, *_ in found],
        "started_at": [_moment(began) for _, _, began, *_ in found],
        "duration_ms": [(ended - began) * 1000 for _, _, began, _, ended, _ in found],
        "status": ["ok"] * len(found),
        "attributes": [
            json.dumps({"bytes_before": _bytes(before), "bytes_after": _bytes(after), "level": level}) for _, before, _, after, _, level in found
        ],
    }


def _bytes(mebibytes: float) -> float | None:
    return mebibytes * MIB if mebibytes >= 0 else None


def _moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC).replace(tzinfo=None)
