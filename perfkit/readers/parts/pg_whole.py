"""The lines of EXPLAIN's text that speak of a plan as a whole: times, triggers, JIT, settings, serialization."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from perfkit.readers.parts.pg_properties import amounts, buffers, facts_of, io_timings
from perfkit.readers.parts.pg_words import number

TIMES = re.compile(r"^(?P<key>Planning Time|Planning time|Execution Time|Execution time|Total runtime|Total Runtime): (?P<ms>[\d.]+) ms$")
TIME_KEYS = {"planning time": "Planning Time", "execution time": "Execution Time", "total runtime": "Total Runtime"}
TRIGGER = re.compile(
    r"^Trigger(?: (?!for constraint )(?P<name>.+?))?(?: for constraint (?P<constraint>.+?))?(?: on (?P<relation>.+?))?"
    r": (?:time=(?P<ms>[\d.]+) )?calls=(?P<calls>\d+)$"
)
SERIALIZATION = re.compile(r"^Serialization: (?:time=(?P<ms>[\d.]+) ms  )?output=(?P<kb>\d+)kB  format=(?P<format>\w+)$")
SETTING = re.compile(r"(?P<name>[\w.]+) = '(?P<value>(?:[^']|'')*)'")
JIT_TIME = re.compile(r"(?P<what>[A-Z][a-z]+) (?P<ms>[\d.]+) ms(?: \((?P<part>[A-Z][a-z]+) (?P<part_ms>[\d.]+) ms\))?")
BLOCKS = {"Planning:": "Planning", "JIT:": "JIT"}
TEXTS = ("Query Identifier", "Settings")


def facts_of_the_whole(text: str) -> tuple[dict[str, Any], str | None] | None:
    """What such a line says, and the block that it opens; None when it is none."""
    if text in BLOCKS:
        return {}, BLOCKS[text]
    if times := TIMES.match(text):
        return {TIME_KEYS[times["key"].lower()]: float(times["ms"])}, None
    if text.startswith("Trigger") and (trigger := TRIGGER.match(text)):
        return {"Triggers": [_trigger(trigger)]}, None
    if serialization := SERIALIZATION.match(text):
        time = {"Time": float(serialization["ms"])} if serialization["ms"] else {}
        return {"Serialization": {**time, "Output Volume": int(serialization["kb"]), "Format": serialization["format"]}}, "Serialization"
    if text.startswith("Settings: "):
        return {"Settings": {match["name"]: match["value"].replace("''", "'") for match in SETTING.finditer(text)}}, None
    if text.startswith("Query Identifier: "):
        return {"Query Identifier": number(text.partition(": ")[2])}, None
    return None


def block_facts(text: str) -> dict[str, Any] | None:
    """A line within the blocks Planning, JIT and Serialization."""
    key, separator, value = text.partition(": ")
    if not separator:
        return None
    if key == "Buffers":
        return dict(buffers(value))
    if key == "I/O Timings":
        return dict(io_timings(value))
    if key == "Memory":
        return amounts(value, {"used": "Memory Used", "allocated": "Memory Allocated"})
    if key == "Options":
        return {"Options": {name: said == "true" for name, _, said in (option.partition(" ") for option in value.split(", "))}}
    if key == "Timing":
        return {"Timing": _jit_times(value)}
    return facts_of(text, {})


def _trigger(match: re.Match[str]) -> dict[str, Any]:
    names = {"Trigger Name": match["name"], "Constraint Name": match["constraint"], "Relation": match["relation"]}
    time = {"Time": float(match["ms"])} if match["ms"] else {}
    return {**{key: name for key, name in names.items() if name}, **time, "Calls": int(match["calls"])}


def _jit_times(value: str) -> Mapping[str, Any]:
    return {
        match["what"]: {match["part"]: float(match["part_ms"]), "Total": float(match["ms"])} if match["part"] else float(match["ms"])
        for match in JIT_TIME.finditer(value)
    }
