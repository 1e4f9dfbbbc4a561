"""Paths become a tree whose totals add up, however the paths come."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.readers.parts.call_tree import CallTree, Owner, Step
from perfkit.readers.parts.frames import Frames

PATHS = st.lists(st.tuples(st.lists(st.integers(0, 4), min_size=1, max_size=6), st.integers(0, 9), st.sampled_from("ab")), min_size=1, max_size=40)


def rows_of(paths: Sequence[tuple[Sequence[int], float, str]]) -> list[dict[str, Any]]:
    tree = CallTree("samples")
    for path, weight, thread in paths:
        tree.weigh(tree.path([Step(frame) for frame in path], Owner(thread=thread)), weight)
    columns = next(tree.batches()).columns
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


@given(PATHS)
def test_own_weights_sum_to_what_came_in_and_to_the_roots(paths: list[tuple[list[int], int, str]]) -> None:
    rows = rows_of(paths)
    given_weight = sum(weight for _, weight, _ in paths)
    assert sum(row["self"] for row in rows) == given_weight
    assert sum(row["total"] for row in rows if row["parent_id"] is None) == given_weight


@given(PATHS)
def test_what_is_below_a_node_follows_it_without_a_gap(paths: list[tuple[list[int], int, str]]) -> None:
    rows = rows_of(paths)
    for row in rows:
        below = rows[row["node_id"] : row["last_id"] + 1]
        assert sum(item["self"] for item in below) == row["total"]
        assert all(item["depth"] > row["depth"] for item in below[1:])


@given(PATHS)
def test_a_functions_total_counts_every_path_once(paths: list[tuple[list[int], int, str]]) -> None:
    rows = rows_of(paths)
    for frame in range(5):
        expected = sum(weight for path, weight, _ in paths if frame in path)
        assert sum(row["total"] for row in rows if row["frame_id"] == frame and not row["recursive"]) == expected


def test_a_recursion_deeper_than_python_allows_is_a_tree() -> None:
    rows = rows_of([([1] * 50_000, 7.0, "a")])
    assert (len(rows), rows[0]["total"], rows[-1]["depth"], sum(not row["recursive"] for row in rows)) == (50_000, 7.0, 49_999, 1)


def test_a_stack_without_frames_is_refused() -> None:
    with pytest.raises(ValueError, match="no node"):
        CallTree("samples").path([])


def test_a_place_is_one_frame() -> None:
    frames = Frames()
    assert frames.id_of("run", "app.py", 3) == frames.id_of("run", "app.py", 3) != frames.id_of("run", "app.py", 4)
    assert len(frames.columns().columns["frame_id"]) == 2
