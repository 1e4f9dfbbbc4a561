"""Flame graphs as data, as pages and as pictures: nothing is lost, and no name is more than text."""

from __future__ import annotations

import cProfile
import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from perfkit.analyses.call_paths import Merge, Place, ProfileTree
from perfkit.analyses.tree_difference import difference
from perfkit.cli import program
from perfkit.errors import UsageError
from perfkit.figures.flame import FlameGraph, Part
from perfkit.figures.flame_data import Flame, Side, flame_data
from perfkit.model.run import Manifest
from perfkit.workbench import Workbench

HOSTILE = (
    "</script><img src=x onerror=alert(1)>",
    "<!--<script>alert(1)</script>",
    "\u2028alert(1)//",
    "'\"><svg onload=alert(1)>",
    "@data@ $x$ & \x00\x1b[31m \u202egnp.exe \ud800",
)


def tree_of(names: tuple[str, ...], weight: float = 1.0) -> ProfileTree:
    """Each name calls all that follow it in the list."""
    merge = Merge([Place(number, name, f"app.{name}", f"app/{name}.py", number, "application") for number, name in enumerate(names)])
    merge.add(range(len(names)), range(-1, len(names) - 1), range(len(names)), [weight] * len(names))
    return merge.tree("wall_s", estimated=False, runs=1)


def flame(tree: ProfileTree, title: str = "baseline") -> Flame:
    return Flame(title, (Side(title, ("abc",), tree),))


def wide(count: int) -> ProfileTree:
    merge = Merge([Place(number, f"f{number}", "app", "app.py", number, "application") for number in range(count)])
    merge.add(range(count), [-1] + [(number - 1) // 3 for number in range(1, count)], range(count), [1.0 + number % 7 for number in range(count)])
    return merge.tree("samples", estimated=False, runs=1)


def data_of(page: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(page.partition('<script type="application/json" id="data">')[2].partition("</script>")[0])
    return found


@pytest.mark.parametrize("most", [10, 400, 5000])
def test_both_views_keep_the_whole_weight_however_much_is_left_out(most: int) -> None:
    tree = wide(1000)
    data = flame_data(flame(tree), most)
    for view in data["views"].values():
        assert sum(view["own"][0]) == pytest.approx(tree.whole)
        assert len(view["depth"]) == len(view["place"]) == len(view["own"][0]) <= 2 * most + 1
        assert len(view["left"]) // 2 == view["place"].count(-1)
    left = data["views"]["top-down"]["left"]
    assert sum(left[1::2]) == max(0, len(tree) - most)


def test_a_page_loads_nothing_and_runs_only_its_own_script() -> None:
    page = FlameGraph(flame(wide(50))).page()
    assert "default-src 'none'; script-src 'sha256-" in page
    assert not re.findall(r"(?:src|href)=|https?:|import\(|fetch\(|XMLHttp|innerHTML|eval\(", page)


def test_a_hostile_name_stays_inside_the_data() -> None:
    page = FlameGraph(flame(tree_of(HOSTILE), HOSTILE[0])).page()
    assert page.count("</script>") == page.count("<script") == 2
    assert "<!--" not in page and "\u2028" not in page and "<img" not in page
    assert HOSTILE[0] in data_of(page)["strings"]


def test_a_picture_holds_hostile_names_as_text(tmp_path: Path) -> None:
    from xml.etree import ElementTree

    path = FlameGraph(flame(tree_of(HOSTILE), HOSTILE[4])).save(tmp_path / "a.svg")
    texts = [element.text or "" for element in ElementTree.parse(path).iter() if element.tag.endswith("text")]
    assert any("<img src=x" in text for text in texts)
    assert not [element for element in ElementTree.parse(path).iter() if element.tag.endswith(("script", "img", "image"))]


def test_a_cell_shows_a_locked_frame_and_the_same_as_text() -> None:
    shown = FlameGraph(flame(tree_of(HOSTILE)))._repr_html_()
    assert shown.startswith("<iframe sandbox='allow-scripts' ")
    assert "allow-same-origin" not in shown
    assert "&lt;img src=x" in shown.split("<details>")[1]
    assert shown.count("'") == 8  # four attributes: none of them ends early


@pytest.fixture
def profiles(bench: Workbench, tmp_path: Path) -> Workbench:
    """Two labels, the second with more work in one function."""
    for label, repeats in (("baseline", 1), ("changed", 4)):
        profile = cProfile.Profile()
        profile.runcall(json.dumps, {str(number): [[number] * 5] * 3 * repeats for number in range(300)}, indent=1)
        profile.dump_stats(tmp_path / f"{label}.prof")
        bench.ingest([tmp_path / f"{label}.prof"], Manifest(label=label, scenario="dump"))
    return bench


def test_a_call_graph_says_that_its_paths_are_an_estimate(profiles: Workbench) -> None:
    data = data_of(profiles.flame("baseline").page())
    assert data["notes"] == ["The paths are an estimate: the profiler counted who calls whom, not paths."]
    assert [side["name"] for side in data["sides"]] == ["baseline"]


def test_what_changed_has_both_sides_on_the_same_paths(profiles: Workbench) -> None:
    graph = profiles.flame("changed", against="baseline", bottom_up=True)
    data = data_of(graph.page())
    assert (data["title"], data["view"]) == ("changed against baseline", "bottom-up")
    wholes = [profiles.profile(label).tree().whole for label in ("baseline", "changed")]
    assert [sum(own) for own in data["views"]["bottom-up"]["own"]] == pytest.approx(wholes)


def test_a_thread_of_a_profile_without_threads_is_refused(profiles: Workbench) -> None:
    with pytest.raises(UsageError, match="did not tell threads apart"):
        profiles.flame("baseline", part=Part(thread="MainThread"))


@pytest.mark.parametrize("suffix", [".svg", ".png"])
@pytest.mark.parametrize("bottom_up", [False, True])
def test_pictures_are_drawn_of_both_views_and_of_changes(profiles: Workbench, tmp_path: Path, suffix: str, bottom_up: bool) -> None:
    path = profiles.flame("changed", against="baseline", bottom_up=bottom_up).save(tmp_path / f"a{suffix}")
    assert path.read_bytes().startswith(b"<?xml" if suffix == ".svg" else b"\x89PNG")
    if suffix == ".svg":
        assert "own share grows" in path.read_text()


def test_sides_must_have_the_same_shape() -> None:
    both = difference(tree_of(("a", "b")), tree_of(("a", "c"), 3.0))
    data = flame_data(Flame("x", (Side("base", ("1",), both.base), Side("candidate", ("2",), both.candidate))))
    assert data["views"]["top-down"]["own"] == [[1, 1, 0], [3, 0, 3]] or data["views"]["top-down"]["own"] == [[1, 0, 1], [3, 3, 0]]


def test_the_command_writes_a_page_or_a_picture_and_refuses_other_suffixes(profiles: Workbench, tmp_path: Path) -> None:
    start = ["--workspace", str(profiles.workspace.root), "figure", "flame", "changed"]
    page, picture = tmp_path / "a.html", tmp_path / "a.svg"
    done = CliRunner().invoke(program, [*start, "--against", "baseline", "-o", str(page)])
    assert (done.exit_code, done.output) == (0, f"{page}\n")
    assert data_of(page.read_text(encoding="utf-8"))["title"] == "changed against baseline"
    assert CliRunner().invoke(program, [*start, "--bottom-up", "--mine", "--by", "wall_s", "-o", str(picture)]).exit_code == 0
    assert "wall time by cprofile, what libraries do" in " ".join(picture.read_text(encoding="utf-8").split())
    with pytest.raises(UsageError, match="a picture is"):
        CliRunner().invoke(program, [*start, "-o", str(tmp_path / "a.gif")], catch_exceptions=False)
