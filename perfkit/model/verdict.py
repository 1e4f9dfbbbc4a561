"""A verdict is a target held against a metric: met, missed, inconclusive or no_data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Verdict:
    """One target judged for one subject."""

    system: str
    label: str | None
    target: str
    metric: str
    subject: str | None
    value: float | None
    lo: float | None
    hi: float | None
    unit: str
    n: int
    verdict: str
    must_be: str
    limit: float
    runs: tuple[str, ...]
    why: str | None
    """What the numbers alone do not say."""
    reject: float | None = None
    """The second, harder limit of the target."""
    rejected: bool = False
    """Beyond the harder limit, too."""
    reading_of: str | None = None
    """The sentence that the target is one of several readings of."""
    scope: str | None = None
    source: str | None = None
