"""Formats of memory: what is read adds up to the tool's own totals, and what is damaged is refused with its place."""

from __future__ import annotations

import gzip
import json
import pickle
import tracemalloc
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from perfkit.errors import ArtefactError, MissingTool
from perfkit.model.batch import Columns
from perfkit.readers import reader_named
from tests.readers.cutting import ARTEFACTS
from tests.readers.harm import assert_every_cut_is_refused, drained, manifest_of

MPROF, MEMRAY, STATS = ARTEFACTS / "mprof", ARTEFACTS / "memray_capture", ARTEFACTS / "memray_stats" / "shop.json"
SNAPSHOT, SITES, TYPES = (ARTEFACTS / name for name in ("tracemalloc/shop.pickle", "allocation_growth/shop.json", "object_growth/shop.json"))
MIB = 2**20


def tables(path: Path, name: str) -> dict[str, list[dict[str, Any]]]:
    """Every row that a file becomes, by table."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for batch in reader_named(name).read(path):
        if isinstance(batch, Columns):
            found[batch.table] += [dict(zip(batch.columns, row, strict=True)) for row in zip(*batch.columns.values(), strict=True)]
    return found


def facts(rows: dict[str, list[dict[str, Any]]]) -> dict[str, float]:
    return {row["stat"]: row["value"] for row in rows["profile_facts"]}


def of_unit(rows: dict[str, list[dict[str, Any]]], unit: str) -> list[dict[str, Any]]:
    return [row for row in rows["profile_nodes"] if row["unit"] == unit]


def written(folder: Path, text: str, name: str = "file.dat") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


# mprof


def test_sizes_of_mprof_are_in_mebibytes_and_the_largest_is_the_peak() -> None:
    path = MPROF / "marked.dat"
    rows = tables(path, "mprof")
    sizes = [float(line.split()[1]) for line in path.read_text().splitlines() if line.startswith("MEM")]
    assert [row["value"] for row in rows["samples"]] == pytest.approx([size * MIB for size in sizes])
    assert facts(rows)["peak_rss"] == pytest.approx(max(sizes) * MIB)
    assert manifest_of(path, "mprof").parameters["command"].endswith("shop.py 40")


def test_marked_functions_become_spans_with_their_sizes() -> None:
    spans = tables(MPROF / "marked.dat", "mprof")["spans"]
    assert sorted({row["name"] for row in spans}) == ["__main__.serve", "__main__.take"]
    assert sum(row["name"] == "__main__.take" for row in spans) == 40
    [serve] = [row for row in spans if row["name"] == "__main__.serve"]
    inside = sum(row["duration_ms"] for row in spans) - serve["duration_ms"]
    assert 0 < inside <= serve["duration_ms"]
    assert json.loads(serve["attributes"])["bytes_after"] >= json.loads(serve["attributes"])["bytes_before"] > MIB


def test_runs_in_one_file_stay_apart_and_children_have_series_of_their_own() -> None:
    assert {row["series"] for row in tables(MPROF / "two_runs.dat", "mprof")["samples"]} == {"rss", "rss (run 2)"}
    series = {row["series"] for row in tables(MPROF / "children.dat", "mprof")["samples"]}
    assert len(series) == 3 and sum(name.startswith("rss of child") for name in series) == 2


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("CMDLINE python app.py\nMEM 1.5 nan\n", "line 2"),
        ("CMDLINE python app.py\nMEM 1.5 1700000000.0\nMEM 1.5e400 1700000001.0\n", "line 3"),
        ("CMDLINE python app.py\nMEM -1.5 1700000000.0\n", "line 2"),
        ("CMDLINE python app.py\nMEM 1.5 1700000000.0\nHELLO\n", "line 3: .*HELLO"),
        ("MEM 1.5 1700000000.0\nFUNC f 1.0 1700000002.0 1.0 1700000001.0 1\n", "ended before it began"),
        ("MEM 1.5 1700000000.0\nCHLD a 1.0 1700000002.0\n", "line 2"),
        ("CMDLINE python app.py\n", "ended before the first look"),
        ("MEM 1.5 1700000000.0\nMEM 1.5", "cut off"),
    ],
)
def test_a_damaged_record_is_refused_with_its_line(text: str, complaint: str, tmp_path: Path) -> None:
    with pytest.raises(ArtefactError, match=complaint):
        drained(written(tmp_path, text), "mprof")


def test_a_size_of_minus_one_is_none(tmp_path: Path) -> None:
    """What is written where the process had ended when it was looked at."""
    text = "CMDLINE a\nMEM 5.0 100.0\nCHLD 0 -1.000000 100.1\nFUNC f 4.0 100.0 -1.0000 100.2 0\nMEM -1.000000 100.3\n"
    rows = tables(written(tmp_path, text), "mprof")
    assert [(row["series"], row["value"]) for row in rows["samples"]] == [("rss", 5 * MIB)]
    assert [json.loads(row["attributes"]) for row in rows["spans"]] == [{"bytes_before": 4 * MIB, "bytes_after": None, "level": 0}]


# memray


@pytest.mark.parametrize("name", ["shop.bin", "native.bin", "aggregated.bin"])
def test_the_peak_of_memray_is_the_sum_of_what_every_path_holds(name: str) -> None:
    rows = tables(MEMRAY / name, "memray")
    for unit in ("bytes", "allocations"):
        nodes = of_unit(rows, unit)
        assert sum(node["self"] for node in nodes) == sum(node["total"] for node in nodes if node["parent_id"] is None)
    assert sum(node["self"] for node in of_unit(rows, "bytes")) == facts(rows)["total"]
    assert sum(site["bytes"] for site in rows["heap_sites"]) == facts(rows)["left_at_end"]
    assert {row["series"] for row in rows["samples"]} == {"rss", "heap"}


def test_the_line_that_keeps_the_orders_leads_and_the_tool_is_not_in_the_way() -> None:
    rows = tables(MEMRAY / "shop.bin", "memray")
    frames = {row["frame_id"]: row["function"] for row in rows["frames"]}
    nodes = of_unit(rows, "bytes")
    largest = max(nodes, key=lambda node: node["self"])
    way = [frames[node["frame_id"]] for node in nodes if node["node_id"] <= largest["node_id"] <= node["last_id"]]
    assert way == ["<module>", "serve", "take", "__init__"]
    assert (largest["line"], largest["self"] >= 100 * 2000, largest["thread"]) == (8, True, "main")


def test_what_lived_only_a_moment_is_known_unless_the_capture_was_aggregated() -> None:
    whole, aggregated = (tables(MEMRAY / name, "memray") for name in ("shop.bin", "aggregated.bin"))
    assert sum(site["temporary_blocks"] for site in whole["heap_sites"]) == facts(whole)["temporary"] > 0
    assert {site["temporary_blocks"] for site in aggregated["heap_sites"]} == {None}
    assert not {"temporary", "allocations", "allocated"} & facts(aggregated).keys()


def test_a_forked_program_lasted_until_its_size_was_last_looked_at() -> None:
    rows = tables(MEMRAY / "forked.bin", "memray")
    moments = [row["at"] for row in rows["samples"]]
    assert 0.2 < (max(moments) - min(moments)).total_seconds() <= facts(rows)["wall"] < 2
    assert facts(rows)["total"] > 9_000_000


def test_statistics_name_the_same_totals_as_the_capture() -> None:
    rows, capture = tables(STATS, "memray-stats"), tables(MEMRAY / "shop.bin", "memray")
    assert {stat: facts(rows)[stat] for stat in ("total", "allocations", "allocated")}.items() <= facts(capture).items()
    assert sum(line["memory_mb"] or 0 for line in rows["profile_lines"]) * 1e6 <= facts(rows)["allocated"]
    assert (rows["profile_lines"][0]["function"], rows["profile_lines"][0]["file"], rows["profile_lines"][0]["line"]) == ("__init__", "shop.py", 8)


def test_a_capture_of_another_memray_is_a_missing_tool_that_says_what_to_do(tmp_path: Path) -> None:
    content = (MEMRAY / "shop.bin").read_bytes()
    version = content.index(b"memray\0") + len(b"memray\0")
    (tmp_path / "old.bin").write_bytes(content[:version] + b"\x0b" + content[version + 1 :])
    with pytest.raises(MissingTool, match=r"format 11, which memray [\d.]+ here cannot read.*pip install memray=="):
        drained(tmp_path / "old.bin", "memray")


@pytest.mark.parametrize("hundredth", [1, 30, 70, 99])
def test_a_capture_that_was_cut_off_is_refused(hundredth: int, tmp_path: Path) -> None:
    content = (MEMRAY / "shop.bin").read_bytes()
    (tmp_path / "cut.bin").write_bytes(content[: len(content) * hundredth // 100])
    with pytest.raises(ArtefactError, match="memray says"):
        drained(tmp_path / "cut.bin", "memray")


def test_a_compressed_capture_says_the_same(tmp_path: Path) -> None:
    (tmp_path / "shop.bin.gz").write_bytes(gzip.compress((MEMRAY / "shop.bin").read_bytes()))
    assert tables(tmp_path / "shop.bin.gz", "memray") == tables(MEMRAY / "shop.bin", "memray")


# tracemalloc and objects


def test_every_byte_of_a_snapshot_has_its_stack(tmp_path: Path) -> None:
    tracemalloc.start(3)
    kept = [bytes(1000) for _ in range(50)]
    snapshot = tracemalloc.take_snapshot()
    tracemalloc.stop()
    snapshot.dump(str(tmp_path / "own.pickle"))
    rows = tables(tmp_path / "own.pickle", "tracemalloc")
    own = sum(statistic.size for statistic in snapshot.statistics("lineno"))
    assert sum(site["bytes"] for site in rows["heap_sites"]) == own == facts(rows)["total"]
    assert sum(node["self"] for node in of_unit(rows, "bytes")) == own
    largest = max(rows["heap_sites"], key=lambda site: site["bytes"])
    assert largest["file"] == __file__ and largest["bytes"] >= 50 * 1000 and len(kept) == 50
    assert len(largest["stack"]) == 2 and "pytest" in largest["stack"][0]


@pytest.mark.parametrize("trace", [(100, (("a.py", 1),)), (0, 100, (("a.py", 1),)), (0, 100, (("a.py", 1),), 1)])
def test_snapshots_of_every_python_are_read(trace: tuple[object, ...], tmp_path: Path) -> None:
    snapshot = tracemalloc.Snapshot([trace], 1)  # type: ignore[list-item]
    snapshot.dump(str(tmp_path / "old.pickle"))
    [site] = tables(tmp_path / "old.pickle", "tracemalloc")["heap_sites"]
    assert (site["file"], site["line"], site["bytes"], site["blocks"]) == ("a.py", 1, 100, 1)


@pytest.mark.parametrize(
    "trace", [1, (), (0, -5, (("a.py", 1),), 1), (0, 2**70, (("a.py", 1),), 1), (0, 5, (("a.py", [1]),), 1), (0, 5, ((1, 1),), 1)]
)
def test_a_snapshot_with_other_traces_is_refused(trace: object, tmp_path: Path) -> None:
    tracemalloc.Snapshot([trace], 1).dump(str(tmp_path / "odd.pickle"))  # type: ignore[list-item]
    with pytest.raises(ArtefactError, match=r"odd\.pickle"):
        drained(tmp_path / "odd.pickle", "tracemalloc")


def test_a_snapshot_that_names_other_code_runs_nothing(tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> tuple[Callable[..., object], tuple[str]]:
            return Path.touch, (str(tmp_path / "ran"),)

    (tmp_path / "evil.pickle").write_bytes(b"\x80\x05\x8c\x0btracemalloc\x8c\x08Snapshot0" + pickle.dumps(Evil())[2:])
    with pytest.raises(ArtefactError, match="Nothing of it was run"):
        drained(tmp_path / "evil.pickle", "tracemalloc")
    assert not (tmp_path / "ran").exists()


def test_the_sites_of_each_moment_add_up_to_what_was_alive() -> None:
    rows, document = tables(SITES, "allocation-growth"), json.loads(SITES.read_text())
    for number, moment in enumerate(document["snapshots"]):
        assert sum(site["bytes"] for site in rows["heap_sites"] if site["snapshot"] == number) == moment["traced"]
    assert sum(node["self"] for node in of_unit(rows, "bytes")) == document["snapshots"][-1]["traced"] == facts(rows)["total"]


def test_objects_are_counted_by_type_at_each_moment() -> None:
    rows = tables(TYPES, "object-growth")["heap_types"]
    orders = [row["objects"] for row in rows if row["type"] == "__main__.Order"]
    assert orders[0] == 0 and orders == sorted(orders) and orders[-1] > 100
    assert [row["objects"] for row in rows if row["type"] == "module"][-1] > 10


@pytest.mark.parametrize(
    ("path", "name"), [(STATS, "memray-stats"), (SNAPSHOT, "tracemalloc"), (SITES, "allocation-growth"), (TYPES, "object-growth")]
)
def test_every_cut_is_refused(path: Path, name: str, tmp_path: Path) -> None:
    assert_every_cut_is_refused(path, name, tmp_path)


@pytest.mark.parametrize(
    ("path", "name", "change"),
    [
        (SITES, "allocation-growth", lambda document: document["snapshots"][2].update(traced=1)),
        (SITES, "allocation-growth", lambda document: document["snapshots"].reverse()),
        (SITES, "allocation-growth", lambda document: document["sites"].pop()),
        (SITES, "allocation-growth", lambda document: document["sites"][0]["stack"][0].__setitem__(1, -1)),
        (SITES, "allocation-growth", lambda document: document.update(started_at="yesterday")),
        (TYPES, "object-growth", lambda document: document["types"].__setitem__(0, document["types"][1])),
        (TYPES, "object-growth", lambda document: document["snapshots"][1]["objects"].__setitem__(0, float("nan"))),
        (TYPES, "object-growth", lambda document: document.update(snapshots=[])),
        (STATS, "memray-stats", lambda document: document.update(total_num_allocations=-1)),
        (STATS, "memray-stats", lambda document: document["metadata"].pop("peak_memory")),
        (STATS, "memray-stats", lambda document: document.update(top_allocations_by_size={})),
    ],
)
def test_what_does_not_add_up_is_refused(path: Path, name: str, change: Callable[[Any], object], tmp_path: Path) -> None:
    document = json.loads(path.read_text())
    change(document)
    with pytest.raises(ArtefactError, match=r"changed\.json"):
        drained(written(tmp_path, json.dumps(document), "changed.json"), name)
