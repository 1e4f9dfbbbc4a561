"""A text of many trace events → columns, by Arrow's JSON parser, without an object of Python's for any event."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from perfkit.readers.parts.arrow_arrays import are, filled, to_arrow, to_numpy
from perfkit.readers.parts.arrow_rows import are_many, rows_in

if TYPE_CHECKING:
    import pyarrow
    from numpy import float64, int64
    from numpy.typing import NDArray


class Calls(NamedTuple):
    """Events of the phase X."""

    starts: NDArray[float64]
    durations: NDArray[float64]
    whats: NDArray[int64]
    """The place in the list of names."""
    names: list[tuple[str | None, str | None, int | None]]
    """Name, file and line."""
    threads: NDArray[int64]
    """The place in the list of keys."""
    keys: list[tuple[int | None, int | None]]
    """Process and thread."""


def calls_in(text: bytes, others: frozenset[str], profiling: frozenset[str]) -> Calls | None:
    """None where something is no plain event, or is of the other phases, or has a name of a profiler's."""
    if not are_many(text):
        return None
    import pyarrow

    place = pyarrow.struct({"filename": pyarrow.string(), "line": pyarrow.int64()})
    fields = {"ph": pyarrow.string(), "name": pyarrow.string(), "pid": pyarrow.int64(), "tid": pyarrow.int64(), "ts": pyarrow.float64(),
              "dur": pyarrow.float64(), "args": place}  # fmt: skip
    try:
        events = rows_in(text, fields, "ph")
        if events is None or others.intersection(_different(events, "ph")) or profiling.intersection(_different(events, "name")):
            return None
        return _calls(events)
    except UnicodeDecodeError:
        return None


def _different(events: pyarrow.StructArray, name: str) -> list[Any]:
    values: list[Any] = events.field(name).unique().to_pylist()
    return values


def _calls(events: pyarrow.StructArray) -> Calls | None:
    import numpy as np
    from pyarrow import compute

    calls = events.take(to_arrow(np.flatnonzero(are(events.field("ph"), "X"))))
    if calls.field("ts").null_count:
        return None
    starts, durations = to_numpy(calls.field("ts")), filled(calls.field("dur"), 0.0)
    if not (np.isfinite(starts) & np.isfinite(durations) & (durations >= 0)).all():
        return None
    arguments = calls.field("args")
    whats, names = _together(calls.field("name"), *(compute.struct_field(arguments, name) for name in ("filename", "line")))
    threads, keys = _together(calls.field("pid"), calls.field("tid"))
    return Calls(starts, durations, whats, names, threads, keys)


def _together(*columns: pyarrow.Array) -> tuple[NDArray[int64], list[Any]]:
    """For each row its place among the different combinations of values, and these."""
    import numpy as np

    told = [column.dictionary_encode(null_encoding="encode") for column in columns]
    codes = np.zeros(len(columns[0]), np.int64)
    for column in told:
        codes = codes * len(column.dictionary) + to_numpy(column.indices)
    _, first, which = np.unique(codes, return_index=True, return_inverse=True)
    values = [column.dictionary.take(column.indices.take(to_arrow(first))).to_pylist() for column in told]
    return which.astype(np.int64), list(zip(*values, strict=True))
