"""Names in profiles are text of others: none of them steers a terminal, ends a table's cell or a tree's line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from perfkit.cli import program
from perfkit.figures.tables import table
from perfkit.printable import STEERING_IN_LINES
from perfkit.workbench import Workbench

NAMES = ["red\x1b[31m\x1b]0;title\x07", "a|b", "line\nbreak", "null\x00byte", "\u202eturned", "\x9b2J", "日本語", "C:\\Users\\me"]


@pytest.fixture
def stored(bench: Workbench, tmp_path: Path) -> Workbench:
    """A profile of names that nobody means well with."""
    frames = [{"name": name, "file": f"C:\\shop\\{name}.py", "line": 3} for name in NAMES]
    samples = [list(range(depth + 1)) for depth in range(len(NAMES))]
    profile = {"type": "sampled", "name": "main\x1b[2J", "unit": "seconds", "startValue": 0, "endValue": 8, "samples": samples, "weights": [1.0] * 8}
    schema = "https://www.speedscope.app/file-format-schema.json"
    path = tmp_path / "names.json"
    path.write_text(json.dumps({"$schema": schema, "shared": {"frames": frames}, "profiles": [profile]}), encoding="utf-8")
    bench.ingest([path])
    return bench


@pytest.mark.parametrize("view", ["functions", "top-down", "bottom-up", "threads"])
@pytest.mark.parametrize("form", [[], ["--json"]])
def test_no_name_steers_the_terminal(stored: Workbench, view: str, form: list[str]) -> None:
    [run] = stored.runs()
    asked = ["--workspace", str(stored.workspace.root), "profile", run.run_id, "--view", view, *form]
    answer = CliRunner().invoke(program, asked, color=True)  # with color, click passes escapes on as it does to a terminal
    assert (answer.exception, STEERING_IN_LINES.findall(answer.output)) == (None, [])


def test_json_keeps_the_names(stored: Workbench) -> None:
    [run] = stored.runs()
    answer = CliRunner().invoke(program, ["--workspace", str(stored.workspace.root), "profile", run.run_id, "--json"])
    assert {row["function"] for row in json.loads(answer.output)} == set(NAMES)


def test_a_tree_has_one_line_a_path(stored: Workbench) -> None:
    [run] = stored.runs()
    answer = CliRunner().invoke(program, ["--workspace", str(stored.workspace.root), "profile", run.run_id, "--view", "top-down"])
    assert len(answer.output.rstrip("\n").split("\n")) == 3 + len(NAMES)


def test_markdown_has_one_line_a_row(stored: Workbench) -> None:
    [run] = stored.runs()
    lines = table(stored.profile(run.run_id).functions()).__str__().split("\n")
    assert len(lines) == 2 + len(NAMES)
    assert {line.replace("\\|", "").count("|") for line in lines} == {lines[0].count("|")}
