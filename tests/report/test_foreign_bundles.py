"""A bundle from somewhere else is doubted: one that is not what it says is refused with a sentence, and nothing is stored or written."""

from __future__ import annotations

import io
import json
import os
import shutil
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import zstandard

from perfkit.workbench import Workbench
from tests.command_line import perfkit
from tests.report.evidence_of_tools import SHOP, rewritten, shop

Said = dict[str, Any]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Workbench, Path]]:
    bench = shop(tmp_path_factory.mktemp("home"), runs_a_label=1)
    yield bench, bench.report(SHOP, bench.workspace.reports / "shop.md")


@pytest.fixture(scope="module")
def exported(home: tuple[Workbench, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an unpacked and a packed bundle, which stay as they are."""
    folder = tmp_path_factory.mktemp("exported")
    for name in ("bundle", "shop.tar.zst"):
        home[0].export(home[1], folder / name)
    return folder


@pytest.fixture
def bundle(exported: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(exported / "bundle", tmp_path / "bundle"))


@pytest.fixture
def archive(exported: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(exported / "shop.tar.zst", tmp_path))


def refused(tmp_path: Path, source: Path) -> str:
    """The one sentence, of a workspace that stays without runs and files."""
    elsewhere = tmp_path / "elsewhere"
    told = perfkit(elsewhere, "ingest", str(source))
    assert told.returncode == 2, told.stderr
    assert told.stderr.count("\n") == 1
    assert json.loads(perfkit(elsewhere, "runs", "--json").stdout) == []
    left = {path.relative_to(elsewhere).as_posix() for path in elsewhere.rglob("*") if path.is_file()}
    assert left <= {"data/perfkit.duckdb", "data/perfkit.lock"}
    return told.stderr


def packed(path: Path, members: list[tuple[tarfile.TarInfo, bytes]]) -> Path:
    """An archive of anything."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for info, content in members:
            tar.addfile(info, io.BytesIO(content))
    path.write_bytes(zstandard.compress(raw.getvalue()))
    return path


def plain(name: str, content: bytes) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    return info, content


def members_of(bundle: Path) -> list[tuple[tarfile.TarInfo, bytes]]:
    files = sorted(path for path in bundle.rglob("*") if path.is_file() and path.name != "bundle.json")
    return [plain(str(path.relative_to(bundle)), path.read_bytes()) for path in (bundle / "bundle.json", *files)]


def test_an_honest_archive_of_another_packer_is_read(bundle: Path, tmp_path: Path) -> None:
    assert perfkit(tmp_path / "elsewhere", "ingest", str(packed(tmp_path / "own.tar.zst", members_of(bundle)))).returncode == 0


@pytest.mark.parametrize(
    "name", ["../outside.csv", "/tmp/outside.csv", "artefacts/../../outside.csv", "artefacts\\..\\outside.csv", "artefacts/C:x", ".git/config"]
)
def test_a_list_that_leads_out_of_the_bundle(bundle: Path, tmp_path: Path, name: str) -> None:
    def lead_out(said: Said) -> None:
        said["files"][0]["path"] = said["runs"][0]["artefact"] = name

    assert "leads out of the bundle" in refused(tmp_path, rewritten(bundle, lead_out))


@pytest.mark.parametrize("name", ["workspace/conftest.py", "pack/run.sh", "report/page.html", "workspace/.bashrc", "workspace/packs/sight/pack.yml"])
def test_files_that_would_be_run_have_no_place(bundle: Path, tmp_path: Path, name: str) -> None:
    refused(tmp_path, rewritten(bundle, lambda said: said["files"].append({"path": name, "bytes": 0, "sha256": "0" * 64})))


def test_half_a_character_in_the_list(bundle: Path, tmp_path: Path) -> None:
    refused(tmp_path, rewritten(bundle, lambda said: said["runs"][0].update(name="\ud800.csv")))


def test_a_member_that_the_list_does_not_name(bundle: Path, tmp_path: Path) -> None:
    evil = packed(tmp_path / "evil.tar.zst", [*members_of(bundle), plain("../../outside.csv", b"x")])
    assert "not in its list" in refused(tmp_path, evil)
    assert not (tmp_path / "outside.csv").exists()


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.DIRTYPE, tarfile.XHDTYPE])
def test_a_member_that_is_no_plain_file(bundle: Path, tmp_path: Path, kind: bytes) -> None:
    first, second, *rest = members_of(bundle)
    link = tarfile.TarInfo(second[0].name)
    link.type, link.linkname = kind, "/etc/passwd"
    assert "no plain file" in refused(tmp_path, packed(tmp_path / "evil.tar.zst", [first, (link, b""), *rest]))


def test_a_link_in_a_folder(bundle: Path, tmp_path: Path) -> None:
    victim = next((bundle / "artefacts").iterdir())
    shutil.move(victim, tmp_path / "moved")
    victim.symlink_to(tmp_path / "moved")
    assert "is a link" in refused(tmp_path, bundle)


def test_a_folder_that_is_a_link(bundle: Path, tmp_path: Path) -> None:
    shutil.move(bundle / "artefacts", tmp_path / "moved")
    (bundle / "artefacts").symlink_to(tmp_path / "moved")
    assert "is a link" in refused(tmp_path, bundle)


def test_an_artefact_of_which_one_byte_differs(bundle: Path, tmp_path: Path) -> None:
    victim = next((bundle / "artefacts").glob("*.csv"))
    victim.write_bytes(victim.read_bytes().replace(b"GET", b"PUT", 1))
    assert "size or hash differs" in refused(tmp_path, bundle)
    assert "size or hash differs" in refused(tmp_path, packed(tmp_path / "evil.tar.zst", members_of(bundle)))


def test_a_missing_file(bundle: Path, tmp_path: Path) -> None:
    next((bundle / "artefacts").glob("*.csv")).unlink()
    assert "is missing" in refused(tmp_path, bundle)
    assert "is missing" in refused(tmp_path, packed(tmp_path / "evil.tar.zst", members_of(bundle)))


@pytest.mark.parametrize("share", [0.001, 0.2, 0.7, 0.99])
def test_a_cut_archive(archive: Path, tmp_path: Path, share: float) -> None:
    content = archive.read_bytes()
    archive.write_bytes(content[: max(int(len(content) * share), 20)])
    assert "cut" in refused(tmp_path, archive) or share < 0.01


def test_a_damaged_archive(archive: Path, tmp_path: Path) -> None:
    content = bytearray(archive.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 40] = os.urandom(40)
    archive.write_bytes(content)
    refused(tmp_path, archive)


def test_a_small_archive_that_would_fill_the_disk(bundle: Path, tmp_path: Path) -> None:
    content = bytes(1 << 20)
    rewritten(bundle, lambda said: said["files"].append({"path": "artefacts/zeros", "bytes": 1 << 40, "sha256": "0" * 64}))
    bomb = packed(tmp_path / "bomb.tar.zst", [*members_of(bundle)[:1], plain("artefacts/zeros", content)])
    assert "times as many" in refused(tmp_path, bomb)


def test_a_file_that_goes_on_beyond_what_the_list_says(bundle: Path, tmp_path: Path) -> None:
    first, (info, content), *rest = members_of(bundle)
    grown = packed(tmp_path / "bomb.tar.zst", [first, plain(info.name, content + bytes(1 << 24)), *rest])
    assert "size or hash differs" in refused(tmp_path, grown)


def test_a_list_of_unlimited_size(bundle: Path, tmp_path: Path) -> None:
    huge = packed(tmp_path / "bomb.tar.zst", [plain("bundle.json", b'{"kind": "perfkit bundle"' + b" " * (17 << 20) + b"}")])
    assert "does not begin with a bundle.json" in refused(tmp_path, huge)
    (bundle / "bundle.json").write_bytes(b'{"kind": "perfkit bundle"' + b" " * (17 << 20) + b"}")
    assert "larger than any" in refused(tmp_path, bundle)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda said: said.update(version=2), "Update perfkit"),
        (lambda said: said.pop("runs"), "'runs' is missing"),
        (lambda said: said.update(runs=[]), "it has no runs"),
        (lambda said: said["runs"].append(said["runs"][0]), "a run twice"),
        (lambda said: said["files"].append(said["files"][0]), "a file twice"),
        (lambda said: said["files"].append({"path": "report/shop.md/x.md", "bytes": 0, "sha256": "0" * 64}), "a file and a folder"),
        (lambda said: said["runs"][0].update(name="../x"), "no file's name"),
        (lambda said: said["runs"][0].update(format="no-such"), "does not read"),
        (lambda said: said["runs"][0].update(format="speedscope"), "tried as speedscope"),
        (lambda said: said["runs"][0].update(manifest={"label": 1, "surprise": 2}), "surprise"),
        (lambda said: said["runs"][0].update(manifest=[]), "manifest"),
        (lambda said: said["runs"][0]["manifest"].update(label=["x"]), "label"),
        (lambda said: said["runs"][0]["manifest"].update(valid="perhaps"), "valid"),
        (lambda said: said["runs"][0]["manifest"].update(parameters=[1]), "parameters"),
        (lambda said: said["runs"][0]["manifest"].update(started_at="2026-01-01T00:00:00+09:00"), "started_at"),
        (lambda said: said.update(system="../../x"), "is no name"),
        (lambda said: said.update(report="report/other.md"), "does not list it"),
        (lambda said: said["files"][0].update(bytes=-1), "the size of"),
        (lambda said: said["files"][0].update(sha256="x"), "no SHA-256"),
        (lambda said: said.update(noise_floors=[{"spread": -1}]), "no spread"),
        (lambda said: said.update(files={}), "must be lists"),
        (lambda said: said.update(written={}), "must be lists"),
        (lambda said: said.update(written=[{"report": "x", "sentences": "0" * 32}]), "is no report"),
        (lambda said: said["written"][0].update(sentences="select 500"), "has no seals"),
    ],
)
def test_a_list_that_does_not_hold(bundle: Path, tmp_path: Path, change: Callable[[Said], object], words: str) -> None:
    assert words in refused(tmp_path, rewritten(bundle, change))


def test_a_cut_list(bundle: Path, tmp_path: Path) -> None:
    note = bundle / "bundle.json"
    note.write_bytes(note.read_bytes()[:500])
    assert "is damaged" in refused(tmp_path, bundle)


def test_a_bundle_json_of_another_tool_is_not_ours(home: tuple[Workbench, Path], tmp_path: Path) -> None:
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / "bundle.json").write_text('{"modules": []}', encoding="utf-8")
    assert "none of its 1 files is an artefact" in refused(tmp_path, tmp_path / "dist")


def test_what_is_there_is_not_overwritten(bundle: Path, tmp_path: Path) -> None:
    kept = tmp_path / "elsewhere" / "reports" / "shop.md"
    kept.parent.mkdir(parents=True)
    kept.write_text("mine", encoding="utf-8")
    told = perfkit(tmp_path / "elsewhere", "ingest", str(bundle))
    assert (told.returncode, kept.read_text(encoding="utf-8")) == (0, "mine")
    assert "reports/shop.md is there already and stays as it is" in told.stderr
