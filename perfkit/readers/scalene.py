"""scalene's JSON: shares of the run by line and by function, memory, copies, and stacks where it took them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from perfkit.model.artefact import Head
from perfkit.model.batch import Batch, Columns, columns_of
from perfkit.model.run import Manifest
from perfkit.readers.parts.call_tree import NO_STACK, CallTree, Owner, Step
from perfkit.readers.parts.facts import Fact, fact_rows
from perfkit.readers.parts.frames import Frames
from perfkit.readers.parts.json_stream import opened_json
from perfkit.readers.parts.measured import EPOCH, finite
from perfkit.readers.parts.parsing import refuse, require_keys
from perfkit.readers.parts.timeline import Timeline

NAME = "scalene"
KIND = "profile"
TOOL = "scalene"
ABOUT = "scalene's JSON of 1.x and 2.x: Python, native and system time, memory and copies by line, also gzip"
BY_LINE = False

OWN_KEYS = (
    b'"elapsed_time_sec"', b'"max_footprint_mb"', b'"alloc_samples"', b'"growth_rate"', b'"n_cpu_percent_python"', b'"entrypoint_dir"',
    b'"async_profile"', b'"combined_stacks"', b'"filename_or_module"', b'"percent_cpu_time"',
)  # fmt: skip
STACK_STEP = re.compile(r"(?P<file>.*) (?P<function>\S.*):(?P<line>\d+);?$")
MEGABYTE = 1 << 20
LAST_LINE = 2**31 - 1
ROUNDED = 1e-6
LARGEST = 1e15
"""Of seconds, nanoseconds, megabytes and percents alike: sums and products of such numbers stay finite."""


@dataclass(frozen=True, slots=True)
class LineRow:
    """A row of profile_lines."""

    file: str
    line: int
    function: str | None
    python: float
    native: float
    system: float
    gpu: float
    memory_mb: float
    copy_mb: float
    peak_mb: float
    growth_mb: float
    python_memory: float
    unit: str = "wall_s"


def sniff(head: Head) -> bool:
    """Words of its own behind an opening brace."""
    return head.data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{" and sum(key in head.data for key in OWN_KEYS) >= 3


def read(path: Path) -> Iterator[Batch]:
    """Lines, stacks, memory over time, and the run's own numbers."""
    with opened_json(path, NAME) as cursor:
        loaded = cursor.value()
        cursor.finish()
    document = require_keys(path, NAME, loaded, ("files", "elapsed_time_sec"))
    elapsed = finite(path, NAME, _amount(path, document["elapsed_time_sec"], "elapsed_time_sec"), "elapsed_time_sec")
    try:
        rows = [row for file, told in document["files"].items() for row in _lines(path, file, told, elapsed)]
        frames = Frames()
        in_lines = sum(row.python + row.native + row.system for row in rows)
        batches = [*_stacks(path, document, frames, elapsed, in_lines), *_footprint(path, document)]
        facts = list(_facts(path, document, elapsed, in_lines))
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise refuse(path, NAME, f"a part of it has another form: {type(error).__name__} {str(error)[:80]}.") from error
    yield _manifest(document)
    yield columns_of("profile_lines", [row for row in rows if _says_something(row)])
    yield frames.columns()
    yield from batches
    yield fact_rows(facts)


def _manifest(document: Mapping[str, Any]) -> Manifest:
    began = document.get("start_time_absolute")
    started = datetime.fromtimestamp(began, UTC).replace(tzinfo=None) if isinstance(began, float) and 0 < began < 4e9 else None
    root = document.get("entrypoint_dir")
    return Manifest(tool=TOOL, started_at=started, root=root if isinstance(root, str) else None)


def _lines(path: Path, file: str, told: Mapping[str, Any], elapsed: float) -> Iterator[LineRow]:
    """Shares are of the whole run; a copy rate is a second's."""
    functions = {item.get("lineno"): item.get("line") for item in told.get("functions") or ()}

    def number(item: Mapping[str, Any], key: str) -> float:
        return _amount(path, item.get(key) or 0, f"{key} of {file}")

    for item in told["lines"]:
        if type(item["lineno"]) is not int or not 0 < item["lineno"] <= LAST_LINE:
            raise ValueError(f"the line {str(item['lineno'])[:40]}")
        name = functions.get(item.get("start_function_line"))
        yield LineRow(
            file,
            item["lineno"],
            name if isinstance(name, str) else None,
            python=number(item, "n_cpu_percent_python") / 100 * elapsed,
            native=number(item, "n_cpu_percent_c") / 100 * elapsed,
            system=number(item, "n_sys_percent") / 100 * elapsed,
            gpu=number(item, "n_gpu_percent") / 100 * elapsed,
            memory_mb=number(item, "n_malloc_mb"),
            copy_mb=number(item, "n_copy_mb_s") * elapsed,
            peak_mb=number(item, "n_peak_mb"),
            growth_mb=number(item, "n_growth_mb"),
            python_memory=number(item, "n_python_fraction"),
        )


def _says_something(row: LineRow) -> bool:
    return any((row.python, row.native, row.system, row.gpu, row.memory_mb, row.copy_mb, row.peak_mb, row.growth_mb))


def _stacks(path: Path, document: Mapping[str, Any], frames: Frames, elapsed: float, in_lines: float) -> Iterator[Columns]:
    """Time by Python's stacks, in shares of the run as lines are; samples of stacks that go on into native code; memory by stack.

    In older files few samples have a stack, so that lines hold more; in the oldest stacks are counted and have no time.
    """
    time, samples, memory = CallTree("wall_s"), Timeline("samples"), CallTree("bytes")
    for steps, told in document.get("stacks") or ():
        stack = [_step(frames, step) for step in steps] or [_no_step(frames)]
        if isinstance(told, int):
            samples.tree.weigh(samples.tree.path(stack), _amount(path, told), told)
            continue
        counted = told if isinstance(told, Mapping) else dict(zip(("count", "python_time", "c_time"), told, strict=False))
        weight = sum(_amount(path, counted.get(key) or 0.0) for key in ("python_time", "c_time")) * elapsed
        time.weigh(time.path(stack), weight, int(counted.get("count") or 0))
    if len(time) and in_lines - time.total > ROUNDED * in_lines:
        time.weigh(time.path([_no_step(frames)]), in_lines - time.total, 0)
    combined = document.get("combined_stacks") or []
    stacks = [[_native_step(frames, step) for step in item[0]] or [_no_step(frames)] for item in combined]
    for moment in document.get("combined_stacks_timeline") or ():
        thread = moment.get("thread_id")
        node = samples.tree.path(stacks[moment["stack_index"]], Owner(thread=None if thread is None else str(thread)))
        samples.add(node, _amount(path, moment["t_sec"]) * 1000, _amount(path, moment.get("count", 1)))
    for steps, megabytes in document.get("memory_stacks") or ():
        memory.weigh(memory.path([_native_step(frames, step) for step in steps] or [_no_step(frames)]), _amount(path, megabytes) * MEGABYTE)
    yield from time.batches()
    yield from samples.batches()
    yield from memory.batches()


def _step(frames: Frames, told: Any) -> Step:
    """One text: file, function and the line that was being executed. Older files have a list of the three, the oldest of file and line."""
    if isinstance(told, list | tuple):
        file, *function, line = told
        return Step(frames.id_of(str(function[0]) if function else f"line {line}", str(file)), _line(line))
    found = STACK_STEP.match(str(told))
    if found is None:
        return Step(frames.id_of(str(told)))
    return Step(frames.id_of(found["function"], found["file"]), _line(int(found["line"])))


def _native_step(frames: Frames, told: Mapping[str, Any]) -> Step:
    module, name = str(told.get("filename_or_module") or ""), str(told.get("display_name") or "")
    return Step(frames.id_of(name or "(native code)", module), _line(told.get("line")))


def _no_step(frames: Frames) -> Step:
    return Step(frames.id_of(NO_STACK))


def _line(value: Any) -> int | None:
    return value if type(value) is int and 0 < value <= LAST_LINE else None


def _footprint(path: Path, document: Mapping[str, Any]) -> Iterator[Columns]:
    """Memory in use over time: nanoseconds since the beginning, and megabytes."""
    began = _manifest(document).started_at or EPOCH
    listed = [(began + timedelta(microseconds=_amount(path, at) / 1000), _amount(path, megabytes)) for at, megabytes in document.get("samples") or ()]
    if listed:
        moments, values = zip(*listed, strict=True)
        count = len(listed)
        yield Columns(
            "samples", {"series": ["footprint"] * count, "at": moments, "value": [value * MEGABYTE for value in values], "unit": ["bytes"] * count}
        )


def _facts(path: Path, document: Mapping[str, Any], elapsed: float, in_lines: float) -> Iterator[Fact]:
    """Awaiting is told as shares of all that was awaited, not of the run: no seconds follow from it."""
    yield "wall", elapsed, "wall_s"
    yield "total", in_lines, "wall_s"
    if document.get("max_footprint_mb"):
        yield "peak_footprint", _amount(path, document["max_footprint_mb"]) * MEGABYTE, "bytes"
    if document.get("alloc_samples"):
        yield "alloc_samples", _amount(path, document["alloc_samples"]), "count"
    for file, told in document["files"].items():
        for item in told["lines"]:
            if item.get("n_async_await_percent"):
                yield f"await {file}:{item['lineno']}", _amount(path, item["n_async_await_percent"]) / 100, "ratio"
        for line, leak in (told.get("leaks") or {}).items():
            yield f"leak {file}:{line}", _amount(path, leak.get("likelihood") or 0), "ratio"


def _amount(path: Path, value: Any, what: str = "a number") -> float:
    amount = finite(path, NAME, value, what, signed=True)
    if abs(amount) > LARGEST:
        raise refuse(path, NAME, f"{what} is {amount:g}, more than any program can use.")
    return amount
