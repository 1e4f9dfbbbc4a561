"""What changed between two sides of profiles: found where it was planted, and nothing claimed where nothing changed."""

from __future__ import annotations

import cProfile
import subprocess
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from perfkit.analyses.path_changes import ranked_paths, shown_paths
from perfkit.analyses.profile_changes import CLAIMS
from perfkit.errors import UsageError
from perfkit.figures.profile_changes import basis_text, function_cells, paths_text
from perfkit.model.run import Manifest
from perfkit.stats.family import judged_together, paces
from perfkit.workbench import Workbench
from tests.conftest import described

RUNS = 5
SLOWED = "work_4"
WORK = "def work_{0}(n):\n    total = 0\n    for number in range(n):\n        total += number * number % {1}\n    return total\n\n"
MAIN = """
def main(slowed):
    for _ in range(60):
        for number, work in enumerate(WORKS):
            work(int(1500 * (slowed if number == 4 else 1)))
"""
"""In turns: a machine that changes its pace changes that of all functions."""


def program(folder: Path) -> dict[str, Any]:
    source = "".join(WORK.format(number, number + 3) for number in range(8)) + MAIN
    names: dict[str, Any] = {}
    exec(compile(source, str(folder / "prog.py"), "exec"), names)
    names["WORKS"] = [names[f"work_{number}"] for number in range(8)]
    return names


def profiled(bench: Workbench, folder: Path, sides: Mapping[str, float]) -> None:
    """Runs of both sides in turns, each with its own slow-down of one function."""
    main = program(folder)["main"]
    main(1.0)
    paths: list[Path] = []
    for number in range(RUNS):
        for label, slowed in sides.items():
            profile = cProfile.Profile(time.thread_time)
            profile.runcall(main, slowed)
            path = folder / f"{label}{number}.prof"
            profile.dump_stats(path)
            paths.append(described(path, Manifest(label=label, root=str(folder))))
    bench.ingest(paths)


def test_a_function_that_became_a_fifth_slower_is_the_first_row(bench: Workbench, tmp_path: Path) -> None:
    profiled(bench, tmp_path, {"before": 1.0, "after": 1.2})
    basis, functions = bench.profile_change("before", "after").functions()
    assert (functions[0].function, functions[0].module, functions[0].own.change > 0) == (SLOWED, "prog", True)
    assert not [item.function for item in functions[1:] if item.own.verdict in CLAIMS]
    assert "5 and 5 runs" in basis_text(basis, "functions")
    assert "Few runs" not in basis_text(basis, "functions")
    assert "Few runs" in basis_text(replace(basis, runs=(("a", "b"), ("c",))), "functions")
    _, paths = bench.profile_change("before", "after").paths()
    assert ranked_paths(paths)[0].path == ("prog.main", f"prog.{SLOWED}")
    assert SLOWED in paths_text(paths, shown_paths(paths, 2))


def test_without_a_change_nothing_is_claimed(bench: Workbench, tmp_path: Path) -> None:
    profiled(bench, tmp_path, {"before": 1.0, "after": 1.0})
    compared = bench.profile_change("before", "after")
    for _, rows in (compared.functions(), compared.functions(by="total")):
        assert not [row for row in rows if row.own.verdict in CLAIMS or row.total.verdict in CLAIMS]
    assert not [row for row in compared.paths()[1] if row.own.verdict in CLAIMS or row.total.verdict in CLAIMS]


def noisy(noise: np.random.Generator, sizes: np.ndarray[Any, Any], runs: int) -> np.ndarray[Any, Any]:
    """Own times of functions as a busy machine gives them: a pace a run, noise a function, and now and then a disturbance."""
    pace = noise.lognormal(0, 0.08, runs)
    own = sizes[:, None] * pace * noise.lognormal(0, 0.04, (len(sizes), runs))
    return own * np.where(noise.random(own.shape) < 0.02, 1.5, 1.0)


@pytest.mark.parametrize("runs", [3, 5, 8])
def test_hundreds_of_functions_without_a_change_are_seldom_claimed(runs: int) -> None:
    noise, pairs, wrong = np.random.default_rng(20260101), 200, 0
    for _ in range(pairs):
        sizes = noise.lognormal(0, 0.5, 300)
        base, candidate = noisy(noise, sizes, runs), noisy(noise, sizes, runs)
        pace = paces(base, candidate)
        if pace:
            base, candidate = base / pace[0], candidate / pace[1]
        family = judged_together(base, candidate, np.ones(300, bool))
        wrong += any(verdict in CLAIMS for verdict in family.verdicts)
    assert wrong <= 0.05 * pairs


def test_counts_of_samples_vary_at_least_as_counts_do() -> None:
    base, candidate = np.full((1, 5), 10.0), np.full((1, 5), 13.0)
    assert judged_together(base, candidate, np.array([True])).verdicts == ("slower",)
    assert judged_together(base, candidate, np.array([True]), counts=np.array([11.5])).verdicts == ("inconclusive",)


def test_a_pace_that_differs_between_the_sides_is_a_change() -> None:
    noise = np.random.default_rng(7)
    base = np.abs(noise.normal(1, 0.01, (20, 5)))
    assert paces(base, base * 1.3) is None
    assert paces(base[:5], base[:5]) is None


def write_profile(path: Path, functions: Mapping[tuple[str, int, str], float]) -> Path:
    import marshal

    path.write_bytes(marshal.dumps({key: (1, 1, own, own, {}) for key, own in functions.items()}))
    return path


def test_one_run_a_side_decides_nothing_and_says_so(bench: Workbench, tmp_path: Path) -> None:
    bench.ingest([write_profile(tmp_path / "a.prof", {("/x/a.py", 1, "f"): 1.0})], Manifest(label="a", root="/x"))
    bench.ingest([write_profile(tmp_path / "b.prof", {("/x/a.py", 1, "f"): 9.0, ("/x/a.py", 9, "g"): 1.0})], Manifest(label="b", root="/x"))
    basis, [f, g] = bench.profile_change("a", "b").functions()
    assert (f.own.verdict, f.own.lo, f.own.change, f.presence, g.presence) == ("inconclusive", None, 8.0, "", "new")
    assert "fewer than three a side decide nothing" in basis.notes[0]
    with pytest.raises(UsageError, match="compared with itself"):
        bench.profile_change("a", "a").functions()


def test_functions_of_one_name_are_matched_in_their_order(bench: Workbench, tmp_path: Path) -> None:
    before = {("/x/a.py", line, "run"): own for line, own in ((10, 1.0), (20, 2.0))}
    after = {("/y/a.py", line, "run"): own for line, own in ((20, 1.0), (30, 2.0))}
    bench.ingest([write_profile(tmp_path / "a.prof", before)], Manifest(label="a", root="/x"))
    bench.ingest([write_profile(tmp_path / "b.prof", after)], Manifest(label="b", root="/y"))
    _, rows = bench.profile_change("a", "b").functions()
    assert {(row.line, row.own.base, row.own.candidate) for row in rows} == {(20, 1.0, 1.0), (30, 2.0, 2.0)}


BODY = '\n    """Says what it does{0}."""\n    found = {{}}\n    for item in items:\n        found[item] = found.get(item, 0) + 1\n    return found\n'


def committed(folder: Path, files: Mapping[str, str]) -> str:
    git = ("git", "-C", str(folder), "-c", "user.name=t", "-c", "user.email=t@t")
    for name in files:
        (folder / name).write_text(files[name])
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "-A"], check=True)
    subprocess.run([*git, "commit", "-qm", "c"], check=True)
    return subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()


def test_renamed_and_moved_functions_are_known_by_their_bodies(bench: Workbench, tmp_path: Path) -> None:
    folder = tmp_path / "repo"
    folder.mkdir()
    moved = "def moved(items):" + BODY.replace("+ 1", "+ 2").format("")
    first = committed(folder, {"a.py": "def count(items):" + BODY.format("") + moved, "b.py": ""})
    second = committed(folder, {"a.py": "import os\n\ndef tally(items):" + BODY.format(" now"), "b.py": moved})
    before = {(str(folder / "a.py"), 1, "count"): 1.0, (str(folder / "a.py"), 7, "moved"): 2.0}
    after = {(str(folder / "a.py"), 3, "tally"): 1.5, (str(folder / "b.py"), 1, "moved"): 2.0}
    bench.ingest([write_profile(tmp_path / "a.prof", before)], Manifest(label="a", root=str(folder), commit=first, dirty=False))
    bench.ingest([write_profile(tmp_path / "b.prof", after)], Manifest(label="b", root=str(folder), commit=second, dirty=False))
    _, rows = bench.profile_change("a", "b").functions()
    assert {(row.module, row.function, row.was, row.presence, row.own.base) for row in rows} == {
        ("a", "tally", "a.count", "", 1.0),
        ("b", "moved", "a.moved", "", 2.0),
    }


KEYS = [("/x/a.py", line, name) for line, name in ((1, "main"), (5, "f"), (9, "g"))]
NODE = """
insert into profile_nodes (run_id, node_id, parent_id, frame_id, count, self, total, unit, last_id, depth, recursive)
select $run, $node, if($node > 0, 0, null), frame_id, $own, $own, $total, 'samples', if($node > 0, $node, 2), least($node, 1), false
from frames where function = $name and line = $line
"""


def sampled(bench: Workbench, folder: Path, counts: Mapping[str, tuple[int, int]]) -> None:
    """Runs whose stacks are true: main calls f and g, and so many samples end in each."""
    paths = [write_profile(folder / f"{label}.prof", dict.fromkeys(KEYS, float(number))) for number, label in enumerate(counts)]
    stored = bench.ingest([described(path, Manifest(label=path.stem[0], root="/x")) for path in paths])
    with bench.store.writing() as connection:
        connection.execute("delete from profile_functions")
        for run, (f, g) in zip(stored, counts.values(), strict=True):
            for node, (own, total) in enumerate(((0, f + g), (f, f), (g, g))):
                _, line, name = KEYS[node]
                connection.execute(NODE, {"run": run.run_id, "node": node, "own": own, "total": total, "name": name, "line": line})


def test_samples_are_compared_as_shares_where_their_numbers_differ(bench: Workbench, tmp_path: Path) -> None:
    before = {f"a{number}": (3000 + number, 7000 + number) for number in range(4)}
    sampled(bench, tmp_path, before | {f"b{number}": (2500 + number, 2500 + number) for number in range(4)})
    basis, functions = bench.profile_change("a", "b").functions()
    assert basis.unit == "ratio"
    assert {(row.function, row.own.verdict) for row in functions} == {("f", "slower"), ("g", "faster"), ("main", "inconclusive")}
    cells = {row.function: function_cells(row) for row in functions}
    assert (cells["f"][2], cells["f"][3], cells["f"][4]) == ("30.0 %", "50.0 %", "+20.0 pp"), (
        "20 points of the whole more, which is two thirds of what it was"
    )
    _, paths = bench.profile_change("a", "b").paths()
    assert {(path.path[-1], path.total.verdict, path.estimated) for path in paths} == {
        ("a.main", "same", False),
        ("a.f", "slower", False),
        ("a.g", "faster", False),
    }
