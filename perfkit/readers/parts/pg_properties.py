"""The properties below a node in EXPLAIN's text → the keys and values of its JSON."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from perfkit.readers.parts.pg_words import listed, number

PROPERTY = re.compile(r"^(?P<key>[A-Z][A-Za-z0-9/-]*(?: [A-Za-z0-9/-]+){0,4}):(?: +(?P<value>.*))?$")
NUMBER = re.compile(r"^-?\d+(\.\d+)?$")
PAIR = re.compile(r"(?P<key>[A-Za-z][A-Za-z -]*?)[:=] ?(?P<value>[\d.]+)(?P<unit>kB)?(?: \(originally (?P<original>\d+)\))?")
LISTS = frozenset({"Output", "Sort Key", "Presorted Key", "Group Key", "Hash Key", "Params Evaluated", "Conflict Arbiter Indexes"})
EXPRESSIONS = frozenset(
    {"Filter", "Index Cond", "Recheck Cond", "Hash Cond", "Merge Cond", "Join Filter", "One-Time Filter", "Order By", "Cache Key"}
)
TIMED = re.compile(r"(?P<kind>shared/local |shared |local |temp )?(?P<ways>(?:read|write)=[\d.]+(?: write=[\d.]+)?)")
SORT = re.compile(r"^(?P<method>.+?)  (?P<type>Memory|Disk): (?P<kb>\d+)kB$")
GROUPS = re.compile(
    r"^(?P<count>\d+)  Sort Methods?: (?P<methods>.*?)(?P<spaces>(?:  Average (?:Memory|Disk): \d+kB  Peak (?:Memory|Disk): \d+kB)*)$"
)
SPACE = re.compile(r"Average (?P<type>Memory|Disk): (?P<average>\d+)kB  Peak (?:Memory|Disk): (?P<peak>\d+)kB")
HASH = {"Buckets": "Hash Buckets", "Batches": "Hash Batches", "Memory Usage": "Peak Memory Usage"}
HASHED_AGGREGATE = {"Batches": "HashAgg Batches", "Memory Usage": "Peak Memory Usage"}
MEMOIZE = {
    "Hits": "Cache Hits",
    "Misses": "Cache Misses",
    "Evictions": "Cache Evictions",
    "Overflows": "Cache Overflows",
    "Memory Usage": "Peak Memory Usage",
}
WAL = {"records": "WAL Records", "fpi": "WAL FPI", "bytes": "WAL Bytes", "buffers full": "WAL Buffers Full"}
MERGED = ("inserted", "updated", "deleted", "skipped")
SAMPLING = re.compile(r"^(?P<method>\w+) \((?P<parameters>.*?)\)(?: REPEATABLE \((?P<seed>.*)\))?$")


def facts_of(text: str, node: Mapping[str, Any]) -> dict[str, Any] | None:
    """The facts of one line below a node; None when it is no property."""
    match = PROPERTY.match(text)
    if match is None:
        return None
    key, value = match["key"], match["value"] or ""
    if key in SPECIAL:
        return SPECIAL[key](text, value, node)
    return {key: plain(key, value)}


def plain(key: str, value: str) -> Any:
    """A property's value as JSON has it."""
    if key in LISTS:
        return listed(value)
    if key not in EXPRESSIONS:
        if value in ("true", "false"):
            return value == "true"
        if NUMBER.match(value):
            return number(value)
    return value


def buffers(value: str) -> dict[str, int]:
    """shared hit=1 read=2, temp written=3"""
    found = {}
    for part in value.split(", "):
        kind, *counts = part.split()
        for count in counts:
            what, _, blocks = count.partition("=")
            found[f"{kind.title()} {what.title()} Blocks"] = int(blocks)
    return found


def io_timings(value: str) -> dict[str, float]:
    """read=0.1 up to version 14, shared/local read=0.1 in 15 and 16, shared read=0.1 from 17 on."""
    found = {}
    for match in TIMED.finditer(value):
        kind = {"shared/local": ""}.get((match["kind"] or "").strip(), (match["kind"] or "").strip().title())
        for way in match["ways"].split():
            what, _, time_ms = way.partition("=")
            found[f"{kind} I/O {what.title()} Time".strip()] = float(time_ms)
    return found


def amounts(text: str, names: Mapping[str, str]) -> dict[str, Any]:
    """Key: 5  Other Key: 7kB, under the names that JSON has for them."""
    found: dict[str, Any] = {}
    for pair in PAIR.finditer(text):
        key = pair["key"].strip()
        found[names.get(key, key)] = number(pair["value"])
        if pair["original"]:
            found[f"Original {names.get(key, key)}"] = int(pair["original"])
    return found


def _buffers(_text: str, value: str, _node: Mapping[str, Any]) -> dict[str, Any]:
    return dict(buffers(value))


def _io(_text: str, value: str, _node: Mapping[str, Any]) -> dict[str, Any]:
    return dict(io_timings(value))


def _sort_method(_text: str, value: str, _node: Mapping[str, Any]) -> dict[str, Any]:
    match = SORT.match(value)
    if match is None:
        return {"Sort Method": value}
    return {"Sort Method": match["method"], "Sort Space Used": int(match["kb"]), "Sort Space Type": match["type"]}


def _sort_groups(text: str, value: str, _node: Mapping[str, Any]) -> dict[str, Any]:
    match = GROUPS.match(value)
    key = text.split(":", 1)[0]
    if match is None:
        return {key: value}
    spaces = {
        f"Sort Space {space['type']}": {"Average Sort Space Used": int(space["average"]), "Peak Sort Space Used": int(space["peak"])}
        for space in SPACE.finditer(match["spaces"])
    }
    return {key: {"Group Count": int(match["count"]), "Sort Methods Used": match["methods"].split(", "), **spaces}}


def _hash(text: str, _value: str, node: Mapping[str, Any]) -> dict[str, Any]:
    if node.get("Node Type") != "Hash":
        return amounts(text, HASHED_AGGREGATE)
    found = amounts(text, HASH)
    return {**{f"Original {key}": found[key] for key in ("Hash Buckets", "Hash Batches") if key in found}, **found}


def _memoize(text: str, _value: str, _node: Mapping[str, Any]) -> dict[str, Any]:
    return amounts(text, MEMOIZE)


def _heap_blocks(_text: str, value: str, _node: Mapping[str, Any]) -> dict[str, Any]:
    return {f"{key.title()} Heap Blocks": int(blocks) for key, _, blocks in (part.partition("=") for part in value.split())}


def _wal(_text: str, value: str, _node: Mapping[str, Any]) -> dict[str, Any]:
    return amounts(value, WAL)


def _storage(text: str, _value: str, _node: Mapping[str, Any]) -> dict[str, Any]:
    where, _, most = text.partition("  ")
    return {"Storage": where.removeprefix("Storage: "), **amounts(most, {})}


def _merged(_text: str, value: str, _node: Mapping[str, Any]) -> dict[str, Any]:
    counts = dict(part.split("=") for part in value.split())
    return {f"Tuples {what.title()}": int(counts.get(what, 0)) for what in MERGED}


def _sampling(_text: str, value: str, _node: Mapping[str, Any]) -> dict[str, Any]:
    match = SAMPLING.match(value)
    if match is None:
        return {"Sampling Method": value}
    seed = {"Repeatable Seed": match["seed"]} if match["seed"] else {}
    return {"Sampling Method": match["method"], "Sampling Parameters": listed(match["parameters"]), **seed}


SPECIAL: Mapping[str, Callable[[str, str, Mapping[str, Any]], dict[str, Any]]] = {
    "Buffers": _buffers,
    "I/O Timings": _io,
    "Sort Method": _sort_method,
    "Full-sort Groups": _sort_groups,
    "Pre-sorted Groups": _sort_groups,
    "Buckets": _hash,
    "Batches": _hash,
    "Planned Partitions": _hash,
    "Memory Usage": _hash,
    "Hits": _memoize,
    "Heap Blocks": _heap_blocks,
    "WAL": _wal,
    "Storage": _storage,
    "Tuples": _merged,
    "Sampling": _sampling,
}
