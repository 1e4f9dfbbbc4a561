"""Many values as a column: arrays of numpy, which are stored as they are; lists where there are few of them, which wait for each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from perfkit.model.batch import Column
from perfkit.readers.parts.arrow_arrays import to_arrow, to_numpy

if TYPE_CHECKING:
    from numpy import int64
    from numpy.typing import NDArray

FEW = 50_000
"""So few are stored sooner together with those of other batches."""
SAMPLE, MOSTLY = 4096, 0.9
"""Where more than this share of a sample are different, sorting takes less than hashing."""


def column(values: NDArray[Any], absent: NDArray[Any] | None = None) -> Column:
    """An array as it is; where absent is true, there is no value."""
    if len(values) > FEW:
        import numpy as np

        return values if absent is None else np.ma.array(values, mask=absent)
    listed: list[Any] = values.tolist()
    return listed if absent is None else [None if gone else value for value, gone in zip(listed, absent.tolist(), strict=True)]


def looked_up(values: Sequence[Any], places: NDArray[Any]) -> Column:
    """To each place the value that stands there; values may be None."""
    if len(places) > FEW:
        import numpy as np

        if any(isinstance(value, str) for value in values):
            texts: NDArray[Any] = np.array(values, object)[places]
            return texts
        absent = np.array([value is None for value in values])
        return column(np.array([value or 0 for value in values])[places], absent[places])
    return [values[place] for place in places.tolist()]


def constant(value: str, length: int) -> Column:
    """The same again and again."""
    return [value] * length


def distinct(keys: NDArray[int64]) -> tuple[NDArray[int64], NDArray[int64]]:
    """Each key once, in order, and where each of them stands there. Those that come again are found by their hashes before they are sorted."""
    import numpy as np

    if len(keys) <= FEW or not _come_again(keys):
        return np.unique(keys, return_inverse=True)
    told = to_arrow(keys).dictionary_encode()
    order = np.argsort(to_numpy(told.dictionary))
    places = np.empty_like(order)
    places[order] = np.arange(len(order))
    return to_numpy(told.dictionary)[order], places[to_numpy(told.indices)]


def _come_again(keys: NDArray[int64]) -> bool:
    """Whether more than a few of some keys are equal."""
    import numpy as np

    some = keys[:: max(len(keys) // SAMPLE, 1)]
    return len(np.unique(some)) < MOSTLY * len(some)
