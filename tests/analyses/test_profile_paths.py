"""Paths of calls: weights are kept, whatever is merged, left out, turned round or asked for."""

from __future__ import annotations

import cProfile
import json
import pstats
from collections.abc import Sequence
from pathlib import Path

import pytest

from perfkit.analyses.call_paths import Merge, Place, ProfileTree, turned_round
from perfkit.analyses.estimated_paths import Flow
from perfkit.analyses.path_cut import heaviest
from perfkit.analyses.path_query import parsed
from perfkit.analyses.profile_tree import ProfileUnit, unit_of
from perfkit.errors import UsageError
from perfkit.figures.profile_text import heading, profile_text
from perfkit.workbench import Workbench
from tests.readers.harm import ARTEFACTS

NAMES = {1: "app", 2: "app", 3: "json", 4: "app", 5: "native"}
PLACES = [
    Place(number, f"f{number}", f"{area}.m{number}", f"{area}/m{number}.py", 1, "application" if area == "app" else "library")
    for number, area in NAMES.items()
]
PATHS = [((1, 2, 3, 5), 4.0), ((1, 2), 1.0), ((1, 4, 3), 3.0), ((1, 2, 1, 2), 2.0), ((3, 4), 0.5)]


def tree_of(paths: Sequence[tuple[Sequence[int], float]], *, mine: bool = False) -> ProfileTree:
    merge = Merge(PLACES, mine=mine)
    for frames, weight in paths:
        numbers = range(len(frames))
        merge.add(list(numbers), [number - 1 for number in numbers], list(frames), [0.0] * (len(frames) - 1) + [weight])
    return merge.tree("wall_s", estimated=False, runs=1)


def own_by_name(tree: ProfileTree) -> dict[str, float]:
    owns: dict[str, float] = {}
    for place, own in zip(tree.place.tolist(), tree.own.tolist(), strict=True):
        owns[tree.places[place].function] = owns.get(tree.places[place].function, 0.0) + own
    return {name: own for name, own in owns.items() if own}


def test_equal_paths_are_one_and_no_weight_is_lost() -> None:
    tree = tree_of([*PATHS, *PATHS])
    assert (tree.whole, float(tree.total[tree.parent < 0].sum())) == (21.0, 21.0)
    assert len(tree) == len(tree_of(PATHS))


def test_siblings_stand_by_weight_and_below_a_path_is_a_range() -> None:
    tree = tree_of(PATHS)
    for path in range(len(tree)):
        below = tree.own[path : int(tree.last[path]) + 1].sum()
        assert below == pytest.approx(tree.total[path])
    assert [tree.places[place].function for place in tree.place[tree.parent == 0].tolist()] == ["f2", "f4"]


def test_only_my_code_gives_the_work_of_libraries_to_who_called_them() -> None:
    tree = tree_of(PATHS, mine=True)
    assert own_by_name(tree) == {"f2": 7.0, "f4": 3.5}
    assert own_by_name(tree_of([((3, 5), 2.0), ((3, 1), 1.0)], mine=True)) == {"(outside the application)": 2.0, "f1": 1.0}


def test_bottom_up_begins_with_the_functions_own_weight() -> None:
    tree = turned_round(tree_of(PATHS))
    roots = {tree.places[int(tree.place[path])].function: float(tree.total[path]) for path in range(len(tree)) if tree.parent[path] < 0}
    assert roots == {"f5": 4.0, "f2": 3.0, "f3": 3.0, "f4": 0.5}


@pytest.mark.parametrize("most", [1, 2, 3, 5, 100])
def test_what_is_left_out_stands_there_with_its_weight(most: int) -> None:
    tree = tree_of(PATHS)
    rows = heaviest(tree, most)
    assert sum(row.left_out or 1 for row in rows) == len(tree)
    assert sum(row.own for row in rows) == pytest.approx(tree.whole)
    assert len([row for row in rows if not row.left_out]) <= most
    assert len(profile_text(tree, most=most).splitlines()) == len(rows) + 1


def test_a_call_graph_as_paths_keeps_every_functions_own_time(bench: Workbench, tmp_path: Path) -> None:
    profile = cProfile.Profile()
    profile.runcall(json.dumps, {str(number): [[number] * 5] * 3 for number in range(300)}, indent=1)
    profile.dump_stats(tmp_path / "a.prof")
    [stored] = bench.ingest([tmp_path / "a.prof"])
    tree = bench.profile(stored.run_id).tree()
    assert tree.estimated
    assert tree.whole == pytest.approx(pstats.Stats(str(tmp_path / "a.prof")).total_tt)  # type: ignore[attr-defined]
    assert tree.places[int(tree.place[0])].name == "json.dumps"


def test_a_circle_begins_where_it_is_entered_and_keeps_its_weight() -> None:
    import numpy as np

    own = {"frame_id": np.array([1, 2, 3], "u8"), "self": np.array([1.0, 2.0, 4.0]), "total": np.array([7.0, 6.0, 6.0])}
    graph = {
        name: np.array(column, kind)
        for name, column, kind in (
            ("caller_id", [1, 2, 3], "u8"),
            ("callee_id", [2, 3, 2], "u8"),
            ("self", [1.0, 4.0, 1.0], "f8"),
            ("total", [6.0, 5.0, 4.0], "f8"),
        )
    }
    steps = Flow(own, graph).paths()
    assert [(step.frame_id, step.parent, step.weight) for step in steps] == [(1, -1, 1.0), (2, 0, 2.0), (3, 1, 4.0)]


PROGRAM = """
def work(n):
    return sum(k * k for k in range(n))

def job():
    work(20_000)
    exec("import_late = 1")
    return work(60_000)

def main():
    return job() + job()

main()
"""


def test_a_program_below_exec_that_leads_to_exec_again_keeps_its_paths(bench: Workbench, tmp_path: Path) -> None:
    profile = cProfile.Profile()
    profile.runctx("exec(compile(PROGRAM, '/srv/app/job.py', 'exec'), {})", globals(), {})
    profile.dump_stats(tmp_path / "a.prof")
    [stored] = bench.ingest([tmp_path / "a.prof"])
    told = {
        key[2]: total
        for key, (_, _, _, total, _) in pstats.Stats(str(tmp_path / "a.prof")).stats.items()  # type: ignore[attr-defined]
        if key[0] == "/srv/app/job.py"
    }
    own = {row.function: row for row in bench.profile(stored.run_id).functions(mine=True)}
    assert {name: own[name].total for name in ("main", "job", "work")} == pytest.approx(
        {name: told[name] for name in ("main", "job", "work")}, rel=0.02
    )
    assert own["work"].own + own["<genexpr>"].own == pytest.approx(told["work"], rel=0.02)


QUERIES = {
    "f3": [("json.m3.f3", 3, 3.0, 7.5)],
    "app.* > f3": [("json.m3.f3", 2, 3.0, 7.0)],
    "f1 > f3": [],
    "f1 > **/f3": [("json.m3.f3", 2, 3.0, 7.0)],
    "app.* > app.*": [("app.m2.f2", 2, 3.0, 7.0), ("app.m4.f4", 1, 0.0, 3.0), ("app.m1.f1", 1, 0.0, 2.0)],
    "json/m3.py > **/native.*": [("native.m5.f5", 1, 4.0, 4.0)],
}


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_finds_functions_by_how_they_are_called(query: str, bench: Workbench, tmp_path: Path) -> None:
    stacks = tmp_path / "a.folded"
    stacks.write_text(
        "".join(f"{';'.join(f'f{frame} ({NAMES[frame]}/m{frame}.py:1)' for frame in frames)} {weight * 10:.0f}\n" for frames, weight in PATHS)
    )
    [stored] = bench.ingest([stacks], as_format="folded")
    found = bench.profile(stored.run_id).calls(query)
    assert [(call.name, call.paths, call.own / 10, call.total / 10) for call in found] == QUERIES[query]
    assert not any(call.estimated for call in found)


@pytest.mark.parametrize("query", ["", "a >", "> a", "a > > b", "**/"])
def test_a_query_with_an_empty_step_says_how_to_write_one(query: str) -> None:
    with pytest.raises(UsageError, match="Steps are separated by >"):
        parsed(query)


def test_units_that_a_tool_brought_along_are_shown_where_there_is_no_other() -> None:
    known = [ProfileUnit("a", unit, tree=True, whole=whole) for unit, whole in (("cycles", 0.0), ("page-faults", 3.0), ("samples", 2.0))]
    assert (unit_of(known, None).unit, unit_of(known[:2], None).unit, unit_of(known, "cycles").unit) == ("samples", "page-faults", "cycles")
    with pytest.raises(UsageError, match="page-faults"):
        unit_of(known, "page_faults")


@pytest.mark.parametrize(("name", "unit", "text"), [("mutex", "contentions", "2 contentions"), ("heap", "inuse_space_bytes", "6.42 MB")])
def test_a_tree_of_a_tools_own_unit_is_text(name: str, unit: str, text: str, bench: Workbench) -> None:
    [stored] = bench.ingest([ARTEFACTS / "pprof" / f"go_{name}.pb.gz"])
    tree = bench.profile(stored.run_id).tree(unit=unit)
    assert text in heading(tree, bench.profile(stored.run_id))
    assert text.rsplit(maxsplit=1)[-1] in profile_text(tree, most=5)
