"""Writes the same stacks in every format of profiles, by its definition: how deep, how wide, and whatever the names hold."""

from __future__ import annotations

import json
import marshal
import pickle
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple


class Call(NamedTuple):
    """A frame, with the line that was being executed."""

    function: str
    file: str
    line: int


Weighed = tuple[Sequence[Call], Any]
"""A stack with the outermost call first, and how much it weighs: seconds, samples or bytes, as the format has them."""


class Format(NamedTuple):
    """How stacks become a file."""

    name: str
    written: Callable[[Sequence[Weighed]], bytes]
    unit: str
    scale: float = 1.0
    """What a weight of one is in the unit."""
    texts: str = ""
    """What of a name's text a line of the format cannot hold."""


def folded(stacks: Sequence[Weighed]) -> bytes:
    lines = (";".join(f"{call.function} ({call.file}:{call.line})" for call in calls) + f" {weight}\n" for calls, weight in stacks)
    return "".join(lines).encode("utf-8", "surrogatepass")


def perf_script(stacks: Sequence[Weighed]) -> bytes:
    def sample(at: int, calls: Sequence[Call], weight: Any) -> str:
        frames = "".join(f"\t    7f0{place:09x} {call.function}+0x1f ({call.file})\n" for place, call in enumerate(reversed(calls)))
        return f"python  41/42 [001] {at}.000000:     {weight} cpu-clock:u: \n{frames}\n"

    return "".join(sample(at, *stack) for at, stack in enumerate(stacks)).encode("utf-8", "surrogatepass")


def austin(stacks: Sequence[Weighed]) -> bytes:
    lines = ("P1;T0:2;" + ";".join(f"{call.file}:{call.function}:{call.line}" for call in calls) + f" {weight}\n" for calls, weight in stacks)
    return ("# austin: 3.7.0\n# mode: wall\n" + "".join(lines)).encode("utf-8", "surrogatepass")


def mojo(stacks: Sequence[Weighed]) -> bytes:
    def number(value: int) -> bytes:
        sign, value = 0x40 if value < 0 else 0, abs(value)
        first, value = value & 0x3F | sign, value >> 6
        found = [first | (0x80 if value else 0)]
        while value:
            value, low = value >> 7, value & 0x7F
            found.append(low | (0x80 if value else 0))
        return bytes(found)

    pieces, texts, frames = [b"MOJ" + number(3) + b"\x01mode\0wall\0\x02" + number(1) + number(0) + b"2\0"], dict[str, int](), dict[Call, int]()
    for calls, weight in stacks:
        told = bytearray()
        for call in calls:
            for text in (call.file, call.function):
                if text not in texts:
                    texts[text] = len(texts) + 10
                    told += b"\x0b" + number(texts[text]) + text.encode("utf-8", "surrogatepass").replace(b"\0", b"") + b"\0"
            if call not in frames:
                frames[call] = len(frames) + 1
                places = number(call.line) * 4
                told += b"\x03" + number(frames[call]) + number(texts[call.file]) + number(texts[call.function]) + places
        for call in calls:
            told += b"\x05" + number(frames[call])
        pieces.append(bytes(told) + b"\x09" + number(weight) + b"\x02" + number(1) + number(0) + b"2\0")
    return b"".join(pieces)[: -len(b"\x02" + number(1) + number(0) + b"2\0")] if stacks else pieces[0]


def _interned(stacks: Iterable[Weighed]) -> tuple[dict[Call, int], list[list[int]]]:
    places: dict[Call, int] = {}
    return places, [[places.setdefault(call, len(places)) for call in calls] for calls, _ in stacks]


def speedscope(stacks: Sequence[Weighed], kind: str = "sampled") -> bytes:
    places, found = _interned(stacks)
    frames = [{"name": call.function, "file": call.file, "line": call.line} for call in places]
    weights = [weight for _, weight in stacks]
    profile: dict[str, Any] = {"type": kind, "name": "made", "unit": "seconds", "startValue": 0, "endValue": 0}
    if kind == "sampled":
        profile |= {"samples": found, "weights": weights}
    else:
        events, now = [], 0.0
        for stack, weight in zip(found, weights, strict=True):
            events += [{"type": "O", "at": now, "frame": frame} for frame in stack]
            now += weight
            events += [{"type": "C", "at": now, "frame": frame} for frame in reversed(stack)]
        profile |= {"events": events}
    document = {"$schema": "https://www.speedscope.app/file-format-schema.json", "shared": {"frames": frames}, "profiles": [profile]}
    return json.dumps(document).encode()


def evented(stacks: Sequence[Weighed]) -> bytes:
    return speedscope(stacks, "evented")


class _Nodes:
    """A tree of calls with numbers from 1; 0 is the root."""

    def __init__(self, stacks: Sequence[Weighed]) -> None:
        self.below: dict[tuple[int, Call], int] = {}
        self.leaves = [self._path(calls) for calls, _ in stacks]

    def _path(self, calls: Sequence[Call]) -> int:
        node = 0
        for call in calls:
            node = self.below.setdefault((node, call), len(self.below) + 1)
        return node


def _call_frame(call: Call) -> dict[str, Any]:
    return {"functionName": call.function, "scriptId": "1", "url": call.file, "lineNumber": call.line - 1, "columnNumber": 0}


def cpuprofile(stacks: Sequence[Weighed]) -> bytes:
    nodes = _Nodes(stacks)
    listed = [{"id": 0, "callFrame": _call_frame(Call("(root)", "", 0))}]
    listed += [{"id": number, "callFrame": _call_frame(call), "parent": above} for (above, call), number in nodes.below.items()]
    deltas = [0, *(weight for _, weight in stacks)]
    total = sum(delta for delta in deltas if isinstance(delta, int | float))
    return json.dumps({"nodes": listed, "startTime": 0, "endTime": total, "samples": nodes.leaves, "timeDeltas": deltas[:-1]}).encode()


def devtools_trace(stacks: Sequence[Weighed]) -> bytes:
    events, now = [], 0.0
    for calls, weight in stacks:
        for call in calls:
            args = {"filename": call.file, "line": call.line}
            events.append({"ph": "X", "ts": now, "dur": weight, "pid": 1, "tid": 2, "name": call.function, "args": args})
        now += weight if isinstance(weight, int | float) else 0
    return json.dumps({"traceEvents": events}).encode()


def gecko(stacks: Sequence[Weighed]) -> bytes:
    nodes, texts = _Nodes(stacks), dict[str, int]()
    calls = {call: place for place, call in enumerate(dict.fromkeys(call for _, call in nodes.below))}
    functions = [[texts.setdefault(text, len(texts)) for text in (call.function, call.file)] for call in calls]
    thread = {
        "name": "main", "tid": 2, "pid": 1, "stringArray": list(texts),
        "stackTable": {"frame": [calls[call] for _, call in nodes.below], "prefix": [above - 1 if above else None for above, _ in nodes.below]},
        "frameTable": {"func": list(range(len(calls))), "line": [call.line for call in calls]},
        "funcTable": {"name": [name for name, _ in functions], "fileName": [file for _, file in functions], "lineNumber": [0] * len(calls)},
        "samples": {
            "stack": [leaf - 1 if leaf else None for leaf in nodes.leaves], "time": list(range(len(stacks))),
            "weight": [weight for _, weight in stacks], "weightType": "samples",
        },
    }  # fmt: skip
    meta = {"interval": 1, "processType": 0, "stackwalk": 0, "preprocessedProfileVersion": 48, "markerSchema": []}
    return json.dumps({"meta": meta, "libs": [], "threads": [thread]}).encode()


def pprof(stacks: Sequence[Weighed]) -> bytes:
    texts, locations = {"": 0, "wall": 1, "seconds": 2}, dict[Call, int]()

    def varint(value: int) -> bytes:
        if not -(2**63) <= value < 2**64:
            raise OverflowError(value)
        found = bytearray()
        value &= (1 << 64) - 1
        while value > 0x7F:
            found.append(value & 0x7F | 0x80)
            value >>= 7
        return bytes([*found, value])

    def field(number: int, content: bytes | int) -> bytes:
        if isinstance(content, int):
            return varint(number << 3) + varint(content)
        return varint(number << 3 | 2) + varint(len(content)) + content

    samples = []
    for calls, weight in stacks:
        numbers = b"".join(varint(locations.setdefault(call, len(locations) + 1)) for call in reversed(calls))
        samples.append(field(2, field(1, numbers) + field(2, varint(weight))))
    tables = []
    for call, number in locations.items():
        name, file = (texts.setdefault(text, len(texts)) for text in (call.function, call.file))
        tables.append(field(4, field(1, number) + field(4, field(1, number) + field(2, call.line))))
        tables.append(field(5, field(1, number) + field(2, name) + field(4, file)))
    strings = [field(6, text.encode("utf-8", "surrogatepass")) for text in texts]
    return b"".join([field(1, field(1, 1) + field(2, 2)), *samples, *tables, *strings])


def pyinstrument_session(stacks: Sequence[Weighed]) -> bytes:
    records = [[[f"{call.function}\0{call.file}\0{1}\x01l{call.line}" for call in calls], weight] for calls, weight in stacks]
    return json.dumps({"start_time": 1.0, "duration": 1.0, "frame_records": records}).encode()


def pyinstrument(stacks: Sequence[Weighed]) -> bytes:
    """Its JSON nests one object in another."""
    nodes = _Nodes(stacks)
    totals: dict[int, Any] = {}
    above = {number: caller for (caller, _), number in nodes.below.items()}
    for leaf, (_, weight) in zip(nodes.leaves, stacks, strict=True):
        totals[leaf] = totals.get(leaf, 0) + weight
    for number in reversed(above):
        totals[above[number]] = totals.get(above[number], 0) + totals.get(number, 0)
    below: dict[int, list[str]] = {}
    for (caller, call), number in reversed(nodes.below.items()):
        own = f'"function": {json.dumps(call.function)}, "file_path": {json.dumps(call.file)}, "line_no": {call.line}, "time": '
        children = ", ".join(below.pop(number, [])[::-1])
        below.setdefault(caller, []).append("{" + own + json.dumps(totals.get(number, 0)) + f', "children": [{children}]' + "}")
    roots = ", ".join(below.get(0, [])[::-1])
    root = '{"function": "<thread>", "file_path": "", "line_no": 0, "time": ' + json.dumps(totals.get(0, 0)) + f', "children": [{roots}]' + "}"
    return ('{"start_time": 1.0, "duration": 1.0, "root_frame": ' + root + "}").encode()


def scalene(stacks: Sequence[Weighed]) -> bytes:
    """Stacks as shares of a run that lasted one second."""
    told = [[[f"{call.file} {call.function}:{call.line};" for call in calls], [1, weight, 0, 0]] for calls, weight in stacks]
    document = {"elapsed_time_sec": 1.0, "max_footprint_mb": 0, "alloc_samples": 0, "growth_rate": 0, "files": {}, "stacks": told}
    return json.dumps(document).encode()


def cprofile(stacks: Sequence[Weighed]) -> bytes:
    """A graph: every function once, with those that called it."""
    entries: dict[tuple[str, int, str], list[Any]] = {}
    for calls, weight in stacks:
        keys = [(call.file, call.line, call.function) for call in calls]
        for place, key in enumerate(keys):
            entry = entries.setdefault(key, [0, 0, 0.0, 0.0, {}])
            own = weight if place == len(keys) - 1 else 0.0
            entry[:4] = [entry[0] + 1, entry[1] + 1, entry[2] + own, entry[3] + weight]
            if place:
                edge = entry[4].setdefault(keys[place - 1], (0, 0, 0.0, 0.0))
                entry[4][keys[place - 1]] = (edge[0] + 1, edge[1] + 1, edge[2] + own, edge[3] + weight)
    return marshal.dumps({key: tuple(entry) for key, entry in entries.items()})


def tracemalloc(stacks: Sequence[Weighed]) -> bytes:
    """What Snapshot.dump pickles, of Python 3.9 and later; the line stands for the function."""
    from tracemalloc import Snapshot

    traces = [(0, weight, tuple((call.file, call.line) for call in reversed(calls)), len(calls)) for calls, weight in stacks]
    return pickle.dumps(Snapshot(traces, max((len(calls) for calls, _ in stacks), default=1)), pickle.HIGHEST_PROTOCOL)


FORMATS = [
    Format("folded", folded, "samples", texts=";\n\0"),
    Format("perf_script", perf_script, "cpu_s", 1e-9, texts="\n\0\r\t "),
    Format("austin", austin, "wall_s", 1e-6, texts=";\n\0\r"),
    Format("austin", mojo, "wall_s", 1e-6, texts="\0"),
    Format("speedscope", speedscope, "wall_s"),
    Format("speedscope", evented, "wall_s"),
    Format("cpuprofile", cpuprofile, "wall_s", 1e-6),
    Format("devtools_trace", devtools_trace, "wall_s", 1e-6),
    Format("gecko", gecko, "samples"),
    Format("pprof", pprof, "wall_s"),
    Format("pyinstrument", pyinstrument_session, "wall_s", texts="\0\x01"),
    Format("pyinstrument", pyinstrument, "wall_s"),
    Format("scalene", scalene, "wall_s", texts=" "),
    Format("cprofile", cprofile, "wall_s"),
    Format("tracemalloc", tracemalloc, "bytes"),
]
