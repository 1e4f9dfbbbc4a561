"""line_profiler's .lprof, a pickle that is read without running it, and the text that it prints."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

from perfkit.errors import ArtefactError
from perfkit.model.artefact import Head, read_head
from perfkit.model.batch import Batch, columns_of
from perfkit.model.run import Manifest
from perfkit.readers.parts.facts import fact_rows
from perfkit.readers.parts.inert_pickle import Inert, unpickled_file
from perfkit.readers.parts.parsing import refuse, text_of

NAME = "line_profiler"
KIND = "profile"
TOOL = "line_profiler"
ABOUT = "line_profiler's statistics (.lprof), or the text of python -m line_profiler, also gzip"
BY_LINE = False

CLASSES = ("line_profiler.line_profiler", "line_profiler._line_profiler", "_line_profiler", "line_profiler", "line_profiler.line_profiler_utils")
STATS = frozenset(f"{module}.LineStats" for module in CLASSES)
KNOWN = STATS | {"copyreg.__newobj__", "collections.defaultdict", "builtins.list", "__builtin__.list"}
PICKLE = re.compile(rb"\x80[\x02-\x05].{0,40}?(?:c|\x8c.)(?:line_profiler|_line_profiler)[\w.]*.{0,8}?LineStats", re.DOTALL)
UNIT = re.compile(r"^Timer unit: (?P<unit>\S+) s\s*$", re.MULTILINE)
PRINTED = re.compile(rb"^Timer unit: \S+ s\s*$.*?^Line #\s+Hits\s+Time\s", re.MULTILINE | re.DOTALL)
"""What the program and kernprof -l -v print may stand before it."""
SCALE = re.compile(r"^Total time: (?P<total>\S+) (?P<scale>s|ms|us|µs|ns)\s*$")
PLACE = re.compile(r"^Function: (?P<function>.+) at line (?P<line>\d+)\s*$")
LINE = re.compile(r"^\s*(?P<line>\d+)\s{1,12}(?P<hits>[\d.]+(?:e\+\d+)?)\s+(?P<time>[\d.]+(?:e[+-]?\d+)?)\s+[\d.e+-]+\s+[\d.]+(?:\s|$)")
"""Numbers that are too long for their column have an exponent. A line that never ran has a wide gap before its code."""
SECONDS = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
MOST_HITS = 2**63 - 1
LAST_LINE = 2**31 - 1


@dataclass(frozen=True, slots=True)
class LineRow:
    """A row of profile_lines."""

    file: str
    line: int
    function: str
    hits: int
    total: float
    """Seconds of the line with all that it calls."""
    unit: str = "wall_s"


def sniff(head: Head) -> bool:
    """The class that the pickle names first, or the printed timer unit."""
    return bool(PICKLE.match(head.data) or PRINTED.search(head.data))


def read(path: Path) -> Iterator[Batch]:
    """A row for each line of each function that was timed, and the sum of all functions."""
    with_text = _is_text(path)
    rows = list(_printed(path) if with_text else _pickled(path))
    yield Manifest(tool=TOOL)
    yield columns_of("profile_lines", rows)
    yield fact_rows([("total", sum(row.total for row in rows), "wall_s")])


def _is_text(path: Path) -> bool:
    return not read_head(path).data.startswith(b"\x80")


def _pickled(path: Path) -> Iterator[LineRow]:
    loaded = unpickled_file(path, NAME, KNOWN)
    if not isinstance(loaded, Inert) or loaded.kind not in STATS:
        raise refuse(path, NAME, "the pickle holds no LineStats.")
    state = loaded.state[1] if isinstance(loaded.state, tuple) and len(loaded.state) == 2 else loaded.state
    if not isinstance(state, dict) and len(loaded.arguments) == 2:
        state = dict(zip(("timings", "unit"), loaded.arguments, strict=True))
    timings = state.get("timings") if isinstance(state, dict) else None
    timings = timings.entries if isinstance(timings, Inert) else timings
    if not isinstance(state, dict) or not isinstance(timings, dict):
        raise refuse(path, NAME, "its LineStats has no timings.")
    unit = _number(path, state.get("unit"), "the unit")
    for key, lines in timings.items():
        yield from _rows(path, key, lines, unit)


def _rows(path: Path, key: Any, lines: Any, unit: float) -> Iterator[LineRow]:
    """A key is the file, the function's first line and its name."""
    lines = lines.items if isinstance(lines, Inert) else lines
    if not (isinstance(key, tuple) and len(key) == 3 and isinstance(key[0], str) and isinstance(key[2], str) and isinstance(lines, list | tuple)):
        raise refuse(path, NAME, f"{str(key)[:60]} is no function with its lines.")
    for item in lines:
        if not isinstance(item, tuple | list) or len(item) != 3:
            raise refuse(path, NAME, f"a line of {key[2][:40]} is no line number with hits and time.")
        line, hits = _count(path, item[0], LAST_LINE), _count(path, item[1], MOST_HITS)
        yield LineRow(key[0], line, key[2], hits, _number(path, item[2], "a time") * unit)


def _printed(path: Path) -> Iterator[LineRow]:
    """Times are in the timer's unit, which the first line tells; per-function texts repeat it."""
    text = text_of(path, NAME)
    unit, file, function = 1.0, "", ""
    told: Mapping[str, str]
    for number, line in enumerate(text.splitlines(), start=1):
        if found := UNIT.match(line):
            unit = _printed_number(path, found["unit"], number)
        elif line.startswith("File: "):
            file = line.removeprefix("File: ").strip()
        elif found := PLACE.match(line):
            function = found["function"]
        elif (found := LINE.match(line)) and function:
            told = found.groupdict()
            place, hits = _count(path, int(told["line"]), LAST_LINE), _count(path, round(_printed_number(path, told["hits"], number)), MOST_HITS)
            yield LineRow(file, place, function, hits, _printed_number(path, told["time"], number) * unit)


def _printed_number(path: Path, text: str, line: int) -> float:
    try:
        return _number(path, float(text), "a time")
    except ValueError as error:
        raise refuse(path, NAME, f"{text[:40]!r} is no number.", line) from error


def _number(path: Path, value: Any, what: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e300 or not isfinite(value) or value < 0:
        raise _bad(path, what, value)
    return float(value)


def _count(path: Path, value: Any, most: int) -> int:
    if type(value) is not int or not 0 <= value <= most:
        raise _bad(path, "a count", value)
    return value


def _bad(path: Path, what: str, value: Any) -> ArtefactError:
    return refuse(path, NAME, f"{what} is {str(value)[:40]!r}.")
