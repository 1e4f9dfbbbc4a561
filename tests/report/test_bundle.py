"""A report verifies in another workspace from its bundle: the runs come out equal, and what belongs to them finds its place."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import zstandard

from perfkit.errors import DocumentError, UsageError
from perfkit.model.run import Manifest
from perfkit.workbench import Workbench
from perfkit.workbench.evidence import STATED
from tests.command_line import perfkit
from tests.report.evidence_of_tools import SHOP, rewritten, runs_of, shop, workbench_in

TABLES = ("requests", "spans", "reported", "latency_buckets")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Workbench, Path]]:
    """Where the report was written."""
    bench = shop(tmp_path_factory.mktemp("home"))
    bench.measure("latency.p95")
    yield bench, bench.report(SHOP, bench.workspace.reports / "shop.md")


@pytest.fixture(scope="module", params=["bundle", "bundle.tar.zst"])
def carried(home: tuple[Workbench, Path], tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> tuple[Workbench, list[str]]:
    """Another workspace that has the bundle only, and what was said on the way."""
    bench, report = home
    folder = tmp_path_factory.mktemp("carried")
    bench.export(report, folder / request.param)
    other, said = workbench_in(folder / "elsewhere"), list[str]()
    other.ingest([folder / request.param], tell=said.append)
    return other, said


def test_the_report_verifies_elsewhere(home: tuple[Workbench, Path], carried: tuple[Workbench, list[str]]) -> None:
    other, said = carried
    copy = other.workspace.reports / "shop.md"
    assert copy.read_bytes() == home[1].read_bytes()
    checked = other.verify(copy)
    assert len(checked) > 10
    assert [item for item in checked if not item.agrees] == []
    assert any("perfkit verify reports/shop.md" in sentence for sentence in said)


def test_runs_come_out_equal(home: tuple[Workbench, Path], carried: tuple[Workbench, list[str]]) -> None:
    there = {row[0]: row for row in runs_of(home[0])}
    here = {row[0]: row for row in runs_of(carried[0])}
    assert here == {run_id: there[run_id] for run_id in here}
    assert len(here) >= 8
    assert {row[10] for row in here.values()} == {True, False}


@pytest.mark.parametrize("table", TABLES)
def test_rows_come_out_equal(home: tuple[Workbench, Path], carried: tuple[Workbench, list[str]], table: str) -> None:
    ids = [row[0] for row in runs_of(carried[0])]
    rows = f"select * from {table} where run_id in (select unnest($ids)) order by all"
    assert carried[0].store.query(rows, {"ids": ids}) == home[0].store.query(rows, {"ids": ids})


def test_artefacts_keep_their_names(home: tuple[Workbench, Path], carried: tuple[Workbench, list[str]]) -> None:
    names = set(carried[0].store.query("select name, bytes, format from artefacts")[1])
    assert names <= set(home[0].store.query("select name, bytes, format from artefacts")[1])
    assert any(name == "baseline trace.json" for name, *_ in names)


def test_a_bundle_of_a_bundle_is_the_same(home: tuple[Workbench, Path], carried: tuple[Workbench, list[str]], tmp_path: Path) -> None:
    home[0].export(home[1], tmp_path / "first")
    shutil.copytree(carried[0].workspace.root, tmp_path / "again" / "shop")
    again = workbench_in(tmp_path / "again" / "shop")
    again.export(again.workspace.reports / "shop.md", tmp_path / "second")
    assert (tmp_path / "first" / "bundle.json").read_bytes() == (tmp_path / "second" / "bundle.json").read_bytes()


def test_the_same_report_gives_the_same_bytes(home: tuple[Workbench, Path], tmp_path: Path) -> None:
    for name in ("one.tar.zst", "two.tar.zst"):
        home[0].export(home[1], tmp_path / name)
    assert (tmp_path / "one.tar.zst").read_bytes() == (tmp_path / "two.tar.zst").read_bytes()


def test_a_second_time_nothing_is_stored_twice(carried: tuple[Workbench, list[str]]) -> None:
    other, _ = carried
    before = runs_of(other)
    [bundle] = other.workspace.root.parent.glob("bundle*")
    assert all(item.already_there for item in other.ingest([bundle]))
    assert runs_of(other) == before


def test_a_folder_with_bundles_in_it_is_walked(home: tuple[Workbench, Path], tmp_path: Path) -> None:
    home[0].export(home[1], tmp_path / "recorded" / "shop")
    other = workbench_in(tmp_path / "elsewhere")
    other.ingest([tmp_path / "recorded"])
    assert {row[4] for row in runs_of(other)} == {"baseline", "optimized"}


def test_a_run_that_is_here_under_another_label_stays_and_is_named(home: tuple[Workbench, Path], tmp_path: Path) -> None:
    home[0].export(home[1], tmp_path / "bundle")
    other, said = workbench_in(tmp_path / "elsewhere"), list[str]()
    [log] = (tmp_path / "bundle" / "artefacts").glob("*-optimized_1.csv")
    [stored] = other.ingest([log])
    other.ingest([tmp_path / "bundle"], tell=said.append)
    assert any(sentence.startswith(f"The run {stored.run_id} is in this store with another label") for sentence in said)


def test_a_pack_is_placed_where_there_is_none(carried: tuple[Workbench, list[str]]) -> None:
    other, said = carried
    assert other.pack("shop").title == "A shop"
    assert any("The pack shop comes from the bundle" in sentence for sentence in said)


def test_another_pack_of_that_name_stays_and_verify_says_so(home: tuple[Workbench, Path], tmp_path: Path) -> None:
    home[0].export(home[1], tmp_path / "bundle")
    other, said = workbench_in(tmp_path / "elsewhere"), list[str]()
    pack = other.workspace.packs / "shop" / "pack.yml"
    pack.parent.mkdir(parents=True)
    pack.write_text((home[0].workspace.packs / "shop" / "pack.yml").read_text(encoding="utf-8").replace("120 ms", "50 ms"), encoding="utf-8")
    other.ingest([tmp_path / "bundle"], tell=said.append)
    assert "50 ms" in pack.read_text(encoding="utf-8")
    assert any("judges otherwise" in sentence for sentence in said)
    wrong = [item.message for item in other.verify(other.workspace.reports / "shop.md") if not item.agrees]
    assert any("is not the one that the report was written with" in message for message in wrong)


def test_without_its_runs_a_report_says_whom_to_ask(home: tuple[Workbench, Path], bench: Workbench, tmp_path: Path) -> None:
    shutil.copytree(home[0].workspace.packs, bench.workspace.packs)
    copy = Path(shutil.copy(home[1], tmp_path / "shop.md"))
    with pytest.raises(DocumentError, match=r"runs .* are not in this store.*workspace 'shop'.*perfkit export --for shop\.md"):
        bench.verify(copy)


def verified(bench: Workbench, report: Path) -> list[str]:
    return [item.text for item in bench.verify(report) if not item.agrees]


def test_a_bundle_without_the_words_of_its_report_does_not_prove_them(home: tuple[Workbench, Path], tmp_path: Path) -> None:
    home[0].export(home[1], tmp_path / "bundle")
    other = workbench_in(tmp_path / "elsewhere")
    other.ingest([rewritten(tmp_path / "bundle", lambda said: said.pop("written"))])
    report = other.workspace.reports / "shop.md"
    assert verified(other, report) == []
    assert not other.knows_words_of(report)
    report.write_text(report.read_text(encoding="utf-8") + "\nIt is now 3 times faster.\n", encoding="utf-8")
    assert verified(other, report) == ["3"]


def test_a_report_that_was_edited_takes_none_of_its_new_words_along(home: tuple[Workbench, Path], tmp_path: Path) -> None:
    edited = home[1].with_name("edited.md")
    edited.write_text(home[1].read_text(encoding="utf-8") + "\nIt is now 3 times faster.\n", encoding="utf-8")
    home[0].export(edited, tmp_path / "bundle")
    edited.unlink()
    other = workbench_in(tmp_path / "elsewhere")
    other.ingest([tmp_path / "bundle"])
    assert verified(other, other.workspace.reports / "edited.md") == ["3"]


def test_a_bundle_adds_nothing_to_a_report_that_is_known_here(home: tuple[Workbench, Path], tmp_path: Path) -> None:
    known, said = home[0].store.query("select * from written_reports order by all"), list[str]()
    home[0].export(home[1], tmp_path / "bundle")
    home[0].ingest([rewritten(tmp_path / "bundle", lambda told: told["written"][0].update(sentences="0" * 32))], tell=said.append)
    assert home[0].store.query("select * from written_reports order by all") == known
    assert any("known here in other words" in sentence for sentence in said)


def test_a_bundle_is_read_in_an_investigation_and_says_itself_what_its_runs_are(
    home: tuple[Workbench, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home[0].export(home[1], tmp_path / "bundle")
    monkeypatch.setenv(STATED, Manifest(investigation="another", commit="abc").to_json())
    other = workbench_in(tmp_path / "elsewhere")
    other.ingest([tmp_path / "bundle"])
    here = {row[0]: row for row in runs_of(other)}
    assert here == {row[0]: row for row in runs_of(home[0]) if row[0] in here}
    with pytest.raises(UsageError, match="is a bundle, which says itself what its runs are"):
        other.ingest([tmp_path / "bundle"], Manifest(label="mine"))


def test_accepted_findings_and_the_investigation_come_along(home: tuple[Workbench, Path], tmp_path: Path) -> None:
    bench, report = home
    bench.workspace.accepted.write_text("accepted: []\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"name a file that ends with \.yml or \.yaml"):
        bench.export(report, tmp_path / "bundle", report)
    investigation = tmp_path / "shop.yaml"
    investigation.write_text("name: shop-latency\n", encoding="utf-8")
    bench.export(report, tmp_path / "bundle", investigation)
    bench.workspace.accepted.unlink()
    other = workbench_in(tmp_path / "elsewhere")
    other.ingest([tmp_path / "bundle"])
    assert other.workspace.accepted.read_text(encoding="utf-8") == "accepted: []\n"
    assert (other.workspace.root / "shop.yaml").read_text(encoding="utf-8") == "name: shop-latency\n"


def test_figures_beside_the_report_come_along(home: tuple[Workbench, Path], tmp_path: Path) -> None:
    bench, report = home
    figure = report.with_name("figures") / "flame.svg"
    figure.parent.mkdir()
    figure.write_text("<svg/>", encoding="utf-8")
    with_figure = report.with_name("pictured.md")
    with_figure.write_text(report.read_text(encoding="utf-8") + "\n![Flame](figures/flame.svg) ![Far](../data/perfkit.duckdb)\n", encoding="utf-8")
    contents = bench.export(with_figure, tmp_path / "bundle")
    brought = {member.path for member in contents.files if member.path.startswith("report/")}
    assert {"report/figures/flame.svg", "report/pictured.md"} <= brought
    assert all(path.endswith((".svg", "pictured.md")) for path in brought)


def test_noise_floors_come_along(home: tuple[Workbench, Path], tmp_path: Path) -> None:
    bench, report = home
    [(fingerprint,)] = bench.store.query("select distinct fingerprint from runs where scenario = 'visitors'")[1]
    row = (fingerprint, "latency.p95", "GET /items", 0.05, "a b", "2026-01-01 00:00:00")
    bench.store.append("noise_floors", [row], replacing=True)
    bench.export(report, tmp_path / "bundle")
    other = workbench_in(tmp_path / "elsewhere")
    other.ingest([tmp_path / "bundle"])
    floors = "select * from noise_floors"
    assert other.store.query(floors) == bench.store.query(floors)
    assert len(other.store.query(floors)[1]) == 1


def test_rows_as_parquet_are_the_stores_rows(home: tuple[Workbench, Path], tmp_path: Path) -> None:
    bench, _ = home
    rows = bench.export_rows(["optimized"], tmp_path / "rows")
    read = f"from read_parquet('{tmp_path / 'rows'}/requests/*/*.parquet', hive_partitioning = true, hive_types_autocast = false)"
    asked = "select run_id, started_at, duration_ms, endpoint, ok {} where run_id in (select run_id from runs where label = 'optimized') order by all"
    assert bench.store.query(asked.format(read)) == bench.store.query(asked.format("from requests"))
    assert rows["requests"] == len(bench.store.query(asked.format(read))[1])


def test_strange_files_at_the_target_are_left_alone(home: tuple[Workbench, Path], tmp_path: Path) -> None:
    bench, report = home
    (tmp_path / "bundle").mkdir()
    kept = tmp_path / "bundle" / "thesis.txt"
    kept.write_text("years of work", encoding="utf-8")
    with pytest.raises(UsageError, match=r"thesis\.txt"):
        bench.export(report, tmp_path / "bundle")
    with pytest.raises(UsageError, match="is there already"):
        bench.export_rows(["optimized"], tmp_path / "bundle")
    assert kept.read_text(encoding="utf-8") == "years of work"
    kept.unlink()
    bench.export(report, tmp_path / "bundle")
    bench.export(report, tmp_path / "bundle")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bundle"]


@pytest.mark.parametrize("content", [b"years of work", zstandard.compress(b"years of work" * 99), b""])
def test_an_archive_of_somebody_else_is_left_alone(home: tuple[Workbench, Path], tmp_path: Path, content: bytes) -> None:
    (mine := tmp_path / "backup.tar.zst").write_bytes(content)
    with pytest.raises(UsageError, match="is no bundle, so it stays"):
        home[0].export(home[1], mine)
    assert mine.read_bytes() == content
    for _ in range(2):
        home[0].export(home[1], tmp_path / "own.tar.zst")


def test_a_list_or_a_link_of_somebody_else_is_left_alone(home: tuple[Workbench, Path], tmp_path: Path) -> None:
    home[0].export(home[1], bundle := tmp_path / "bundle")
    (bundle / "away").symlink_to(tmp_path)
    with pytest.raises(UsageError, match="such as away"):
        home[0].export(home[1], bundle)
    (other := tmp_path / "other").mkdir()
    (other / "bundle.json").write_text("{}")
    with pytest.raises(UsageError, match=r"such as bundle\.json"):
        home[0].export(home[1], other)


def test_what_cannot_be_placed_is_not_placed_in_part(home: tuple[Workbench, Path], tmp_path: Path) -> None:
    home[0].export(home[1], tmp_path / "bundle")
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "reports" / "shop.md").mkdir(parents=True)
    refused = perfkit(elsewhere, "ingest", str(tmp_path / "bundle"))
    assert (refused.returncode, "shop.md: cannot be written" in refused.stderr.splitlines()[-1]) == (2, True)
    assert not (elsewhere / "packs").exists()
    (elsewhere / "reports" / "shop.md").rmdir()
    assert "Wrote packs/shop/pack.yml." in perfkit(elsewhere, "ingest", str(tmp_path / "bundle")).stderr


def test_the_command_line_carries_a_report(home: tuple[Workbench, Path], tmp_path: Path) -> None:
    bench, report = home
    bundle = tmp_path / "shop.tar.zst"
    exported = perfkit(bench.workspace.root, "export", "--for", str(report), "--to", str(bundle))
    assert (exported.returncode, exported.stdout.strip()) == (0, str(bundle))
    ingested = perfkit(tmp_path / "elsewhere", "ingest", str(bundle))
    assert (ingested.returncode, "Wrote reports/shop.md." in ingested.stderr) == (0, True)
    assert perfkit(tmp_path / "elsewhere", "verify", str(tmp_path / "elsewhere" / "reports" / "shop.md")).returncode == 0


def test_a_bundle_takes_no_label(home: tuple[Workbench, Path], tmp_path: Path) -> None:
    home[0].export(home[1], tmp_path / "bundle")
    refused = perfkit(tmp_path / "elsewhere", "ingest", str(tmp_path / "bundle"), "--label", "other")
    assert (refused.returncode, "says itself what its runs are" in refused.stderr) == (2, True)
