"""Shares as bars of text, in eighths of a character."""

from __future__ import annotations

CELLS = 8
EIGHTHS = " ▏▎▍▌▋▊▉█"


def bar(share: float) -> str:
    """As wide as the whole is, whatever the share."""
    whole, rest = divmod(round(min(max(share, 0.0), 1.0) * CELLS * 8), 8)
    return f"{'█' * whole}{EIGHTHS[rest] if rest else ''}".ljust(CELLS)
