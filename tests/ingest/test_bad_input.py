"""A bad file is named with the format tried and what is wrong, and nothing is stored."""

from __future__ import annotations

import cProfile
import json
import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from perfkit.errors import ArtefactError, Exit
from perfkit.workbench import Workbench
from tests.conftest import WriteLog

PYTHON_2_PROFILE = b"{(\x03\x00\x00\x00t\x01\x00\x00\x00ai\x01\x00\x00\x00t\x01\x00\x00\x00b"


def empty(folder: Path) -> Path:
    path = folder / "empty.prof"
    path.touch()
    return path


def garbage(folder: Path) -> Path:
    path = folder / "garbage.json"
    path.write_bytes(random.Random(7).randbytes(4096))
    return path


def cut_profile(folder: Path) -> Path:
    path = folder / "cut.prof"
    profile = cProfile.Profile()
    profile.runcall(json.dumps, list(range(1000)))
    profile.dump_stats(path)
    path.write_bytes(path.read_bytes()[:-40])
    return path


def python_2_profile(folder: Path) -> Path:
    path = folder / "old.prof"
    path.write_bytes(PYTHON_2_PROFILE)
    return path


def cut_plan(folder: Path) -> Path:
    path = folder / "plan.json"
    path.write_text('[{"Plan": {"Node Type": "Seq Scan", "Relation Name": "per')
    return path


def cut_k6(folder: Path) -> Path:
    path = folder / "points.json"
    data = {"time": "2026-01-01T00:00:00.5Z", "value": 1.5, "tags": {"name": "/a", "status": "200"}}
    point = json.dumps({"metric": "http_req_duration", "type": "Point", "data": data})
    path.write_text(point + "\n" + point[:70])
    return path


def cut_gzip(folder: Path) -> Path:
    path = folder / "log.gz"
    path.write_bytes(b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03abc")
    return path


def nothing_known(folder: Path) -> Path:
    path = folder / "photos"
    path.mkdir()
    (path / "letter.txt").write_text("Dear reader,\n")
    return path


def dangling_link(folder: Path) -> Path:
    path = folder / "link.csv"
    path.symlink_to(folder / "nowhere.csv")
    return path


def header_only(folder: Path) -> Path:
    path = folder / "header.csv"
    path.write_text("timestamp,request_type,name,response_time_ms,response_length,status_code,exception\n")
    return path


BAD = [
    (empty, "empty"),
    (garbage, "none recognises"),
    (cut_profile, "cprofile"),
    (python_2_profile, "Python 2"),
    (cut_plan, "line 1, column"),
    (cut_k6, "k6-points"),
    (cut_gzip, "gzip"),
    (nothing_known, "none of its 1 files"),
    (dangling_link, "no such file"),
    (header_only, "no measurements"),
]


@pytest.mark.parametrize(("make", "said"), BAD, ids=[make.__name__ for make, _ in BAD])
def test_a_bad_file_stores_nothing_and_is_named(
    bench: Workbench, locust_log: WriteLog, tmp_path: Path, make: Callable[[Path], Path], said: str
) -> None:
    good = locust_log()
    path = make(tmp_path)
    with pytest.raises(ArtefactError) as raised:
        bench.ingest([good, path])
    assert str(path) in str(raised.value)
    assert said in str(raised.value)
    assert raised.value.exit_code == Exit.USAGE
    assert bench.store.query("select (select count(*) from runs), (select count(*) from requests)")[1] == [(0, 0)]
    assert not [item for item in bench.workspace.data.rglob(".*") if item.is_file()], "nothing half is left behind"


def test_spliced_rows_are_refused(bench: Workbench, locust_log: WriteLog) -> None:
    log = locust_log()
    lines = log.read_text().splitlines(keepends=True)
    lines[200] = lines[200][:20] + lines[201]
    log.write_text("".join(lines))
    with pytest.raises(ArtefactError, match="locust-requests"):
        bench.ingest([log])


def test_a_log_without_its_last_line_end_was_cut_off(bench: Workbench, locust_log: WriteLog) -> None:
    log = locust_log()
    os.truncate(log, log.stat().st_size - 1)
    with pytest.raises(ArtefactError, match="cut off"):
        bench.ingest([log])


def test_no_mutation_of_a_profile_ends_the_interpreter(bench: Workbench, tmp_path: Path) -> None:
    profile = cProfile.Profile()
    profile.runcall(json.dumps, {"a": [1, 2, 3]}, indent=1)
    profile.dump_stats(tmp_path / "good.prof")
    content = (tmp_path / "good.prof").read_bytes()
    from perfkit.readers import cprofile

    noise = random.Random(3)
    for _ in range(50):
        mutated = bytearray(content)
        for _ in range(noise.randint(1, 4)):
            mutated[noise.randrange(len(mutated))] = noise.randrange(256)
        (tmp_path / "mutated.prof").write_bytes(mutated)
        try:
            list(cprofile.read(tmp_path / "mutated.prof"))
        except ArtefactError as error:
            assert "mutated.prof" in str(error)


@pytest.mark.parametrize("as_format", ["cprofile", "k6-points", "locust-requests", "pg-explain", "perfkit-trace"])
@pytest.mark.parametrize("make", [empty, garbage], ids=["empty", "garbage"])
def test_a_format_that_is_asked_for_is_not_believed(bench: Workbench, tmp_path: Path, as_format: str, make: Callable[[Path], Path]) -> None:
    path = make(tmp_path)
    with pytest.raises(ArtefactError) as raised:
        bench.ingest([path], as_format=as_format)
    assert str(path) in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_file_name_that_is_no_text_is_stored_as_far_as_it_is_one(bench: Workbench, tmp_path: Path) -> None:
    plan = Path(__file__).parents[1] / "artefacts" / "pg_explain" / "filter.json"
    odd = Path(shutil.copy(plan, tmp_path / os.fsdecode(b"a\xff.json")))
    bench.ingest([odd])
    assert bench.sql("select name from artefacts").name.tolist() == ["a\ufffd.json"]
