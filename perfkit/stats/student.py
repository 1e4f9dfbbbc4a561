"""Student's t by its formulas: scipy's distribution objects give the same numbers at a hundred times the cost, and reports ask for thousands."""

from __future__ import annotations

from functools import lru_cache


@lru_cache(maxsize=4096)
def t_quantile(share: float, freedom: float) -> float:
    """The value that this share of the distribution lies below; freedom may be infinite."""
    from scipy import special

    return float(special.stdtrit(freedom, share) if freedom < float("inf") else special.ndtri(share))


def t_chance(t: float, freedom: float) -> float:
    """Chance of a value as far from zero, on either side."""
    from scipy import special

    return float(2 * special.stdtr(freedom, -abs(t)))
