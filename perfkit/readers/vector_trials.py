"""Trials of vector searches as `perfkit collect vectors` leaves them: one JSON document, one row a setting."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from perfkit.errors import ArtefactError
from perfkit.model.artefact import Head
from perfkit.model.batch import Batch, Columns
from perfkit.readers.parts.parsing import amount, json_of, refuse, require_keys, whole_amount

NAME = "perfkit-vectors"
KIND = "vectors"
TOOL = "perfkit.vectors"
ABOUT = "trials of `perfkit collect vectors`: recall, latency and cost by setting, JSON"
BY_LINE = False

FORMAT = 1
COUNTS = ("row_count", "lists", "probes", "m", "ef_construction", "ef_search", "queries")
NUMBERS = ("recall", "returned", "p50_ms", "p95_ms", "p99_ms", "mean_ms", "queries_per_s", "build_ms", "bytes", "buffers")
FLAGS = ("index_used", "in_place")
REQUIRED = ("method", "in_place", "row_count", "queries", "recall", "returned", "p50_ms", "p95_ms", "mean_ms", "queries_per_s")
MOST = 2**32 - 1
"""What a column for a setting holds."""


def sniff(head: Head) -> bool:
    """The first key."""
    return bool(re.match(r'\s*\{\s*"perfkit_vector_trials":\s*\d', head.text.lstrip("\ufeff")))


def read(path: Path) -> Iterator[Batch]:
    """Every trial, in the order in which they were made."""
    keys = ("perfkit_vector_trials", "source", "metric", "dimensions", "k", "trials")
    document = require_keys(path, NAME, json_of(path, NAME), keys)
    if document["perfkit_vector_trials"] != FORMAT or isinstance(document["perfkit_vector_trials"], bool):
        raise refuse(path, NAME, f"form {document['perfkit_vector_trials']!r}; known is form {FORMAT}.")
    if not isinstance(document["trials"], list):
        raise refuse(path, NAME, "trials is no list.")
    if not all(isinstance(document[name], str) for name in ("source", "metric")):
        raise refuse(path, NAME, "source and metric must be texts.")
    shared = {
        "source": document["source"],
        "metric": document["metric"],
        "dimensions": _count(path, document["dimensions"], "dimensions"),
        "k": _count(path, document["k"], "k"),
        "wanted_recall": _share(path, document.get("wanted_recall"), "wanted_recall"),
    }
    rows = [{"trial": number, **shared, **_trial(path, number, item)} for number, item in enumerate(document["trials"])]
    names = ("trial", *shared, "method", *COUNTS, *NUMBERS, *FLAGS)
    yield Columns("vector_trials", {name: [row.get(name) for row in rows] for name in names})


def _trial(path: Path, number: int, item: Any) -> Mapping[str, Any]:
    row = require_keys(path, NAME, item, REQUIRED)
    if not isinstance(row["method"], str) or not row["method"]:
        raise _wrong(path, number, "method must be a text")
    if not isinstance(row.get("index_used"), bool | None) or not isinstance(row["in_place"], bool):
        raise _wrong(path, number, "index_used and in_place must be true or false")
    counts = {name: _count(path, row[name], name) for name in COUNTS if row.get(name) is not None}
    numbers = {name: amount(path, NAME, row[name]) for name in NUMBERS if row.get(name) is not None}
    if set(REQUIRED) - {"method", "in_place"} - counts.keys() - numbers.keys():
        raise _wrong(path, number, f"one of {', '.join(REQUIRED)} is null")
    _share(path, numbers["recall"], "recall")
    if counts["queries"] == 0:
        raise _wrong(path, number, "a trial without queries measured nothing")
    return {"method": row["method"], **{name: row.get(name) for name in FLAGS}, **counts, **numbers}


def _count(path: Path, value: Any, name: str) -> int:
    found = whole_amount(path, NAME, value)
    if found > MOST:
        raise refuse(path, NAME, f"{name} is {found}, too many to be true.")
    return found


def _share(path: Path, value: Any, name: str) -> float | None:
    if value is None:
        return None
    found = amount(path, NAME, value)
    if found > 1:
        raise refuse(path, NAME, f"{name} is {found:g}, but a share is at most 1.")
    return found


def _wrong(path: Path, number: int, reason: str) -> ArtefactError:
    return refuse(path, NAME, f"trial {number} of the list: {reason}.")
