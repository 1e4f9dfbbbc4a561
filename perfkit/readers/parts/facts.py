"""What a profile says of itself as a whole, as rows."""

from __future__ import annotations

from collections.abc import Iterable

from perfkit.model.batch import Columns

Fact = tuple[str, float, str]
"""Name, number, unit."""


def fact_rows(facts: Iterable[Fact]) -> Columns:
    """Rows of the table profile_facts."""
    found = list(facts)
    return Columns(
        "profile_facts",
        {"stat": [fact[0] for fact in found], "value": [fact[1] for fact in found], "unit": [fact[2] for fact in found]} if found else {},
    )
