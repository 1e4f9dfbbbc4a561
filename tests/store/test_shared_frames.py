"""A frame is there once, however it comes: in one batch or in several, as lists or as arrays."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from perfkit.model.batch import Column, Columns
from perfkit.store.writer import Staging


def frames(*ids: int) -> dict[str, Column]:
    return {"frame_id": list(ids), "function": [f"f{item}" for item in ids], "file": ["a.py"] * len(ids), "line": list(ids)}


@pytest.mark.parametrize("arrays", [False, True])
def test_a_frame_that_comes_again_is_there_once(arrays: bool, tmp_path: Path) -> None:
    with Staging(tmp_path) as staging:
        for ids in ((1, 2, 2), (3, 2), (3,)):
            columns = frames(*ids)
            staging.add(Columns("frames", {**columns, "frame_id": np.array(ids)} if arrays else columns), "0", "a file")
            staging.flush()
        assert staging.query("select frame_id, function from frames order by frame_id")[1] == [(1, "f1"), (2, "f2"), (3, "f3")]
