"""What EXPLAIN's keys mean. Nodes with the same keys in the same order are of one form: what to make of their values is found out once."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence, Set
from functools import lru_cache
from operator import itemgetter
from typing import Any

SAID = {
    "node_type": "Node Type",
    "relation": "Relation Name",
    "index_name": "Index Name",
    "relationship": "Parent Relationship",
    "subplan": "Subplan Name",
    "loops": "Actual Loops",
    "rows_estimated": "Plan Rows",
    "rows_actual": "Actual Rows",
}
"""Columns that are what EXPLAIN says."""
BUFFERS = {
    "shared_hit": "Shared Hit Blocks",
    "shared_read": "Shared Read Blocks",
    "shared_dirtied": "Shared Dirtied Blocks",
    "shared_written": "Shared Written Blocks",
    "local_hit": "Local Hit Blocks",
    "local_read": "Local Read Blocks",
    "temp_read": "Temp Read Blocks",
    "temp_written": "Temp Written Blocks",
}
SORT_KEY = "Sort Key"
CONDITIONS = (
    *("Index Cond", "Recheck Cond", "Filter", "Hash Cond", "Merge Cond", "Join Filter", "TID Cond", "One-Time Filter"),
    "Order By",
)
REMOVED = ("Rows Removed by Filter", "Rows Removed by Join Filter", "Rows Removed by Index Recheck")
IO_TIMES = tuple(f"{kind}I/O {way} Time" for kind in ("", "Shared ", "Local ", "Temp ") for way in ("Read", "Write"))
"""Up to version 14 of one kind; 15 and 16 add the temporary files, 17 names the shared and the local ones."""
ESTIMATES = frozenset({"Plan Rows", "Plan Width", "Startup Cost", "Total Cost"})
COUNTED = frozenset(
    {
        *("Actual Startup Time", "Actual Total Time", "Actual Rows", "Actual Loops", *REMOVED, *IO_TIMES),
        *(f"{kind} {what} Blocks" for kind in ("Shared", "Local", "Temp") for what in ("Hit", "Read", "Dirtied", "Written")),
    }
)
TEXTS = frozenset({"Relation Name", "Index Name", "Parent Relationship", "Subplan Name", "CTE Name"})
SHOWN_APART = frozenset(
    {"Plans", "Node Type", "Relation Name", "Index Name", SORT_KEY, "Actual Total Time", "Plan Rows", "Actual Rows", "Actual Loops"}
)
LEFT_OUT_WHEN_ZERO = re.compile(
    r".* Blocks|.*I/O (?:Read|Write) Time|WAL .*|Rows Removed by .*|Subplans Removed|Planned Partitions|Disk Usage|Tuples .*"
)
"""JSON says so many zeros; text leaves them out."""
FORMS = 1000
"""So many are remembered; a server writes some dozens."""

Values = tuple[Any, ...]
"""What stands in a node, in its own order, and None at the end."""


class Form:
    """Where in a node's values what stands."""

    def __init__(self, keys: Sequence[str]) -> None:
        places = {key: place for place, key in enumerate(keys)}
        self.columns = itemgetter(*(places.get(key, len(keys)) for key in (*SAID.values(), *BUFFERS.values(), SORT_KEY)))
        """A value for each of these keys, None where there is no such key."""
        self.numbers = _taking(places, [key for key in keys if key in COUNTED | ESTIMATES])
        self.texts = _taking(places, [key for key in keys if key in TEXTS])
        self.removed = _taking(places, [key for key in REMOVED if key in places])
        self.io_times = _taking(places, [key for key in IO_TIMES if key in places])
        self.has_io_times = any(key in places for key in IO_TIMES)
        self.condition_keys = [key for key in CONDITIONS if key in places]
        self.conditions = _taking(places, self.condition_keys)
        self.is_executed = "Actual Loops" in places
        self.details = _details(keys, SHOWN_APART)


class Details:
    """What has no column of its own; False, nothing and such zeros as text leaves out say no more than a key that is not there."""

    def __init__(self, keys: Sequence[str], apart: Set[str] = frozenset()) -> None:
        self._keys = [key for key in keys if key not in apart]
        self._values = _taking({key: place for place, key in enumerate(keys)}, self._keys)
        self._at_zero = [LEFT_OUT_WHEN_ZERO.fullmatch(key) is None for key in self._keys]

    def of(self, values: Values) -> dict[str, Any]:
        """By key."""
        told = {
            key: value
            for key, value, at_zero in zip(self._keys, self._values(values), self._at_zero, strict=True)
            if value or (at_zero and value is not False and value == 0)
        }
        if isinstance(told.get("Workers"), list):
            told["Workers"] = [details_of(worker) if isinstance(worker, dict) else worker for worker in told["Workers"]]
        return told


def details_of(facts: Mapping[str, Any], apart: Set[str] = frozenset()) -> dict[str, Any]:
    """Of a worker or of the whole plan."""
    return _details(tuple(facts), apart).of(tuple(facts.values()))


def formed(nodes: Sequence[Mapping[str, Any]]) -> list[tuple[Form, Values]]:
    """Every node's form and values."""
    return [(_form(tuple(node)), (*node.values(), None)) for node in nodes]


_form = lru_cache(maxsize=FORMS)(Form)
_details = lru_cache(maxsize=FORMS)(Details)


def _taking(places: Mapping[str, int], keys: Sequence[str]) -> Callable[[Values], Values]:
    """Takes the values of some keys, be it of none or of one."""
    if len(keys) > 1:
        return itemgetter(*(places[key] for key in keys))
    return itemgetter(slice(places[keys[0]], places[keys[0]] + 1) if keys else slice(0))
