"""Millions of small objects make the garbage collector run again and again for nothing, and arrays of every piece take and give back memory."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

KEPT_BYTES = (32 << 20) - (64 << 10)
"""Just below the most that glibc goes by."""


def memory_kept() -> None:
    """Where glibc is, it keeps up to twice the largest block that was freed; the system would clear what it gave back, page by page, again."""
    bytes(KEPT_BYTES)


@contextmanager
def collector_resting() -> Iterator[None]:
    """No collection of cycles inside; what is built there has none."""
    memory_kept()
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
