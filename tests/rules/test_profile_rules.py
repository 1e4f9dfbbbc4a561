"""What profiles show of hot functions, lines and calls: each once, whoever measured it, and silence beside it."""

from __future__ import annotations

import cProfile
import marshal
from dataclasses import replace
from pathlib import Path

import pytest

from perfkit.analyses.call_paths import Merge, Place
from perfkit.analyses.frequent_callers import FrequentCaller
from perfkit.analyses.functions import FunctionTime
from perfkit.analyses.hot_lines import HotLine
from perfkit.analyses.library_calls import calls_of, library_calls
from perfkit.analyses.profile_bound import ProfileBound
from perfkit.model.run import Manifest
from perfkit.rules import bound, calls, functions
from perfkit.workbench import Workbench

COUNTED = FunctionTime("c", "pairs (shop/pairs.py:4)", "pairs", "shop.pairs", "shop/pairs.py", 4, "application", 8, 1.6, 1.6, 1.0, 200.0, "wall_s")
SAMPLED = replace(COUNTED, run_id="s", n=None, own=300.0, total=300.0, per_call_ms=None, unit="samples")
LINE = HotLine("s", "shop/pairs.py", 7, "pairs", "application", 120, 120.0, None, 0.75, None, None, 0.4, "samples")


def test_a_function_that_only_samples_show_is_found_without_an_invented_time() -> None:
    [finding] = functions.judge([SAMPLED])
    assert (finding.rule, finding.cost_ms, finding.saves_ms) == ("hot-function", None, None)
    assert "50 % less if it became twice as fast" in finding.saving_basis


def test_several_units_of_one_run_are_one_finding() -> None:
    assert len(functions.judge([SAMPLED, replace(SAMPLED, unit="cpu_s", own=3.0)])) == 1


def test_two_profilers_of_one_label_show_one_finding() -> None:
    [merged] = functions.judge([COUNTED, SAMPLED], groups={"c": "before", "s": "before"})
    assert (merged.run_id, merged.cost_ms) == ("c", 200)
    assert "another profile of the same program says 100 %" in merged.saving_basis
    assert len(functions.judge([COUNTED, SAMPLED], groups={"c": "before", "s": "after"})) == 2


def test_a_hot_line_belongs_to_its_hot_function_or_stands_alone() -> None:
    [within] = functions.judge([SAMPLED], lines=[LINE])
    assert "line 7 by itself 40 %" in within.title
    others = replace(SAMPLED, function="main", origin="library", own=700.0)
    [shared] = functions.judge([SAMPLED, others], lines=[LINE])
    assert "takes 30 % of the profile's working time, line 7, on which others work as well, 40 %" in shared.title
    [alone] = functions.judge([], lines=[LINE])
    assert (alone.rule, alone.place) == ("hot-line", "shop/pairs.py:7")
    assert "75.0 % of that in compiled code" in alone.title


@pytest.mark.parametrize("trap", [replace(LINE, share=0.05), replace(LINE, own=None), replace(LINE, origin="library"), replace(LINE, unit="bytes")])
def test_small_lines_and_those_of_others_are_silent(trap: HotLine) -> None:
    assert functions.judge([], lines=[trap]) == []


VIEW = Place(1, "render", "app.views", "app/views.py", 3, "application")
DUMPS = Place(2, "dumps", "json", "json/__init__.py", 1, "standard")
ENCODE = Place(3, "encode", "json.encoder", "json/encoder.py", 1, "standard")
RUN = Place(4, "run", "asyncio", "asyncio/run.py", 1, "standard")


def found_in(paths: list[tuple[list[int], float]]) -> list[tuple[str, float]]:
    merge = Merge([VIEW, DUMPS, ENCODE, RUN])
    for frames, weight in paths:
        merge.add(list(range(len(frames))), list(range(-1, len(frames) - 1)), frames, [0.0] * (len(frames) - 1) + [weight])
    return [(finding.title, 0.0) for finding in calls.judge(calls_of("r", merge.tree("samples", estimated=False, runs=1)))]


def test_the_work_of_a_library_belongs_to_who_called_it() -> None:
    titles = found_in([([1, 2, 3], 20.0), ([1, 2], 11.0), ([1], 69.0)])
    assert titles == [("json.dumps called from app.views.render: 31 % of the profile", 0.0)]


def test_a_library_that_calls_the_application_back_has_only_its_own_work() -> None:
    assert found_in([([1, 4, 1], 95.0), ([1, 4], 5.0)]) == []


CALLER = FrequentCaller("r", "parse", "app.parse", "app/parse.py", 2, 16_000, 1.0, 0.5, 3, "sync", "app/sync.py", 9, 15_000, 0.92)


def test_many_short_calls_from_one_place_are_that_places_matter() -> None:
    [finding] = calls.judge([], [CALLER])
    assert (finding.rule, finding.place) == ("one-caller-dominates", "app/sync.py:9")
    assert "46 % of the profile" in finding.title


@pytest.mark.parametrize(
    "trap", [replace(CALLER, calls=8), replace(CALLER, callers=1), replace(CALLER, caller_share=0.5), replace(CALLER, share=0.05)]
)
def test_long_calls_and_those_from_many_places_are_silent(trap: FrequentCaller) -> None:
    assert calls.judge([], [trap]) == []


def test_only_what_can_be_changed_is_a_finding() -> None:
    said = [finding.rule for finding in bound.judge([ProfileBound("r", "lock", 0.9, ("x",)), ProfileBound("r", "cpu", 1.0, ("x",))])]
    assert said == ["bound-by-lock"]


SOURCE = "import json\n\ndef render(rows):\n    return json.dumps(rows, indent=1)\n\ndef main(rows):\n    for _ in range(20):\n        render(rows)\n"


def test_a_real_profile_names_the_call_of_the_library(bench: Workbench, tmp_path: Path) -> None:
    names: dict[str, object] = {}
    exec(compile(SOURCE, str(tmp_path / "views.py"), "exec"), names)
    profile = cProfile.Profile()
    profile.runcall(names["main"], [[number] * 5 for number in range(200)])  # type: ignore[arg-type]
    profile.dump_stats(tmp_path / "a.prof")
    bench.ingest([tmp_path / "a.prof"], Manifest(label="a", root=str(tmp_path)))
    [finding] = [finding for finding in bench.diagnose() if finding.rule == "library-call"]
    assert finding.title.startswith("json.dumps called from views.render: ")


SHORT = replace(COUNTED, n=16_000, own=1.6, total=1.6)
FROM = FrequentCaller("c", "pairs", "shop.pairs", "shop/pairs.py", 4, 16_000, 1.6, 1.0, 1, "sync", "shop/sync.py", 9, 16_000, 1.0)


def test_short_calls_that_fill_a_profile_are_named_with_their_caller() -> None:
    [finding] = functions.judge([SHORT], callers=[FROM])
    assert "100 % of the profile's working time, in 16\u202f000 calls of 100 µs" in finding.title
    assert "from sync (shop/sync.py:9)" in finding.remedy
    assert finding.cost_ms is None


def test_short_calls_from_one_of_several_callers_are_that_callers_finding_alone() -> None:
    several = replace(FROM, callers=3, caller_share=0.9)
    assert functions.judge([SHORT], callers=[several]) == []
    assert len(calls.judge([], [several])) == 1


def test_samples_of_a_function_with_short_calls_are_a_finding_of_its_own() -> None:
    several = replace(FROM, callers=3, caller_share=0.9)
    [finding] = functions.judge([SHORT, SAMPLED], groups={"c": "before", "s": "before"}, callers=[several])
    assert finding.rule == "hot-function"


@pytest.mark.parametrize(
    ("function", "file"),
    [("pthread_cond_timedwait", "libc.so.6"), ("_PyEval_EvalFrameDefault", "/usr/lib/libpython3.13.so.1.0"), ("Builtins_CEntry", "/usr/bin/node")],
)
def test_waiting_and_the_interpreter_below_a_function_are_no_library(function: str, file: str) -> None:
    merge = Merge([VIEW, Place(5, function, file, file, 0, "native")])
    merge.add([0, 1], [-1, 0], [1, 5], [10.0, 30.0])
    assert calls.judge(calls_of("r", merge.tree("samples", estimated=False, runs=1))) == []


def test_imports_are_called_imports() -> None:
    merge = Merge([VIEW, Place(5, "_find_and_load", "<frozen importlib._bootstrap>", "<frozen importlib._bootstrap>", 0, "standard")])
    merge.add([0, 1], [-1, 0], [1, 5], [10.0, 30.0])
    [finding] = calls.judge(calls_of("r", merge.tree("samples", estimated=False, runs=1)))
    assert finding.title == "import called from app.views.render: 75 % of the profile"
    assert "importtime" in finding.remedy


RECURSIVE = "def fib(n):\n    return n if n < 2 else fib(n - 1) + fib(n - 2)\n\ndef main():\n    return fib(24)\n"


def test_a_real_profile_of_short_calls_names_the_function(bench: Workbench, tmp_path: Path) -> None:
    names: dict[str, object] = {}
    exec(compile(RECURSIVE, str(tmp_path / "numbers.py"), "exec"), names)
    profile = cProfile.Profile()
    for _ in range(5):
        profile.runcall(names["main"])  # type: ignore[arg-type]
    profile.dump_stats(tmp_path / "a.prof")
    bench.ingest([tmp_path / "a.prof"], Manifest(label="a", root=str(tmp_path)))
    [finding] = [finding for finding in bench.diagnose() if finding.rule == "hot-function"]
    assert finding.title.startswith("fib alone takes ") and " calls of " in finding.title
    assert "come from main" in finding.remedy


def test_a_profiler_that_tells_no_first_line_shows_the_same_function() -> None:
    lineless = replace(SAMPLED, function="Shop.pairs", line=0)
    [merged] = functions.judge([COUNTED, lineless], groups={"c": "before", "s": "before"})
    assert merged.place == "shop/pairs.py:4"
    assert len(functions.judge([lineless, replace(lineless, function="Shop.triples")])) == 2


def test_a_generator_is_not_said_to_be_called_too_often_by_the_built_in_function_that_reads_it() -> None:
    [finding] = functions.judge([SHORT], callers=[replace(FROM, caller="<method 'join' of 'str' objects>", caller_file="~", caller_line=0)])
    assert "join" not in finding.remedy


def test_a_profile_in_which_the_clock_never_moved_shows_no_calls(bench: Workbench, tmp_path: Path) -> None:
    view, dumps = ("app/views.py", 3, "render"), ("/usr/lib/python3.12/json/__init__.py", 1, "dumps")
    stats = {view: (1, 1, 0.0, 0.5, {}), dumps: (1, 1, 0.0, 0.5, {view: (1, 1, 0.0, 0.5)})}
    (tmp_path / "coarse.prof").write_bytes(marshal.dumps(stats))
    [stored] = bench.ingest([tmp_path / "coarse.prof"])
    assert library_calls(bench.store, [stored.run_id]) == []
