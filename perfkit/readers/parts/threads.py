"""What a thread or process is called: by its name, and by its number where the profiler gives one."""

from __future__ import annotations


def called(name: object, number: object = None) -> str | None:
    """Two of one name stay two; None where neither is known."""
    label = str(name).strip() if name not in (None, "") else ""
    tail = "" if number in (None, "") else str(number)
    return (f"{label} ({tail})" if label and tail and tail not in label else label or tail) or None
