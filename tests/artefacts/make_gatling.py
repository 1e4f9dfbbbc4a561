"""Writes tests/artefacts/gatling_*: one small simulation in Gatling's binary log, its older text logs and its stats.json, by their definitions."""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
STARTED_MS = 1_740_000_000_000
VERSION = "3.13.5"
SIMULATION = "shop.BasketSimulation"


@dataclass(frozen=True)
class Call:
    """A request, in ms after the start of the run; an end of None is a message that answers no request."""

    groups: tuple[str, ...]
    name: str
    start_ms: int
    end_ms: int | None
    error: str = ""


@dataclass(frozen=True)
class Grouped:
    """The end of a group."""

    groups: tuple[str, ...]
    start_ms: int
    end_ms: int
    ok: bool


STATUS_ERROR = "status.find.in([200, 209], 304), found 503"
RECORDS: tuple[Call | Grouped | str, ...] = (
    "start",
    Call((), "GET /items/1", 12, 99),
    Call((), "GET /items/2", 105, 192),
    Call(("Checkout", "Pay"), "Card", 200, 568),
    Call(("Checkout", "Pay"), "Card", 570, 690, STATUS_ERROR),
    Call(("Checkout",), "Größe 測試", 700, 800),
    Grouped(("Checkout", "Pay"), 200, 690, False),
    Grouped(("Checkout",), 200, 800, False),
    Call((), "feed", 810, None),
    Call((), "GET /items/3", 820, 60820, "i.n.c.ConnectTimeoutException: connection timed out:\tshop"),
    "crash",
    "end",
)


class Writer:
    """The binary records: numbers are big-endian; a text is its length, its bytes and how Java kept it."""

    def __init__(self) -> None:
        self.out = bytearray()
        self.known: dict[str, int] = {}

    def byte(self, value: int) -> None:
        self.out += bytes([value])

    def int32(self, value: int) -> None:
        self.out += (value & 0xFFFFFFFF).to_bytes(4, "big")

    def text(self, value: str) -> None:
        narrow = all(ord(character) < 256 for character in value)
        content = value.encode("latin-1" if narrow else "utf-16-le")
        self.int32(len(content))
        if value:
            self.out += content
            self.byte(0 if narrow else 1)

    def shared(self, value: str) -> None:
        if value in self.known:
            self.int32(-self.known[value])
            return
        self.known[value] = len(self.known) + 1
        self.int32(self.known[value])
        self.text(value)

    def groups(self, names: Sequence[str]) -> None:
        self.int32(len(names))
        for name in names:
            self.shared(name)


def binary() -> bytes:
    """What BufferedFileChannelWriter and the serializers of LogFileDataWriter write."""
    writer = Writer()
    writer.byte(0)
    writer.text(VERSION)
    writer.text(SIMULATION)
    writer.out += STARTED_MS.to_bytes(8, "big")
    writer.text("")
    writer.int32(1)
    writer.text("Browse")
    writer.int32(1)
    writer.int32(5)
    writer.out += b"\x02\x01\x00\x07\x03"
    for record in RECORDS:
        binary_record(writer, record)
    return bytes(writer.out)


def binary_record(writer: Writer, record: Call | Grouped | str) -> None:
    """One record behind its kind."""
    if isinstance(record, Call):
        writer.byte(1)
        writer.groups(record.groups)
        writer.shared(record.name)
        writer.int32(record.start_ms)
        writer.int32(record.end_ms if record.end_ms is not None else -(2**63) - STARTED_MS)
        writer.byte(not record.error)
        writer.shared(record.error)
    elif isinstance(record, Grouped):
        writer.byte(3)
        writer.groups(record.groups)
        for value in (record.start_ms, record.end_ms, record.end_ms - record.start_ms):
            writer.int32(value)
        writer.byte(record.ok)
    elif record == "crash":
        writer.byte(4)
        writer.shared("No attribute named 'basket' is defined")
        writer.int32(60_900)
    else:
        writer.byte(2)
        writer.int32(0)
        writer.byte(record == "start")
        writer.int32(0 if record == "start" else 61_000)


def text(generation: int) -> str:
    """The text log of Gatling 2.3, 3.0 and 3.9: ever fewer columns."""
    run = {
        2: ["RUN", SIMULATION, "", "basketsimulation", str(STARTED_MS), " ", "2.0"],
        30: ["RUN", SIMULATION, "basketsimulation", str(STARTED_MS), " ", "3.0.3"],
        39: ["RUN", SIMULATION, "basketsimulation", str(STARTED_MS), " ", "3.9.5"],
    }[generation]
    who = {2: ["Browse", "1"], 30: ["1"], 39: []}[generation]
    lines = [["ASSERTION", "AAECBQAA"], run]
    for record in RECORDS:
        if isinstance(record, Call):
            start, end = STARTED_MS + record.start_ms, STARTED_MS + record.end_ms if record.end_ms is not None else -(2**63)
            status = "KO" if record.error else "OK"
            message = record.error.replace("\t", " ") or " "
            lines.append(["REQUEST", *who, ",".join(record.groups), record.name, str(start), str(end), status, message])
        elif isinstance(record, Grouped):
            times = (STARTED_MS + record.start_ms, STARTED_MS + record.end_ms, record.end_ms - record.start_ms)
            lines.append(["GROUP", *who, ",".join(record.groups), *map(str, times), "OK" if record.ok else "KO"])
        elif record == "crash":
            lines.append(["ERROR", "No attribute named 'basket' is defined ", str(STARTED_MS + 60_900)])
        else:
            lines.append(["USER", "Browse", record.upper(), str(STARTED_MS)])
    return "".join("\t".join(line) + "\n" for line in lines)


def numbers(calls: Sequence[Call]) -> dict[str, Any]:
    """The statistics of one page of the report: all, answered well, answered badly."""
    times = {
        "total": [call.end_ms - call.start_ms for call in calls if call.end_ms is not None],
        "ok": [call.end_ms - call.start_ms for call in calls if call.end_ms is not None and not call.error],
        "ko": [call.end_ms - call.start_ms for call in calls if call.end_ms is not None and call.error],
    }

    def each(measure: Any) -> dict[str, Any]:
        return {which: measure(sorted(values)) if values else 0 for which, values in times.items()}

    def rank(percent: int) -> Any:
        return lambda values: values[math.ceil(len(values) * percent / 100) - 1]

    return {
        "numberOfRequests": each(len),
        "minResponseTime": each(min),
        "maxResponseTime": each(max),
        "meanResponseTime": each(lambda values: round(statistics.fmean(values))),
        "standardDeviation": each(lambda values: round(statistics.pstdev(values))),
        **{f"percentiles{place}": each(rank(percent)) for place, percent in enumerate((50, 75, 95, 99), start=1)},
        **{
            f"group{place}": {"name": name, "htmlName": name, "count": 0, "percentage": 0}
            for place, name in enumerate(("fast", "slow", "slower", "failed"), start=1)
        },
        "meanNumberOfRequestsPerSecond": each(lambda values: len(values) / 61),
    }


def stats() -> dict[str, Any]:
    """js/stats.json: groups hold requests and groups."""
    calls = [record for record in RECORDS if isinstance(record, Call) and record.end_ms is not None]
    root: dict[str, Any] = node("GROUP", "All Requests", (), calls)
    for groups in dict.fromkeys(call.groups[:depth] for call in calls for depth in range(1, len(call.groups) + 1)):
        place(root, groups[:-1])["contents"][f"group_{'-'.join(groups)}"] = node("GROUP", groups[-1], groups[:-1], [])
    for groups, name in dict.fromkeys((call.groups, call.name) for call in calls):
        same = [call for call in calls if (call.groups, call.name) == (groups, name)]
        place(root, groups)["contents"][f"req_{name}"] = node("REQUEST", name, groups, same)
    return root


def place(root: dict[str, Any], groups: Sequence[str]) -> dict[str, Any]:
    """The node of a path of groups."""
    found = root
    for depth in range(1, len(groups) + 1):
        found = found["contents"][f"group_{'-'.join(groups[:depth])}"]
    return found


def node(kind: str, name: str, groups: Sequence[str], calls: Sequence[Call]) -> dict[str, Any]:
    """A group or a request."""
    path = " / ".join([*groups, name]) if name != "All Requests" else ""
    written = {"type": kind, "name": name, "path": path, "pathFormatted": f"x_{path}", "stats": {"name": name, **numbers(calls)}}
    return written | ({"contents": {}} if kind == "GROUP" else {})


def main() -> None:
    """Writes every file anew."""
    for folder in ("gatling_log", "gatling_text", "gatling_stats"):
        (FOLDER / folder).mkdir(exist_ok=True)
    (FOLDER / "gatling_log" / "simulation.log").write_bytes(binary())
    for generation, name in ((2, "gatling_2_3"), (30, "gatling_3_0"), (39, "gatling_3_9")):
        (FOLDER / "gatling_text" / f"{name}.log").write_text(text(generation), encoding="utf-8")
    (FOLDER / "gatling_stats" / "stats.json").write_text(json.dumps(stats(), indent=4, ensure_ascii=False) + "\n", encoding="utf-8")
    summary = {"name": "All Requests", **numbers([record for record in RECORDS if isinstance(record, Call)])}
    (FOLDER / "gatling_stats" / "global_stats.json").write_text(json.dumps(summary, indent=4) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
