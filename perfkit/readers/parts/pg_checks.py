"""What cannot be in a plan that PostgreSQL explained: refused with its place before a row is made of it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from perfkit.errors import ArtefactError

COUNTED_AT_MOST = 1e18
"""Beyond it products of counted numbers leave the range in which they can be stored."""
ESTIMATES = frozenset({"Plan Rows", "Plan Width", "Startup Cost", "Total Cost"})
COUNTED = frozenset(
    {
        *("Actual Startup Time", "Actual Total Time", "Actual Rows", "Actual Loops"),
        *("Rows Removed by Filter", "Rows Removed by Join Filter", "Rows Removed by Index Recheck"),
        *(f"{kind} {what} Blocks" for kind in ("Shared", "Local", "Temp") for what in ("Hit", "Read", "Dirtied", "Written")),
        *(f"{kind}I/O {way} Time" for kind in ("", "Shared ", "Local ", "Temp ") for way in ("Read", "Write")),
    }
)
NUMBERS: Mapping[str, float] = {**dict.fromkeys(ESTIMATES, sys.float_info.max), **dict.fromkeys(COUNTED, COUNTED_AT_MOST)}
"""The most that each can be."""
PLAIN = frozenset({int, float})
TEXTS = frozenset({"Relation Name", "Index Name", "Parent Relationship", "Subplan Name", "CTE Name"})
WHOLE_NUMBERS = ("Planning Time", "Execution Time", "Total Runtime", "Cold Execution Time", "Cold Planning Time", "Nested In")
WHOLE_TEXTS = ("Query Text", "Name")


def check_plan(explained: Mapping[str, Any], where: str) -> None:
    """What is said of the plan as a whole, then every node in pre-order."""
    for key in WHOLE_NUMBERS:
        if explained.get(key) is not None:
            _check_number(key, explained[key], where)
    for key in WHOLE_TEXTS:
        if not isinstance(explained.get(key, ""), str | None):
            raise ArtefactError(f"{where}: {key} is {_shown(explained[key])}, not a text.")
    waiting: list[Any] = [explained.get("Plan")]
    number = 0
    while waiting:
        node = waiting.pop()
        if not isinstance(node, dict) or not isinstance(node.get("Node Type"), str):
            raise ArtefactError(f"{where}, node {number}: a node without a Node Type.")
        _check_node(node, f"{where}, node {number}")
        below = node.get("Plans")
        if below:
            if not isinstance(below, list):
                raise ArtefactError(f"{where}, node {number}: the Plans below a {node['Node Type']} are {_shown(below)}, not a list.")
            waiting += reversed(below)
        number += 1


def _check_node(facts: Mapping[str, Any], where: str) -> None:
    """Numbers are numbers that can have been counted, names are texts."""
    for key, value in facts.items():
        most = NUMBERS.get(key)
        if most is None:
            if key in TEXTS and not isinstance(value, str | None):
                raise ArtefactError(f"{where}: {key} is {_shown(value)}, not a text.")
        elif not (type(value) in PLAIN and 0 <= value <= most):
            _check_number(key, value, f"{where} ({facts['Node Type']})")


def _check_number(key: str, value: Any, where: str) -> None:
    most = NUMBERS.get(key, COUNTED_AT_MOST)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ArtefactError(f"{where}: {key} is {_shown(value)}, not a number.")
    if not 0 <= value <= most:  # also false for NaN
        raise ArtefactError(f"{where}: {key} is {_shown(value)}, which cannot have been measured.")


def _shown(value: Any) -> str:
    return repr(value)[:40]
