"""Which numbers may a statistic be computed from?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def measured(values: Sequence[float] | Floats) -> Floats:
    """The values as an array; what is no measurement is refused."""
    array = np.asarray(values, dtype=float)
    if not np.isfinite(array).all():
        raise ValueError("NaN and infinity are no measurements: leave out what has no value.")
    return array
