"""The envelope in which perfkit collect plans leaves plans of engines that write no file themselves: one JSON object, the engine's answers inside."""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from perfkit.model.artefact import Head
from perfkit.readers.parts.parsing import refuse

MARK = "perfkit_plans"
VERSION = 1
ENGINE = re.compile(r'"engine"\s*:\s*"(\w+)"')
DEEPEST = 10_000
"""No engine nests its operators deeper; beyond it a file was made to do harm."""


def engine_in(head: Head) -> str | None:
    """The engine that an envelope names in its first bytes; None when it is no envelope."""
    text = head.text.lstrip("\ufeff \t\r\n")
    if text[:1] != "{" or f'"{MARK}"' not in text:
        return None
    named = ENGINE.search(text)
    return named[1] if named else None


def is_envelope(document: Any) -> bool:
    """Whether the document says of itself that it is one."""
    return isinstance(document, dict) and MARK in document


def entries(path: Path, name: str, document: Mapping[str, Any], engine: str) -> list[dict[str, Any]]:
    """The plans of an envelope, each with usable name, statement and times."""
    if document[MARK] != VERSION:
        raise refuse(path, name, f"its {MARK} is {document[MARK]!r}; this perfkit reads {VERSION}.")
    if document.get("engine") != engine:
        raise refuse(path, name, f"its plans are of {document.get('engine')!r}, not of {engine}.")
    plans = document.get("plans")
    if not isinstance(plans, list) or not plans:
        raise refuse(path, name, "it has no list of plans.")
    for number, plan in enumerate(plans):
        if not isinstance(plan, dict):
            raise refuse(path, name, f"plan {number} is no object.")
        for key in ("name", "statement", "version"):
            if not isinstance(plan.get(key), str | None):
                raise refuse(path, name, f"plan {number}: its {key} is {plan[key]!r}, not a text.")
        for key in ("execution_ms", "cold_ms", "planning_ms", "cold_planning_ms"):
            non_negative(path, name, plan.get(key), f"plan {number}: its {key}")
    return plans


def non_negative(path: Path, name: str, value: Any, what: str) -> float | None:
    """A finite number that is not below nought, or None where there is none."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise refuse(path, name, f"{what} is {str(value)[:40]!r}, not a number.")
    if not 0 <= value <= sys.float_info.max or math.isnan(value):
        raise refuse(path, name, f"{what} is {str(value)[:40]}: negative or not finite.")
    return float(value)


def as_details(facts: Mapping[str, Any]) -> str | None:
    """What the engine says beyond the columns, as the text that plans and plan_nodes keep; None when it says nothing."""
    known = {key: value for key, value in facts.items() if value not in (None, "", [], {})}
    return json.dumps(known, ensure_ascii=False) if known else None


def totals(parents: Sequence[int | None], own: Sequence[float]) -> list[float]:
    """Amounts with everything below, from own amounts of nodes in pre-order."""
    summed = list(own)
    for node in range(len(parents) - 1, 0, -1):
        parent = parents[node]
        if parent is not None:
            summed[parent] += summed[node]
    return summed
