"""Where does one more run of unchanged code no longer lie? The upper prediction bound, and the middle between a fix and its fault."""

from __future__ import annotations

import math
from collections.abc import Sequence

from perfkit.stats.comparison import FLOOR, log_spread
from perfkit.stats.student import t_quantile

CONFIDENCE = 0.99
"""Of one run; whoever asks for several in a row is surer than that."""


def next_run_bound(values: Sequence[float], noise: float | None = None, confidence: float = CONFIDENCE) -> float:
    """One more run stays below it so often: Student's on logarithms, with the noise floor where these runs happen to agree better."""
    spread = max(log_spread(values), noise or 0.0)
    reach = t_quantile(confidence, len(values) - 1) * spread * math.sqrt(1 + 1 / len(values))
    return centre(values) * math.exp(max(reach, math.log1p(FLOOR)))


def centre(values: Sequence[float]) -> float:
    """The geometric mean."""
    return math.exp(math.fsum(map(math.log, values)) / len(values))


def between(fixed: Sequence[float], faulty: Sequence[float], share: float) -> float:
    """So far on the way from the fix to the fault, in ratios: at 0.5 it is as many times above the one as below the other."""
    return centre(fixed) * math.exp(share * math.log(centre(faulty) / centre(fixed)))
