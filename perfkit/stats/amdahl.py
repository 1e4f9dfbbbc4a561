"""Amdahl's law: what the whole gains when a part of it becomes faster."""

from __future__ import annotations

import math

FREE = math.inf
"""So many times faster takes no time at all."""


def saved_share(share: float, times: float = FREE) -> float:
    """Of the whole, when a part of that share becomes so many times faster."""
    return share * (1 - 1 / times)


def speed_up(share: float, times: float = FREE) -> float:
    """How many times faster the whole becomes; infinite where the part is the whole and becomes free."""
    left = 1 - saved_share(share, times)
    return 1 / left if left > 0 else math.inf
