"""The lines of EXPLAIN's text → the names and values that its JSON has for them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

COST = r"\(cost=(?P<startup>\d+\.\d+)\.\.(?P<total>\d+\.\d+) rows=(?P<rows>\d+) width=(?P<width>\d+)\)"
ACTUAL = (
    r"\((?:actual time=(?P<first>\d+\.\d+)\.\.(?P<last>\d+\.\d+) rows=|actual rows=)(?P<out>\d+(?:\.\d+)?) loops=(?P<loops>\d+)\)"
    r"|(?P<never>\(never executed\))"
)
MEASURES = re.compile(rf"\s*(?:{COST})?\s*(?:{ACTUAL})?$")
NO_MEASURES = re.compile(r"\s\([^)]*$|\s\((?:cost=|actual )")
"""Numbers that EXPLAIN does not write so, or that break off."""
WORKER = re.compile(r"^Worker (?P<worker>\d+):\s*(?P<rest>.*)$")
WORKER_ACTUAL = re.compile(r"^actual (?:time=(?P<first>\d+\.\d+)\.\.(?P<last>\d+\.\d+) )?rows=(?P<out>\d+(?:\.\d+)?) loops=(?P<loops>\d+)$")

IDENTIFIER = r'(?:"(?:[^"]|"")+"|[^\s."(]+)'
NAMED = re.compile(
    rf"^(?P<kind>.+?)(?: using (?P<index>{IDENTIFIER}))?"
    rf"(?: on (?:(?P<schema>{IDENTIFIER})\.)?(?P<object>{IDENTIFIER})(?: (?P<alias>{IDENTIFIER}))?)?$"
)
OPERATIONS = ("Insert", "Update", "Delete", "Merge")
JOIN = re.compile(r"^(?P<kind>Nested Loop|Hash|Merge)(?: (?P<type>Left|Full|Right|Semi|Anti|Right Semi|Right Anti))?(?P<join> Join)?$")
AGGREGATES = {"Aggregate": "Plain", "GroupAggregate": "Sorted", "HashAggregate": "Hashed", "MixedAggregate": "Mixed"}
SET_OPERATION = re.compile(r"^(?P<hashed>Hash)?SetOp(?: (?P<command>.+))?$")
OBJECT_KEYS = {
    "CTE Scan": "CTE Name",
    "WorkTable Scan": "CTE Name",
    "Function Scan": "Function Name",
    "Table Function Scan": "Table Function Name",
    "Named Tuplestore Scan": "Tuplestore Name",
}
ALIASED_ONLY = ("Subquery Scan", "Values Scan")


def node_of(text: str) -> dict[str, Any] | None:
    """The facts of a node's line without its arrow; None when it is not the line of a node."""
    measures = MEASURES.search(text)
    words = text[: measures.start()].strip() if measures else ""
    if measures is None or not words or NO_MEASURES.search(words):
        return None
    return {**described(words), **_estimates(measures), **_actuals(measures)}


def is_measured(text: str) -> bool:
    """Whether the line ends as only a node's line does."""
    return text.endswith(")") and (" (cost=" in text or " (actual " in text or " (never executed)" in text)


def described(words: str) -> dict[str, Any]:
    """What the words before a node's numbers say."""
    facts: dict[str, Any] = {}
    for prefix, key in (("Parallel ", "Parallel Aware"), ("Async ", "Async Capable")):
        if words.startswith(prefix):
            words, facts[key] = words.removeprefix(prefix), True
    if words.startswith("Custom Scan ("):
        provider, _, rest = words.removeprefix("Custom Scan (").partition(")")
        words, facts["Custom Plan Provider"] = "Custom Scan" + rest, provider
    named = NAMED.match(words)
    parts = named.groupdict() if named else {"kind": words}
    facts |= _kind(parts["kind"])
    facts |= _target(facts, {key: _unquoted(value) for key, value in parts.items() if value is not None and key != "kind"})
    return facts


def _kind(kind: str) -> dict[str, Any]:
    partial = next((mode for mode in ("Partial", "Finalize") if kind.startswith(f"{mode} ")), None)
    plain = kind.removeprefix(f"{partial} ") if partial else kind
    if plain in AGGREGATES:
        return {"Node Type": "Aggregate", "Strategy": AGGREGATES[plain], "Partial Mode": partial or "Simple"}
    join = JOIN.match(kind)
    if join and (join["join"] or kind == "Nested Loop"):
        return {"Node Type": f"{join['kind']} Join" if join["kind"] != "Nested Loop" else "Nested Loop", "Join Type": join["type"] or "Inner"}
    if set_operation := SET_OPERATION.match(kind):
        command = {"Command": set_operation["command"]} if set_operation["command"] else {}
        return {"Node Type": "SetOp", "Strategy": "Hashed" if set_operation["hashed"] else "Sorted", **command}
    if kind in OPERATIONS:
        return {"Node Type": "ModifyTable", "Operation": kind}
    if kind.startswith("Foreign "):
        operation = kind.removeprefix("Foreign ")
        return {"Node Type": "Foreign Scan", "Operation": operation if operation in OPERATIONS else "Select"}
    if kind.startswith(("Index Scan", "Index Only Scan")):
        return {"Node Type": kind.removesuffix(" Backward"), "Scan Direction": "Backward" if kind.endswith(" Backward") else "Forward"}
    return {"Node Type": kind}


def _target(facts: Mapping[str, Any], parts: Mapping[str, str]) -> dict[str, Any]:
    kind = facts["Node Type"]
    if "object" not in parts:
        return {"Index Name": parts["index"]} if "index" in parts else {}
    if kind == "Bitmap Index Scan":
        return {"Index Name": parts["object"]}
    if kind in ALIASED_ONLY:
        return {"Alias": parts["object"]}
    found = {"Index Name": parts["index"]} if "index" in parts else {}
    found[OBJECT_KEYS.get(kind, "Relation Name")] = parts["object"]
    if "schema" in parts:
        found["Schema"] = parts["schema"]
    return {**found, "Alias": parts.get("alias", parts["object"])}


def _estimates(match: re.Match[str]) -> dict[str, Any]:
    if match["startup"] is None:
        return {}
    return {
        "Startup Cost": float(match["startup"]),
        "Total Cost": float(match["total"]),
        "Plan Rows": int(match["rows"]),
        "Plan Width": int(match["width"]),
    }


def _actuals(match: re.Match[str]) -> dict[str, Any]:
    if match["never"]:
        return {"Actual Rows": 0, "Actual Loops": 0}
    if match["loops"] is None:
        return {}
    times = {"Actual Startup Time": float(match["first"]), "Actual Total Time": float(match["last"])} if match["first"] else {}
    return {**times, "Actual Rows": number(match["out"]), "Actual Loops": int(match["loops"])}


def worker_of(text: str) -> tuple[int, dict[str, Any], str] | None:
    """A worker's number, its times, and what else stands in its line."""
    match = WORKER.match(text)
    if match is None:
        return None
    actual = WORKER_ACTUAL.match(match["rest"])
    if actual is None:
        return int(match["worker"]), {}, match["rest"]
    times = {"Actual Startup Time": float(actual["first"]), "Actual Total Time": float(actual["last"])} if actual["first"] else {}
    return int(match["worker"]), {**times, "Actual Rows": number(actual["out"]), "Actual Loops": int(actual["loops"])}, ""


def number(text: str) -> float | int:
    """A whole number stays one, as in JSON."""
    return float(text) if "." in text else int(text)


def listed(text: str) -> list[str]:
    """Expressions between commas that are in no bracket and no quotes."""
    items, depth, start, quote = [], 0, 0, ""
    for position, character in enumerate(text):
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character in "([":
            depth += 1
        elif character in ")]":
            depth -= 1
        elif character == "," and depth == 0:
            items.append(text[start:position].strip())
            start = position + 1
    return [*items, text[start:].strip()]


def _unquoted(identifier: str) -> str:
    return identifier[1:-1].replace('""', '"') if identifier.startswith('"') else identifier
