"""What is a program bound by: computing, one lock of the interpreter, waiting, memory? Said with the evidence, or inconclusive."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from perfkit.analyses.functions import FunctionTime, functions
from perfkit.analyses.profile_owners import ProfileOwner, profile_owners
from perfkit.store import Store
from perfkit.units import format_quantity

QUESTION = Path(__file__).with_suffix(".sql")
Bound = Literal["cpu", "gil", "io", "lock", "sleep", "memory", "allocation", "inconclusive"]
KINDS: dict[str, re.Pattern[str]] = {
    "lock": re.compile(
        r"\b(acquire|lock|__enter__ of .*[Ll]ock|wait_for_tstate_lock|sem_wait|futex\w*|(__)?pthread_(mutex|cond)\w*)\b"
        r"|^sync\.\(\*\w+\)\.(R?(Unl|L)ock|Wait)"
    ),
    "sleep": re.compile(r"\b(sleep|nanosleep|clock_nanosleep)\b"),
    "idle": re.compile(r"\b(poll|select|epoll|epoll_wait|kqueue|control|accept|wait|waitpid)\b|^\(idle\)$"),
    "io": re.compile(
        r"\b(recv|recv_into|recvfrom|send|sendall|connect|read|readinto|readline|readlines|write|flush|fsync|pread|pwrite|getaddrinfo)\b"
    ),
    "allocation": re.compile(
        r"\b(gc\.collect|gc_collect\w*|malloc|calloc|realloc|free|_PyObject_Malloc|_PyObject_GC\w*|PyObject_GC_Del|mmap|munmap)\b"
    ),
    "memory": re.compile(r"\b(memcpy|memmove|memset|__memcpy\w*|__memmove\w*|copy|deepcopy|tobytes)\b"),
}
"""What functions outside of the application do, by name; idle is waiting of which nobody knows whether there was work to do."""
WAITING = ("lock", "sleep", "idle", "io")
FOR_OTHERS = re.compile(r"\b(recv|recv_into)\b")
"""Of what KINDS calls io, what nearly always waits: a read may as well work."""
MOST = 0.5
"""Of the time: what takes so much decides."""
BUSY, ONE_CORE = 0.85, 1.25
"""CPU time over wall time of a program that computes without a pause, and of one whose threads take turns."""
CROWDED = 25.0
"""So often in a second of its work the processor is taken from a program where others want it, too."""
LEAST_SHARE = 0.10
LEAST_TIME = 0.25
"""Of the time in allocating or copying memory."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted around one profile."""

    run_id: str
    wall_s: float | None
    cpu_s: float | None
    system_s: float | None
    switches: float | None
    """Times that it gave the processor up to wait, without the stops of a sampler."""
    stopped: float | None
    """How often a sampler stopped it from outside."""
    taken: float | None
    """Times that the processor was taken from it for others."""
    python: float | None
    native: float | None
    system: float | None
    allocated_mb: float | None
    copied_mb: float | None


@dataclass(frozen=True, slots=True)
class ProfileBound:
    """What one run was bound by."""

    run_id: str
    bound: Bound
    share: float | None
    """Of its time, as far as the evidence says; None where it is inconclusive."""
    evidence: tuple[str, ...]
    """Sentences, each with the numbers that it follows from."""


@dataclass(frozen=True, slots=True)
class Spent:
    """Where the time of one profile went, as shares."""

    by_kind: dict[str, float]
    """Of what functions say by their names that they do."""
    busy: float | None
    """CPU time over wall time; None where nobody counted."""
    threads: int
    """That worked for at least a tenth of the time."""
    native: float | None
    """Compiled code's share of working lines."""
    crowded: bool
    """True: others wanted the processor, too, so that time without it is not all waiting."""

    @property
    def waiting(self) -> float:
        """As counted, else as the names of functions say."""
        if self.busy is None or self.crowded:
            return sum(self.by_kind.get(kind, 0.0) for kind in WAITING)
        return max(1 - self.busy, 0.0)

    @property
    def watched_wait(self) -> bool:
        """The functions wait, and the program does not."""
        return self.busy is not None and self.busy >= MOST and sum(self.by_kind.get(kind, 0.0) for kind in WAITING) >= MOST


def waits(function: str) -> bool:
    """Whether a function outside of the application does nothing but wait, by its name."""
    return any(KINDS[kind].search(function) for kind in ("lock", "sleep", "idle")) or FOR_OTHERS.search(function) is not None


def profile_bounds(store: Store, run_ids: Sequence[str]) -> list[ProfileBound]:
    """One answer a run."""
    rows, owners = functions(store, run_ids), profile_owners(store, run_ids)
    counted = store.ask(QUESTION, Counted, run_ids=list(run_ids))
    return [
        judge(item, [row for row in rows if row.run_id == item.run_id], [owner for owner in owners if owner.run_id == item.run_id])
        for item in counted
    ]


def judge(counted: Counted, rows: Sequence[FunctionTime], owners: Sequence[ProfileOwner] = ()) -> ProfileBound:
    """What the numbers of one run say together."""
    spent = _spent(counted, rows, owners)
    bound, share = _decided(spent)
    return ProfileBound(counted.run_id, bound, share, tuple(_evidence(counted, spent, bound)))


def _spent(counted: Counted, rows: Sequence[FunctionTime], owners: Sequence[ProfileOwner]) -> Spent:
    units = {row.unit for row in rows}
    unit = next((name for name in ("wall_s", "samples", "cpu_s") if name in units), None)
    told = [row for row in rows if row.unit == unit]
    whole = sum(row.own for row in told)
    by_kind: dict[str, float] = {}
    for row in told:
        kind = None if row.origin == "application" else next((name for name, words in KINDS.items() if words.search(row.function)), None)
        if kind and whole > 0:
            by_kind[kind] = by_kind.get(kind, 0.0) + row.own / whole
    busy = counted.cpu_s / counted.wall_s if counted.cpu_s is not None and counted.wall_s else None
    threads = sum(1 for owner in owners if owner.unit == unit and owner.owner and (owner.share or 0.0) >= LEAST_SHARE)
    working = (counted.python or 0.0) + (counted.native or 0.0)
    native = counted.native / working if working and counted.native is not None else None
    crowded = bool(counted.taken and counted.cpu_s and counted.taken / counted.cpu_s >= CROWDED and busy is not None and busy < BUSY)
    return Spent(by_kind, busy, threads, native, crowded)


def _decided(spent: Spent) -> tuple[Bound, float | None]:
    if spent.waiting >= MOST:
        return _waited_for(spent)
    for kind in ("allocation", "memory"):
        if spent.by_kind.get(kind, 0.0) >= LEAST_TIME:
            return ("allocation" if kind == "allocation" else "memory"), spent.by_kind[kind]
    if spent.busy is None or spent.busy < BUSY:
        return "inconclusive", None
    if spent.threads > 1 and spent.busy <= ONE_CORE and (spent.native is None or spent.native < MOST):
        return "gil", 1 - 1 / spent.threads
    return "cpu", min(spent.busy, 1.0)


def _waited_for(spent: Spent) -> tuple[Bound, float | None]:
    """The kind that most of the waiting has, where functions say so by their names."""
    waits = {kind: spent.by_kind.get(kind, 0.0) for kind in WAITING}
    known = sum(waits.values())
    kinds: tuple[Bound, ...] = ("lock", "io", "sleep")
    return next(((kind, spent.waiting) for kind in kinds if known >= LEAST_SHARE and waits[kind] >= MOST * known), ("inconclusive", None))


MEASURE_ALONE = "measure again while nothing else runs"
OTHERS_WORK = "what the profiler watched waits while others of its threads work: py-spy looks at all threads"
SAID = {
    "lock": "waiting for locks",
    "sleep": "sleeping",
    "idle": "waiting for something to happen (select, poll, accept), be it an answer or the next request",
    "io": "reading, writing and talking to others",
    "allocation": "allocating and freeing memory",
    "memory": "copying memory",
}


def _evidence(counted: Counted, spent: Spent, bound: Bound) -> Iterator[str]:
    yield from _counted_evidence(counted, spent)
    for kind, share in sorted(spent.by_kind.items(), key=lambda item: -item[1]):
        if share >= LEAST_SHARE:
            yield f"{format_quantity(share, 'ratio')} of the profile is {SAID[kind]}"
    if spent.threads > 1:
        yield f"{spent.threads} threads share the work"
    if spent.native is not None:
        yield f"{format_quantity(spent.native, 'ratio')} of the working lines' time is compiled code"
    if bound == "inconclusive" and spent.busy is None:
        yield "CPU and wall time of the program are not known: `perfkit collect profile` counts them"
    elif bound == "inconclusive":
        yield MEASURE_ALONE if spent.crowded else OTHERS_WORK if spent.watched_wait else "no kind of work or of waiting takes most of the time"


def _counted_evidence(counted: Counted, spent: Spent) -> Iterator[str]:
    if spent.busy is not None and counted.wall_s is not None and counted.cpu_s is not None:
        times = f"{format_quantity(counted.cpu_s, 'cpu_s')} of CPU time in {format_quantity(counted.wall_s, 'wall_s')}"
        yield f"{times}: the processor worked {format_quantity(spent.busy, 'ratio')} of the time"
    if counted.system_s is not None and counted.cpu_s:
        yield f"{format_quantity(counted.system_s / counted.cpu_s, 'ratio')} of the CPU time is the system's own"
    if counted.switches and counted.wall_s:
        sampler = ", the profiler's own stops left out" if counted.stopped else ""
        yield f"it gave the processor up {format_quantity(counted.switches / counted.wall_s, 'count')} times a second to wait{sampler}"
    if spent.crowded and counted.taken and counted.cpu_s:
        often = format_quantity(counted.taken / counted.cpu_s, "count")
        yield f"the machine was busy: others took the processor from it {often} times a second of its work, so time without it is not all waiting"
