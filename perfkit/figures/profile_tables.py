"""Functions, lines, threads and matching calls of a profile as the cells of a table; the unit stands above it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfkit.figures.amounts import place_of, share_text, weight_text
from perfkit.units import format_quantity

if TYPE_CHECKING:
    from perfkit.analyses.path_query import MatchedCall
    from perfkit.analyses.profile_owners import ProfileOwner
    from perfkit.analyses.usual_functions import UsualFunction
    from perfkit.analyses.usual_lines import UsualLine

TEXTS = ("function", "place", "line", "thread", "run", "note")


def _columns(names: str) -> dict[str, str]:
    return {name: "left" if name in TEXTS else "right" for name in names.split(", ")}


FUNCTION_COLUMNS = _columns("function, place, calls, own, share, with calls, their share")
LINE_COLUMNS = _columns("line, function, hits, own, with calls, share, native, allocated, copied")
OWNER_COLUMNS = _columns("thread, own, share, run")
CALL_COLUMNS = _columns("function, place, paths, own, total, share, note")


def function_cells(item: UsualFunction) -> tuple[str, ...]:
    """A function without and with what it calls."""
    weights = (weight_text(item.own, item.unit), share_text(item.own_share), weight_text(item.total, item.unit), share_text(item.total_share))
    return (item.function, place_of(item.file, item.line), weight_text(item.n, "count"), *weights)


def line_cells(item: UsualLine) -> tuple[str, ...]:
    """A line without and with what it calls."""
    weights = (weight_text(item.own, item.unit), weight_text(item.total, item.unit), share_text(item.share), share_text(item.native_share))
    memory = (weight_text(item.memory_mb, "mb"), weight_text(item.copy_mb, "mb"))
    return (place_of(item.file, item.line), item.function or "", weight_text(item.hits, "count"), *weights, *memory)


def owner_cells(item: ProfileOwner) -> tuple[str, ...]:
    """A thread, process or task."""
    return (item.owner or "not told apart", weight_text(item.own, item.unit), share_text(item.share), item.run_id)


def call_cells(item: MatchedCall) -> tuple[str, ...]:
    """A function at the end of matching paths."""
    weights = (weight_text(item.own, item.unit), weight_text(item.total, item.unit), share_text(item.share))
    return (item.name, place_of(item.file, item.line), format_quantity(item.paths, "count"), *weights, "estimate" if item.estimated else "")
