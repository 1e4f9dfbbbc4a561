"""The outcome of one accuracy check of one variant, as a workflow leaves it: one JSON document, one row."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path

from perfkit.model.artefact import Head
from perfkit.model.batch import Batch, Columns
from perfkit.readers.parts.parsing import json_of, refuse, require_keys

NAME = "perfkit-accuracy"
KIND = "accuracy"
TOOL = "perfkit.accuracy"
ABOUT = "the outcome of an investigation's accuracy check, JSON"
BY_LINE = False

FORMAT = 1
KEYS = ("perfkit_accuracy", "asked", "passed", "number", "said")


def sniff(head: Head) -> bool:
    """The first key."""
    return bool(re.match(r'\s*\{\s*"perfkit_accuracy":\s*\d', head.text.lstrip("\ufeff")))


def read(path: Path) -> Iterator[Batch]:
    """What was asked, and the answer."""
    document = require_keys(path, NAME, json_of(path, NAME), KEYS)
    if document["perfkit_accuracy"] != FORMAT or isinstance(document["perfkit_accuracy"], bool):
        raise refuse(path, NAME, f"form {document['perfkit_accuracy']!r}; known is form {FORMAT}.")
    if not all(isinstance(document[name], str) for name in ("asked", "said")) or not isinstance(document["passed"], bool):
        raise refuse(path, NAME, "asked and said must be texts, passed true or false.")
    number = document["number"]
    if number is not None and (isinstance(number, bool) or not isinstance(number, int | float) or not math.isfinite(number)):
        raise refuse(path, NAME, "number must be a finite number, or null where the check gave none.")
    yield Columns("accuracy_checks", {name: [document[name]] for name in KEYS[1:]})
