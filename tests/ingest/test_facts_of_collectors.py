"""What a collector measured around a run is stored beside the artefact's rows, whatever its format."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from perfkit.errors import ArtefactError
from perfkit.model.run import MANIFEST_SUFFIX, Manifest
from perfkit.workbench import Workbench
from perfkit.workspace import Workspace

SESSION = Path(__file__).parents[1] / "artefacts" / "pyinstrument" / "session_4.json"


@pytest.fixture
def session(tmp_path: Path) -> Path:
    return Path(shutil.copy(SESSION, tmp_path))


def facts(bench: Workbench) -> dict[str, tuple[float, str]]:
    return {stat: (value, unit) for stat, value, unit in bench.store.query("select stat, value, unit from profile_facts")[1]}


def test_facts_of_the_manifest_replace_those_of_the_artefact_and_leave_the_others(session: Path, tmp_path: Path) -> None:
    told = Manifest(facts={"wall": (12.5, "wall_s"), "peak_rss": (4096.0, "bytes")})
    session.with_name(session.name + MANIFEST_SUFFIX).write_text(told.to_json())
    bench = Workbench(Workspace(tmp_path))
    stored = bench.ingest([session])[0]
    found = facts(bench)
    assert (found["wall"], found["peak_rss"]) == ((12.5, "wall_s"), (4096.0, "bytes"))
    assert {"cpu", "samples"} <= found.keys()
    assert stored.rows["profile_facts"] == len(found) == bench.store.query("select count(*) from profile_facts")[1][0][0]


@pytest.mark.parametrize("fact", ['["many", "count"]', "12", '[1e999, "count"]', '[1, "count", 2]'])
def test_a_fact_that_is_no_number_with_a_unit_is_refused(fact: str, session: Path, tmp_path: Path) -> None:
    session.with_name(session.name + MANIFEST_SUFFIX).write_text(f'{{"facts": {{"wall": {fact}}}}}')
    with pytest.raises(ArtefactError, match="fact wall"):
        Workbench(Workspace(tmp_path)).ingest([session])


def test_an_artefact_without_rows_is_refused_whatever_its_collector_measured(tmp_path: Path) -> None:
    empty = tmp_path / "profile.speedscope.json"
    empty.write_text('{"$schema": "https://www.speedscope.app/file-format-schema.json", "shared": {"frames": []}, "profiles": []}')
    empty.with_name(empty.name + MANIFEST_SUFFIX).write_text(Manifest(facts={"wall": (1.0, "wall_s")}).to_json())
    with pytest.raises(ArtefactError):
        Workbench(Workspace(tmp_path)).ingest([empty])
