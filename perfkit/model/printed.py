"""A number that a tool printed: what it states, and between which true values it leaves us."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Printed:
    """A row of the table reported."""

    endpoint: str | None
    """None is the total of all."""
    stat: str
    value: float | None
    """In the row's unit; None where the tool names a thing without a number."""
    lo: float | None
    hi: float | None
    """Smallest and largest true value that would be printed so; both None where the tool estimates and states no bounds."""
    unit: str
    about: str | None = None
    """What a count counts or a threshold demands."""
    method: str | None = None

    @classmethod
    def exactly(cls, stat: str, value: float, unit: str, about: str | None = None, endpoint: str | None = None) -> Self:
        """A number that lost nothing when it was printed."""
        number = float(value)
        return cls(endpoint, stat, number, number, number, unit, about)

    @classmethod
    def roughly(cls, stat: str, value: float | None, unit: str, about: str | None = None, endpoint: str | None = None) -> Self:
        """An estimate without bounds."""
        return cls(endpoint, stat, value, None, None, unit, about)
