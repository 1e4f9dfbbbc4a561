"""Paths become a tree whose totals add up, however the paths come."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfkit.model.batch import Columns
from perfkit.readers.parts import columns
from perfkit.readers.parts.call_tree import CallTree, Owner, Step
from perfkit.readers.parts.frames import Frames
from perfkit.workbench import Workbench

PATHS = st.lists(st.tuples(st.lists(st.integers(0, 4), min_size=1, max_size=6), st.integers(0, 9), st.sampled_from("ab")), min_size=1, max_size=40)


def rows_of(paths: Sequence[tuple[Sequence[int], float, str]]) -> list[dict[str, Any]]:
    tree = CallTree("samples")
    for path, weight, thread in paths:
        tree.weigh(tree.path([Step(frame) for frame in path], Owner(thread=thread)), weight)
    return dictionaries(next(tree.batches()))


def dictionaries(batch: Columns) -> list[dict[str, Any]]:
    lists = [values.tolist() if isinstance(values, np.ndarray) else list(values) for values in batch.columns.values()]
    return [dict(zip(batch.columns, row, strict=True)) for row in zip(*lists, strict=True)]


def by_path(rows: list[dict[str, Any]]) -> dict[tuple[Any, ...], tuple[float, float, int, bool]]:
    paths: dict[int | None, tuple[Any, ...]] = {}
    for row in rows:
        paths[row["node_id"]] = (*paths.get(row["parent_id"], (row["thread"],)), row["frame_id"])
    return {paths[row["node_id"]]: (row["self"], row["total"], row["count"], row["recursive"]) for row in rows}


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


@given(PATHS)
def test_many_stacks_at_once_are_the_tree_of_one_after_another(paths: list[tuple[list[int], int, str]]) -> None:
    tree = CallTree("samples")
    numbers = [tree.step_number(Step(frame)) for frame in range(5)]
    for half in (paths[: len(paths) // 2], paths[len(paths) // 2 :]):
        for thread in "ab":
            mine = [(path, weight) for path, weight, of in half if of == thread]
            steps = np.array([numbers[frame] for path, _ in mine for frame in path], np.int32)
            nodes = tree.paths(steps, np.array([len(path) for path, _ in mine], np.int64), Owner(thread=thread))
            tree.weigh_all(nodes, np.array([weight for _, weight in mine], float))
    assert by_path(dictionaries(next(tree.batches()))) == by_path(rows_of(paths))


@pytest.mark.parametrize("count", [9, 2**16 - 1, 2**16 + 1])
@pytest.mark.parametrize("few", [0, columns.FEW])
def test_stacks_end_where_their_steps_lead_however_many_steps_there_are(count: int, few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns, "FEW", few)
    noise, tree = random.Random(count), CallTree("samples")
    numbers = [tree.step_number(Step(frame)) for frame in range(count)]
    common = [noise.choice(numbers) for _ in range(9)]
    stacks = [[*common[: noise.randrange(10)], *noise.choices(numbers[-3:], k=noise.randint(1, 5))] for _ in range(400)]
    for half in (stacks[:150], stacks[150:]):
        ended = tree.paths(np.array([step for stack in half for step in stack], np.int32), np.array([*map(len, half)]))
        assert [tree.numbered_path(stack) for stack in half] == ended.tolist()
    assert len(tree) == len({(*stack[: depth + 1],) for stack in stacks for depth in range(len(stack))})


@settings(deadline=None)  # the first one imports numpy
@given(PATHS)
def test_a_large_tree_has_the_rows_of_a_small_one(paths: list[tuple[list[int], int, str]]) -> None:
    small = rows_of(paths)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(columns, "FEW", 0)
        assert rows_of(paths) == small


def test_a_large_tree_is_stored_with_what_is_not_known_left_out(bench: Workbench, tmp_path: Path) -> None:
    lines = 30_000
    path = tmp_path / "wide.folded"
    path.write_text("".join(f"main;step_{number % 700};call_{number};main {number % 3 + 1}\n" for number in range(lines)))
    [stored] = bench.ingest([path])
    assert stored.rows["profile_nodes"] == 1 + 700 + 2 * lines > columns.FEW
    [[own, roots, again, told, unit]] = bench.store.query(
        """select sum(self), sum(total) filter (parent_id is null), count(*) filter (recursive), count(thread) + count(task) + count(line), any_value(unit)
        from profile_nodes"""
    )[1]
    assert (own, roots, again, told, unit) == (2 * lines, 2 * lines, lines, 0, "samples")


def test_a_stack_without_frames_is_refused() -> None:
    with pytest.raises(ValueError, match="no node"):
        CallTree("samples").path([])


def test_a_place_is_one_frame() -> None:
    frames = Frames()
    assert frames.id_of("run", "app.py", 3) == frames.id_of("run", "app.py", 3) != frames.id_of("run", "app.py", 4)
    assert len(frames.columns().columns["frame_id"]) == 2
