"""Two profiles path by path: nothing is lost on either side, and what moved within a file is still the same."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence

import pytest

from perfkit.analyses.call_paths import Merge, Place, ProfileTree, turned_round
from perfkit.analyses.path_cut import cut, heaviest, worth_showing
from perfkit.analyses.tree_difference import TreeDifference, difference, turned
from perfkit.errors import UsageError

Paths = Sequence[tuple[str, float]]


def tree_of(paths: Paths, *, line: int = 1, runs: int = 1, unit: str = "wall_s") -> ProfileTree:
    names = sorted({name for path, _ in paths for name in path})
    merge = Merge([Place(number, name, "app", "app.py", line + number, "application") for number, name in enumerate(names)])
    for path, weight in paths:
        count = range(len(path))
        merge.add(list(count), [number - 1 for number in count], [names.index(name) for name in path], [0.0] * (len(path) - 1) + [weight])
    return merge.tree(unit, estimated=False, runs=runs)


def way_to(tree: ProfileTree, path: int) -> list[int]:
    """The path's beginnings, outermost call first, itself last."""
    return [*(way_to(tree, int(tree.parent[path])) if tree.parent[path] >= 0 else ()), path]


def weights(both: TreeDifference) -> dict[str, tuple[float, float]]:
    names = ["".join(both.base.places[int(both.base.place[step])].function for step in way_to(both.base, path)) for path in range(len(both.base))]
    return dict(zip(names, zip(both.base.own.tolist(), both.candidate.own.tolist(), strict=True), strict=True))


BASE, CANDIDATE = [("ab", 4.0), ("ac", 2.0), ("d", 2.0)], [("ab", 6.0), ("ae", 4.0), ("a", 1.0)]


def test_paths_of_both_sides_stand_side_by_side_although_lines_moved() -> None:
    both = difference(tree_of(BASE, line=1), tree_of(CANDIDATE, line=70))
    assert weights(both) == {"a": (0.0, 1.0), "ab": (4.0, 6.0), "ac": (2.0, 0.0), "ae": (0.0, 4.0), "d": (2.0, 0.0)}


def test_sides_of_different_numbers_of_runs_are_compared_by_one_run_each() -> None:
    both = difference(tree_of(BASE, runs=4), tree_of(BASE, runs=2))
    assert (both.base.whole, both.candidate.whole) == (2.0, 4.0)
    assert weights(both) == {"ab": (1.0, 2.0), "ac": (0.5, 1.0), "a": (0.0, 0.0), "d": (0.5, 1.0)}


def test_different_units_are_refused() -> None:
    with pytest.raises(UsageError, match="cpu_s"):
        difference(tree_of(BASE, unit="cpu_s"), tree_of(BASE))


def random_paths(seed: int, count: int) -> list[tuple[str, float]]:
    chance = random.Random(seed)
    return [("".join(chance.choices("abcdef", k=chance.randint(1, 7))), float(chance.randint(1, 9))) for _ in range(count)]


@pytest.mark.parametrize("seed", range(5))
def test_both_sides_keep_their_weight_and_their_shape(seed: int) -> None:
    base, candidate = tree_of(random_paths(seed, 200)), tree_of(random_paths(seed + 100, 150))
    for both, sides in (
        (difference(base, candidate), (base, candidate)),
        (turned(difference(base, candidate)), (turned_round(base), turned_round(candidate))),
    ):
        for side, alone in zip((both.base, both.candidate), sides, strict=True):
            assert side.whole == pytest.approx(alone.whole)
            assert [side.own[path : int(side.last[path]) + 1].sum() for path in range(len(side))] == pytest.approx(side.total.tolist())
            assert sorted(side.own[side.own > 0].tolist()) == pytest.approx(sorted(alone.own[alone.own > 0].tolist()))
            assert all(side.depth[path] == len(way_to(side, path)) - 1 for path in range(len(side)))


def test_bottom_up_of_a_deep_recursion_stays_small() -> None:
    depth = 3000
    merge = Merge([Place(1, "f", "app", "app.py", 1, "application")])
    merge.add(list(range(depth)), list(range(-1, depth - 1)), [1] * depth, [1.0] * depth)
    tree = turned_round(merge.tree("samples", estimated=False, runs=1))
    assert (len(tree), tree.whole) == (depth, float(depth))


@pytest.mark.parametrize("most", [1, 7, 60, 10_000])
def test_a_cut_keeps_order_depth_and_weight(most: int) -> None:
    both = difference(tree_of(random_paths(1, 300)), tree_of(random_paths(2, 300)))
    shown = worth_showing(both.base, both.base.total + both.candidate.total, most)
    for side in (both.base, both.candidate):
        rows = cut(side, shown)
        assert rows.own.sum() == pytest.approx(side.whole)
        assert int(rows.left_out.sum()) + int(shown.sum()) == len(side)
        steps = [int(row.depth) - int(before.depth) for before, row in zip(heaviest(side, most), heaviest(side, most)[1:], strict=False)]
        assert max(steps, default=0) <= 1
        parents: list[list[float]] = []
        for depth, own, total in zip(rows.depth.tolist(), rows.own.tolist(), rows.total.tolist(), strict=True):
            del parents[depth:]
            parents.append([total, own])
            assert depth == len(parents) - 1
            for above in parents[:-1]:
                above[1] += own
                assert above[1] <= above[0] + 1e-9


def test_a_million_paths_are_cut_in_seconds() -> None:
    import numpy as np

    count = 1_000_000
    numbers = np.arange(count)
    parent = (numbers - 1) // 10
    names = [Place(1, "f", "app", "app.py", 1, "application")]
    merge = Merge(names)
    tree = merge.tree("samples", estimated=False, runs=1)
    assert len(tree) == 0 and heaviest(tree, 5) == []
    from perfkit.analyses.path_order import Level, ordered

    bounds = [0, 1, 11, 111, 1111, 11_111, 111_111, count]
    weights = np.random.default_rng(1).exponential(size=count)
    levels = [
        Level(np.maximum(parent[start:end] - before, 0), np.zeros(end - start, np.int64), weights[np.newaxis, start:end])
        for before, start, end in zip([0, *bounds[:-2]], bounds[:-1], bounds[1:], strict=True)
    ]
    columns = ordered(levels)
    wide = ProfileTree("samples", False, 1, names, columns.place, columns.parent, columns.last, columns.depth, columns.own[0], columns.total[0])
    began = time.process_time()
    rows = heaviest(wide, 50_000)
    assert time.process_time() - began < 10
    assert sum(row.left_out or 1 for row in rows) == count
