"""perfkit packs, init and check: a new user's path from an empty folder to a scorecard, and what programs read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from perfkit.model.run import Manifest
from perfkit.packs import load_pack
from perfkit.workbench import Workbench
from perfkit.workflow.checks import read_question
from perfkit.workspace import Workspace
from tests.command_line import perfkit
from tests.conftest import request_log

SYSTEMS = ("demo", "loki", "meeting_minutes", "sight", "synapse")


def test_the_packs_that_come_along_are_listed(tmp_path: Path) -> None:
    done = perfkit(tmp_path, "packs", "--json")
    rows = json.loads(done.stdout)
    assert done.returncode == 0
    assert [row["pack"] for row in rows] == list(SYSTEMS)
    assert all(row["targets"] > 0 for row in rows)


@pytest.mark.parametrize("name", SYSTEMS)
def test_a_pack_that_comes_along_has_no_mistake(name: str, tmp_path: Path) -> None:
    done = perfkit(tmp_path, "packs", "validate", name)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"{name} is a pack: " in done.stdout


@pytest.mark.parametrize("name", SYSTEMS)
def test_a_pack_is_shown_with_everything_in_it(name: str, tmp_path: Path) -> None:
    shown, pack = perfkit(tmp_path, "packs", "show", name).stdout, load_pack(name)
    labels = [item.label for items in (pack.constraints, pack.parameters, pack.models, pack.pools) for item in items]
    assert [label for label in labels if label not in shown] == []
    assert [item.name for item in pack.components if f"  {item.name}: " not in shown] == []
    assert [item.file for item in pack.documents.values() if item.file not in shown] == []
    as_json = json.loads(perfkit(tmp_path, "packs", "show", name, "--json").stdout)
    assert [item["label"] for item in as_json["targets"]] == [item.label for item in pack.targets]


def test_a_new_system_begins_with_a_pack_that_can_be_judged(tmp_path: Path) -> None:
    begun = perfkit(tmp_path, "init", str(tmp_path / "shop"), "--system", "new")
    assert begun.returncode == 0
    assert begun.stdout.startswith("Wrote perfkit.toml, packs/shop/pack.yml, shop.yml, schedule/github_actions.yml, schedule/crontab, ")
    assert f"{len(list((tmp_path / 'shop' / 'notebooks').glob('*.ipynb')))} notebooks in " in begun.stdout
    valid = perfkit(tmp_path / "shop", "packs", "validate", "shop")
    assert valid.stdout == "shop is a pack: 5 targets, 1 constraint, 2 components. Nothing is wrong in it.\n"
    judged = perfkit(tmp_path / "shop", "check", "--system", "shop")
    assert judged.returncode == 3
    assert "5 judged: 0 met, 0 missed, 0 inconclusive, 5 no_data." in judged.stdout


def test_what_the_new_pack_comments_out_is_right_too(tmp_path: Path) -> None:
    perfkit(tmp_path, "init", str(tmp_path / "shop"))
    path = tmp_path / "shop" / "packs" / "shop" / "pack.yml"
    lines = path.read_text(encoding="utf-8").splitlines()
    optional = [number for number, line in enumerate(lines) if line.startswith(("  # - ", "  #   "))]
    assert len(optional) == 10
    for number in optional:
        lines[number] = lines[number].replace("# ", "", 1)
    path.write_text("\n".join(lines), encoding="utf-8")
    done = perfkit(tmp_path / "shop", "packs", "validate", "shop")
    assert done.stdout.startswith("shop is a pack: 7 targets")


def test_the_first_investigation_and_its_schedules_can_be_used_as_they_are(tmp_path: Path) -> None:
    place = Workspace(tmp_path / "my shop")
    perfkit(tmp_path, "init", str(place.root), "--name", "shop")
    question = read_question(place.root / "shop.yml", place).said
    assert [(step.notebook, step.rounds) for step in question.steps] == [("collect_load", 5), ("compare_two_labels", 1)]
    nightly = yaml.safe_load((place.root / "schedule" / "github_actions.yml").read_text(encoding="utf-8"))
    commands = [step["run"] for step in nightly["jobs"]["investigate"]["steps"] if "run" in step]
    assert commands[1] == "perfkit run shop.yml --again || [ $? -eq 3 ]"
    line = (place.root / "schedule" / "crontab").read_text(encoding="utf-8").splitlines()[-1]
    assert line == f"17 3 * * * cd '{place.root}' && perfkit run shop.yml --again"


def test_what_is_there_already_stays(tmp_path: Path) -> None:
    perfkit(tmp_path, "init", str(tmp_path), "--name", "shop")
    (tmp_path / "shop.yml").write_text("mine", encoding="utf-8")
    again = perfkit(tmp_path, "init", str(tmp_path), "--name", "other", "--json")
    assert {Path(path).name for path in json.loads(again.stdout)["written"]} == {"pack.yml", "other.yml"}
    taken = perfkit(tmp_path, "init", str(tmp_path), "--name", "shop")
    assert taken.returncode == 2
    assert "There is a pack 'shop' already" in taken.stderr
    assert (tmp_path / "shop.yml").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--name", "My Shop"], "'My Shop' cannot be the name of a system"),
        (["--name", "demo"], "There is a pack 'demo' already"),
        (["--system", "sight", "--name", "shop"], "--name names a new system"),
        (["--system", "sihgt"], "There is no system 'sihgt'"),
    ],
)
def test_init_refuses_what_cannot_be(tmp_path: Path, arguments: list[str], said: str) -> None:
    done = perfkit(tmp_path, "init", str(tmp_path / "place"), *arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert not (tmp_path / "place").exists()


def test_a_known_system_needs_no_pack_of_its_own(tmp_path: Path) -> None:
    done = perfkit(tmp_path, "init", str(tmp_path / "place"), "--system", "sight")
    assert done.returncode == 0
    place = Workspace(tmp_path / "place")
    questions = sorted(place.root.glob("*.yml"))
    assert questions and all(read_question(path, place).said.system == "sight" for path in questions)
    assert not (tmp_path / "place" / "packs").exists()


def broken(folder: Path) -> Path:
    """A workspace whose pack has two mistakes."""
    pack = folder / "packs" / "shop" / "pack.yml"
    pack.parent.mkdir(parents=True)
    pack.write_text(
        'name: shop\ntitle: A shop\ntargets:\n  - {label: A, metric: latency.p96, must_be: "<", limit: 1 s}\nextra: 1\n', encoding="utf-8"
    )
    return pack


def test_validate_prints_one_mistake_a_line(tmp_path: Path) -> None:
    pack = broken(tmp_path)
    for named in ("shop", str(pack), str(pack.parent)):
        done = perfkit(tmp_path, "packs", "validate", named)
        assert done.returncode == 2
        assert [line.split(": ")[0] for line in done.stdout.splitlines()] == [f"{pack}:4", f"{pack}:5"]
    found = json.loads(perfkit(tmp_path, "packs", "validate", "shop", "--json").stdout)
    assert [item["line"] for item in found["mistakes"]] == [4, 5]


def test_a_pack_with_mistakes_judges_nothing_and_is_still_listed(tmp_path: Path) -> None:
    broken(tmp_path)
    done = perfkit(tmp_path, "check", "--system", "shop")
    assert (done.returncode, done.stdout) == (2, "")
    assert "not a pack: 2 mistakes: line 4: there is no metric `latency.p96`" in done.stderr
    assert "has mistakes: perfkit packs validate" in " ".join(perfkit(tmp_path, "packs").stdout.split())


def test_a_file_of_another_name_is_no_pack(tmp_path: Path) -> None:
    (tmp_path / "targets.yml").write_text("name: shop\n", encoding="utf-8")
    done = perfkit(tmp_path, "packs", "validate", str(tmp_path / "targets.yml"))
    assert done.returncode == 2
    assert "is not named pack.yml" in done.stderr


@pytest.fixture
def measured(tmp_path: Path) -> Path:
    """A workspace with five runs of a label."""
    bench = Workbench(Workspace(tmp_path / "workspace"))
    for turn in range(5):
        bench.ingest([request_log(tmp_path / f"{turn}.csv", seed=turn)], Manifest(label="base", scenario="s"))
    return bench.workspace.root


@pytest.mark.parametrize("system", ["sight", "synapse", "loki", "meeting_minutes"])
def test_every_target_of_a_system_is_in_its_scorecard(system: str, measured: Path) -> None:
    done = perfkit(measured, "check", "--system", system, "--json")
    verdicts, pack = json.loads(done.stdout), load_pack(system)
    assert {item["target"] for item in verdicts} == {target.name for target in pack.targets}
    assert {item["reading_of"] for item in verdicts} - {None} == set(pack.readings())
    given = {item["verdict"] for item in verdicts}
    assert done.returncode == (1 if "missed" in given else 3 if given != {"met"} else 0)
    columns = {"system", "label", "target", "metric", "subject", "value", "lo", "hi", "unit", "n", "verdict", "runs", "limit", "must_be", "source"}
    assert all(columns <= set(item) for item in verdicts)
    assert all(item["value"] is None and item["n"] == 0 and not item["runs"] for item in verdicts if item["verdict"] == "no_data")


def test_the_scorecard_reads_as_a_whole(measured: Path) -> None:
    shown = " ".join(perfkit(measured, "check", "--system", "sight").stdout.split())
    assert "GET /items < 500 ms" in shown and "and 4 more" in shown
    assert "“Frontend bundle size: <500KB” is one sentence with 3 readings: raw; gzip; brotli: none of them was measured." in shown
    assert "Constraints that no metric decides: Cache Hit Ratio: >80% for repeated queries" in shown
    assert shown.endswith("18 judged: 3 met, 0 missed, 0 inconclusive, 15 no_data.")


def test_against_without_a_system_is_refused(measured: Path) -> None:
    done = perfkit(measured, "check", "--new-only", "--against", "base")
    assert done.returncode == 2
    assert "--against names what a target's reduction is measured from" in done.stderr


def test_a_report_quotes_targets_with_numbers_and_verifies(tmp_path: Path) -> None:
    root = tmp_path / "shop"
    perfkit(tmp_path, "init", str(root))
    bench = Workbench(Workspace(root))
    for label, median_ms in (("baseline", 100.0), ("optimized", 50.0)):
        for turn in range(3):
            log = request_log(tmp_path / f"{label}{turn}.csv", median_ms=median_ms, seed=turn + int(median_ms))
            bench.ingest([log], Manifest(label=label, scenario="s"))
    written = perfkit(root, "report", str(root / "shop.yml"), "--output", str(root / "report.md"))
    assert written.returncode == 0, written.stderr
    assert "API P95 latency < 500 ms" in (root / "report.md").read_text(encoding="utf-8")
    verified = perfkit(root, "verify", str(root / "report.md"))
    assert verified.returncode == 0, verified.stdout
