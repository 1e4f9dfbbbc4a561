"""Arrow's arrays as numpy's and back. The ways that Arrow offers import pandas, which takes as long as to read ten megabytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow
    from numpy import bool_, int64
    from numpy.typing import NDArray


def to_arrow(numbers: NDArray[int64]) -> pyarrow.Array:
    """The same memory."""
    import numpy as np
    import pyarrow

    return pyarrow.Array.from_buffers(pyarrow.int64(), len(numbers), [None, pyarrow.py_buffer(np.ascontiguousarray(numbers))])


def to_numpy(numbers: pyarrow.Array) -> NDArray[Any]:
    """The same memory, which nobody may write to; no number may be missing."""
    import numpy as np

    return np.from_dlpack(numbers)


def filled(numbers: pyarrow.Array, absent: float) -> NDArray[Any]:
    """A number where one is missing."""
    import numpy as np
    import pyarrow

    if not numbers.null_count:
        return to_numpy(numbers)
    told = pyarrow.Array.from_buffers(numbers.type, len(numbers), [None, numbers.buffers()[1]], offset=numbers.offset)
    return np.where(truths(numbers.is_valid()), to_numpy(told), absent)


def truths(values: pyarrow.BooleanArray) -> NDArray[bool_]:
    """As many bytes; none may be missing."""
    import pyarrow

    return to_numpy(values.cast(pyarrow.uint8())).view(bool)


def are(texts: pyarrow.StringArray, sought: str) -> NDArray[bool_]:
    """Which texts are this one; what is missing is not."""
    told = texts.dictionary_encode(null_encoding="encode")
    different = told.dictionary.to_pylist()
    found: NDArray[bool_] = to_numpy(told.indices) == (different.index(sought) if sought in different else -1)
    return found
