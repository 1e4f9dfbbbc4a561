"""A memray capture on standard input → JSON on standard output, by memray's own reader."""

from __future__ import annotations

import contextlib
import json
import resource
import sys
from collections.abc import Iterable
from typing import Any

RUNNERS = ("memray/commands/", "memray/__main__.py", "<frozen runpy>", "/runpy.py")
CAPTURE = "/dev/stdin"
LEAST_SECONDS, SECONDS_A_RECORD = 10, 2e-5
"""Of processor time: a record was measured at up to 1.4 µs, and one that was damaged can send memray round in circles."""
MOST_FOLLOWED = 15_000_000
"""Records of which it is found out what followed what: memray needs 40 bytes for each of them."""
OWN = ("(memray)", "", 0)
"""Stands for what memray allocates before the program begins."""

Place = tuple[str, str, int]


class Interned:
    """Frames by number, in the order in which they were met."""

    def __init__(self) -> None:
        self._numbers: dict[Place, int] = {}

    def stack(self, innermost_first: Iterable[Place]) -> list[int]:
        """The stack from the program's first frame on, without what started the program."""
        places = list(innermost_first)[::-1]
        begin = 0
        while begin < len(places) and any(runner in places[begin][1].replace("\\", "/") for runner in RUNNERS):
            begin += 1
        kept = places[begin:] or ([OWN] if places else [])
        return [self._numbers.setdefault(place, len(self._numbers)) for place in kept]

    def places(self) -> list[Place]:
        return list(self._numbers)


def main() -> None:
    """Arguments: bytes of address space, seconds of processor time. The capture is the standard input, which memray opens by its name."""
    memory, seconds = int(sys.argv[1]), int(sys.argv[2])
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        document = read(CAPTURE)
    except (OSError, ValueError, RuntimeError, IndexError, MemoryError) as error:
        document = {"problem": "the limit of memory is reached" if isinstance(error, MemoryError) else str(error)}
    sys.stdout.write(json.dumps(document))


def read(capture: str) -> dict[str, Any]:
    """The peak by thread and stack, what was left at the end and what lived only a moment by stack, and the sizes over time."""
    from memray import FileReader

    frames = Interned()
    reader = FileReader(capture)
    with contextlib.closing(reader):
        about = reader.metadata
        records = None if _is_aggregated(about) else about.total_allocations
        _limit_by(records)
        native, main_thread = about.has_native_traces, getattr(about, "main_thread_id", None)
        peak = [
            [record.size, record.n_allocations, _thread(record, main_thread), frames.stack(_stack(record, native=native))]
            for record in reader.get_high_watermark_allocation_records(merge_threads=False)
        ]
        left = _by_stack(reader.get_leaked_allocation_records(merge_threads=True), frames)
        return {
            "metadata": {**_about(about), **_allocated(capture, records)},
            "peak": peak,
            "left": left,
            "temporary": _temporary(reader, frames, records),
            "memory": [[item.time, item.rss, item.heap] for item in reader.get_memory_snapshots()],
            "frames": frames.places(),
        }


def _about(about: Any) -> dict[str, Any]:
    names = ("peak_memory", "python_allocator", "has_native_traces", "trace_python_allocators", "command_line")
    times = {"start_ms": about.start_time.timestamp() * 1000, "end_ms": about.end_time.timestamp() * 1000}
    return {**{name: getattr(about, name, None) for name in names}, **times}


def _is_aggregated(about: Any) -> bool:
    """Such a capture was summed up while it was made: nobody knows what followed what, nor how often anything was asked for."""
    return "AGGREGATED" in getattr(getattr(about, "file_format", None), "name", "")


def _limit_by(records: int | None) -> None:
    """A small capture may hold many records, as they are compressed; it says how many."""
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    if records:
        seconds = min(most, LEAST_SECONDS + int(records * SECONDS_A_RECORD)) if most > 0 else LEAST_SECONDS
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))


def _allocated(capture: str, records: int | None) -> dict[str, int | None]:
    """How often and how much was asked for over the whole run; memray's own count of records holds what was given back as well."""
    from memray._memray import compute_statistics

    if records is None or records > MOST_FOLLOWED:
        return {"allocations": None, "allocated": None}
    told = compute_statistics(capture, num_largest=1)
    return {"allocations": told.total_num_allocations, "allocated": told.total_memory_allocated}


def _temporary(reader: Any, frames: Interned, records: int | None) -> list[list[Any]] | None:
    """What was given back before anything else was asked for; None where that is not known."""
    if records is None or records > MOST_FOLLOWED:
        return None
    return _by_stack(reader.get_temporary_allocation_records(merge_threads=True, threshold=1), frames)


def _by_stack(records: Iterable[Any], frames: Interned) -> list[list[Any]]:
    return [[record.size, record.n_allocations, frames.stack(record.stack_trace())] for record in records]


def _stack(record: Any, *, native: bool) -> list[Place]:
    found: list[Place] = record.hybrid_stack_trace() if native else record.stack_trace()
    return found


def _thread(record: Any, main_thread: int | None) -> str:
    return str(record.thread_name or ("main" if record.tid == main_thread else f"thread {record.tid}"))


if __name__ == "__main__":
    main()
