"""Many values as a column: arrays of Arrow, which are stored without an object for each value; lists where there are few of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from perfkit.model.batch import Column

if TYPE_CHECKING:
    from numpy import int64
    from numpy.typing import NDArray

FEW = 50_000
"""What Arrow saves on so few is less than its import costs."""


def column(values: NDArray[Any], absent: NDArray[Any] | None = None) -> Column:
    """An array as it is; where absent is true, there is no value."""
    if len(values) > FEW:
        import pyarrow

        arrow: Column = pyarrow.array(values, mask=absent)
        return arrow
    listed: list[Any] = values.tolist()
    return listed if absent is None else [None if gone else value for value, gone in zip(listed, absent.tolist(), strict=True)]


def looked_up(values: Sequence[Any], places: NDArray[Any]) -> Column:
    """To each place the value that stands there; values may be None."""
    if len(places) > FEW:
        import pyarrow

        given = pyarrow.array(values)
        texts = pyarrow.types.is_string(given.type)
        arrow: Column = pyarrow.DictionaryArray.from_arrays(places, given) if texts else given.take(pyarrow.array(places))
        return arrow
    return [values[place] for place in places.tolist()]


def constant(value: str, length: int) -> Column:
    """The same again and again."""
    import numpy as np

    return looked_up([value], np.zeros(length, np.int8))


def distinct(keys: NDArray[int64]) -> tuple[NDArray[int64], NDArray[Any]]:
    """Each key once, and where each of them stands there. Many are told apart by a table of hashes instead of being sorted."""
    import numpy as np

    if len(keys) > FEW:
        import pyarrow

        arrow = pyarrow.array(keys).dictionary_encode()
        return arrow.dictionary.to_numpy(), arrow.indices.to_numpy()
    return np.unique(keys, return_inverse=True)
