"""The values with which a logged statement ran, as auto_explain writes them beside its text."""

from __future__ import annotations

import json
import re

from perfkit.model.plan import Plan

PARAMETER = re.compile(r"\$(?P<number>\d+) = (?:(?P<null>NULL)|'(?P<text>(?:[^']|'')*)')(?:, |$)", re.DOTALL)
SHORTENED = "..."
"""A value at the length that log_parameter_max_length allows ends so, and is not the value any more."""


def with_parameters(plan: Plan, statement: str) -> str:
    """The statement with its values in a comment, by which it can be executed again; as it was where they are not all known."""
    told = plan.facts.get("Query Parameters") if '"Query Parameters"' in (plan.head.details or "") else None
    values = parameters_of(told) if isinstance(told, str) else None
    return f"{statement}\n-- params: {json.dumps(values)}" if values else statement


def parameters_of(told: str) -> list[str | None] | None:
    """The values of $1, $2 … in order; None where one is missing or shortened."""
    values: list[str | None] = []
    end = 0
    for match in PARAMETER.finditer(told):
        text = None if match["null"] else match["text"].replace("''", "'")
        if match.start() != end or int(match["number"]) != len(values) + 1 or (text or "").endswith(SHORTENED):
            return None
        values.append(text)
        end = match.end()
    return values if values and end == len(told) else None
