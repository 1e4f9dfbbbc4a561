"""Vectors in a file of the user's: .npy without pickled objects, or .csv with one vector a line."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from perfkit.collectors.vector_recall import Floats
from perfkit.errors import UsageError


def queries_from(path: Path) -> Floats:
    """One vector a row, all finite numbers."""
    if not path.is_file():
        raise UsageError(f"There is no file {path}.")
    try:
        found = np.load(path, allow_pickle=False, mmap_mode="r") if path.suffix == ".npy" else np.loadtxt(path, delimiter=",", ndmin=2)
    except (ValueError, OSError, EOFError) as error:
        reason = "" if isinstance(error, UnicodeDecodeError) else f" ({' '.join(str(error).split())})"
        raise UsageError(f"{path} cannot be read as vectors{reason}. Expected .npy, or .csv with one vector a line.") from error
    if not isinstance(found, np.ndarray) or found.ndim != 2 or not found.size or found.dtype.kind not in "fiu":
        raise UsageError(f"{path} holds no table of numbers with one vector a row.")
    vectors: Floats = np.ascontiguousarray(found, dtype=np.float32)
    if not np.isfinite(vectors).all():
        raise UsageError(f"{path} holds numbers that are not finite.")
    return vectors
