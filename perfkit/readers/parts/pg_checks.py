"""What cannot be in a plan that PostgreSQL explained: refused with its place before a row is made of it."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from perfkit.errors import ArtefactError
from perfkit.readers.parts.pg_forms import COUNTED, ESTIMATES, TEXTS, Form, Values, formed

COUNTED_AT_MOST = 1e18
"""Beyond it products of counted numbers leave the range in which they can be stored."""
NUMBERS: Mapping[str, float] = {**dict.fromkeys(ESTIMATES, sys.float_info.max), **dict.fromkeys(COUNTED, COUNTED_AT_MOST)}
"""The most that each can be."""
PLAIN = frozenset({int, float})
TEXT_OR_NONE = frozenset({str, type(None)})
WHOLE_NUMBERS = ("Planning Time", "Execution Time", "Total Runtime", "Cold Execution Time", "Cold Planning Time", "Nested In")
WHOLE_TEXTS = ("Query Text", "Name")


def checked(explained: Mapping[str, Any], where: str) -> list[tuple[Form, Values]]:
    """The plan's nodes in pre-order; raises for what is wrong of the plan as a whole, of its shape, or of what a node says."""
    _check_whole(explained, where)
    nodes = _nodes(explained.get("Plan"), where)
    found = formed(nodes)
    if not _all_right(found):
        for number, node in enumerate(nodes):
            _check_node(node, f"{where}, node {number}")
    return found


def _check_whole(explained: Mapping[str, Any], where: str) -> None:
    for key in WHOLE_NUMBERS:
        if explained.get(key) is not None:
            _check_number(key, explained[key], where)
    for key in WHOLE_TEXTS:
        if not isinstance(explained.get(key, ""), str | None):
            raise ArtefactError(f"{where}: {key} is {_shown(explained[key])}, not a text.")


def _nodes(plan: Any, where: str) -> list[dict[str, Any]]:
    waiting, nodes = [plan], list[dict[str, Any]]()
    while waiting:
        node = waiting.pop()
        if not isinstance(node, dict) or not isinstance(node.get("Node Type"), str):
            raise ArtefactError(f"{where}, node {len(nodes)}: a node without a Node Type.")
        below = node.get("Plans")
        if below:
            if not isinstance(below, list):
                raise ArtefactError(f"{where}, node {len(nodes)}: the Plans below a {node['Node Type']} are {_shown(below)}, not a list.")
            waiting += reversed(below)
        nodes.append(node)
    return nodes


def _all_right(nodes: Sequence[tuple[Form, Values]]) -> bool:
    """A quick look at all nodes at once; False: one of them may be wrong."""
    numbers, texts = list[Any](), list[Any]()
    for form, values in nodes:
        numbers += form.numbers(values)
        texts += form.texts(values)
    return (
        TEXT_OR_NONE.issuperset(map(type, texts))
        and PLAIN.issuperset(map(type, numbers))
        and min(numbers, default=0) >= 0
        and max(numbers, default=0) <= COUNTED_AT_MOST
    )


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
