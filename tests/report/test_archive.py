"""A report is kept in a user's repository: a digest in the mapped section, the whole in the archive, a line in its index; or nothing at all."""

from __future__ import annotations

import json
import os
import re
from datetime import date
from pathlib import Path

import pytest

from perfkit.errors import DocumentError
from perfkit.model.run import Manifest
from perfkit.packs.investigation import ArchivePlace, Investigation
from perfkit.report.archive_index import Entry, indexed
from perfkit.report.changes import apply, change_of
from perfkit.report.lint import lint
from perfkit.report.repository import Repository, repository, slug
from perfkit.workbench import Workbench
from perfkit.workspace import Workspace
from tests.command_line import perfkit
from tests.conftest import described, request_log

ARCHITECTURE = "# Backend\r\n\r\n## Performance\r\n\r\nIt was slow[^1].\r\n\r\n## Security\r\n\r\n[^1]: says 99 people\r\n"
FEATURE = "Persona research"


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workbench, Path]:
    """Five load runs a label, and their report."""
    bench, logs = Workbench(Workspace(tmp_path_factory.mktemp("workspace"))), tmp_path_factory.mktemp("logs")
    for label, median_ms in (("baseline", 700.0), ("optimized", 100.0)):
        for seed in range(5):
            log = request_log(logs / f"{label}-{seed}.csv", median_ms=median_ms, seed=seed + int(median_ms))
            described(log, Manifest(label=label, system="sight", scenario="api", parameters={"users": 4}))
    bench.ingest([logs])
    question = Investigation(name="research", system="sight", feature=FEATURE, question="Why is research slow?")
    return bench, bench.report(question)


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    root = tmp_path / "repo"
    (root / "docs" / "architecture").mkdir(parents=True)
    (root / "docs" / "architecture" / "backend.md").write_bytes(ARCHITECTURE.encode())
    return root


def asked(measured: tuple[Workbench, Path], repo: Path, *options: str, report: Path | None = None) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of perfkit archive."""
    bench, written = measured
    done = perfkit(bench.workspace.root, "archive", str(report or written), "--docs", str(repo), *options)
    return done.returncode, done.stdout, done.stderr


def tree(root: Path) -> dict[str, bytes]:
    """Every file with its bytes."""
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def test_the_digest_goes_into_the_mapped_section_and_the_whole_into_the_archive(measured: tuple[Workbench, Path], repo: Path) -> None:
    code, said, talk = asked(measured, repo, "--document", "optimizations")
    kept = sorted(tree(repo))
    assert (code, len(said.splitlines())) == (0, 2), talk
    name = f"docs/archive/performance_persona_research_{re.findall(r'_([0-9-]{10})', said)[0]}.md"
    assert [path for path in kept if path.endswith(".md")] == ["docs/architecture/backend.md", "docs/archive/README.md", name]
    stem = Path(name).stem
    assert (repo / name).read_text(encoding="utf-8") == measured[1].read_text(encoding="utf-8").replace(f"]({measured[1].stem}/", f"]({stem}/")
    assert f"docs/archive/{stem}/latency.svg" in kept
    text = (repo / "docs/architecture/backend.md").read_bytes().decode()
    assert text.index("It was slow") < text.index("### Persona research") < text.index("## Security")
    assert "faster" in text
    assert f"(../{name.removeprefix('docs/')})" in text
    assert lint(repo / "docs/architecture/backend.md") == []
    assert "--remove" in talk
    assert "git checkout" in talk


def test_verify_reads_the_blocks_of_a_document_and_nothing_else_in_it(measured: tuple[Workbench, Path], repo: Path) -> None:
    asked(measured, repo, "--document", "optimizations")
    document = repo / "docs/architecture/backend.md"
    root = measured[0].workspace.root
    fine = perfkit(root, "verify", str(document), "--json")
    assert "in 1 block of the document; the rest of it is not verified." in fine.stderr
    assert (fine.returncode, json.loads(fine.stdout)["wrong"]) == (0, [])
    assert json.loads(fine.stdout)["numbers"] > 10
    text = document.read_bytes().decode()
    cited = re.search(r"\d(?= ms\[\^optimizations)", text)
    assert cited is not None
    forged = text[: cited.start()] + str((int(cited[0]) + 1) % 10) + text[cited.end() :]
    document.write_bytes(forged.encode())
    wrong = perfkit(root, "verify", str(document), "--json")
    assert wrong.returncode == 1
    assert {item["line"] for item in json.loads(wrong.stdout)["wrong"]} == {text.count("\n", 0, cited.start()) + 1}


def test_archiving_again_changes_nothing_and_removing_gives_the_document_back(measured: tuple[Workbench, Path], repo: Path) -> None:
    asked(measured, repo, "--document", "optimizations")
    once = tree(repo)
    assert asked(measured, repo, "--document", "optimizations")[0] == 0
    assert tree(repo) == once
    assert asked(measured, repo, "--document", "optimizations", "--remove")[0] == 0
    assert (repo / "docs/architecture/backend.md").read_bytes() == ARCHITECTURE.encode()
    code, _, talk = asked(measured, repo, "--document", "optimizations", "--remove")
    assert code == 2
    assert "there is no block optimizations.persona_research" in talk


def test_each_feature_has_a_block_of_its_own(measured: tuple[Workbench, Path], repo: Path) -> None:
    asked(measured, repo, "--document", "optimizations")
    one = (repo / "docs/architecture/backend.md").read_bytes()
    asked(measured, repo, "--document", "optimizations", "--feature", "Hybrid search")
    assert (repo / "docs/architecture/backend.md").read_text(encoding="utf-8").count("<!-- perfkit begin") == 2
    assert perfkit(measured[0].workspace.root, "verify", str(repo / "docs/architecture/backend.md")).returncode == 0
    asked(measured, repo, "--document", "optimizations", "--feature", "Hybrid search", "--remove")
    assert (repo / "docs/architecture/backend.md").read_bytes() == one


def test_the_bundle_of_a_document_has_the_runs_of_all_its_blocks(measured: tuple[Workbench, Path], repo: Path, tmp_path: Path) -> None:
    alone = Investigation(name="alone", system="sight", feature="As it was", question="Is it fit for 4 users?", candidate=None)
    asked(measured, repo, "--document", "optimizations")
    asked(measured, repo, "--document", "optimizations", report=measured[0].report(alone, tmp_path / "alone.md"))
    document = repo / "docs" / "architecture" / "backend.md"
    assert len(measured[0].export(document, tmp_path / "bundle").runs) == 10
    assert [item for item in measured[0].verify(document) if not item.agrees] == []


def test_a_dry_run_shows_the_difference_and_writes_nothing(measured: tuple[Workbench, Path], repo: Path) -> None:
    before = tree(repo)
    code, said, _ = asked(measured, repo, "--document", "optimizations", "--dry-run")
    assert (code, tree(repo)) == (0, before)
    assert "--- a/docs/architecture/backend.md" in said
    assert "+++ b/docs/archive/README.md" in said
    assert "+### Persona research" in said
    assert json.loads(asked(measured, repo, "--document", "optimizations", "--dry-run", "--json")[1])["written"] is False


def test_without_a_kind_only_the_archive_gets_it(measured: tuple[Workbench, Path], repo: Path) -> None:
    asked(measured, repo)
    assert (repo / "docs/architecture/backend.md").read_bytes() == ARCHITECTURE.encode()
    assert len(list((repo / "docs/archive").glob("*.md"))) == 2


def test_the_investigation_may_say_which_document_is_meant(measured: tuple[Workbench, Path], repo: Path) -> None:
    bench, report = measured
    place = ArchivePlace(document="optimizations")
    question = Investigation(name="search", system="sight", feature="Search", question="Why is search slow?", archive=place)
    stated = bench.report(question, report.with_name("stated.md"))
    assert asked(measured, repo, report=stated)[0] == 0
    assert "<!-- perfkit begin optimizations.search " in (repo / "docs/architecture/backend.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("break_it", "message"),
    [
        (lambda repo: (repo / "docs/architecture/backend.md").write_text("# Backend\n"), "no heading 'Performance'.*'Backend'"),
        (lambda repo: (repo / "docs/architecture/backend.md").unlink(), "there is no such file"),
        (lambda repo: (repo / "docs/architecture/backend.md").write_bytes(b"\xff\xfe#\x00"), "not a text in UTF-8"),
        (lambda repo: (repo / "docs/architecture/backend.md").write_text("# Performance\n<!-- perfkit begin a.b -->\n"), "begins and never ends"),
        (lambda repo: (repo / "docs/architecture/backend.md").write_text("# Performance\n" + "x\n" * 695), "Move a part"),
        (lambda repo: (repo / "docs/archive").write_text("a file where the folder should be"), "cannot be"),
    ],
)
def test_where_one_file_cannot_be_written_none_is(measured: tuple[Workbench, Path], repo: Path, break_it: object, message: str) -> None:
    break_it(repo)  # type: ignore[operator]
    before = tree(repo)
    code, _, talk = asked(measured, repo, "--document", "optimizations")
    assert code == 2
    assert re.search(message, talk), talk
    assert tree(repo) == before


def test_a_report_with_a_wrong_number_goes_into_no_document(measured: tuple[Workbench, Path], repo: Path, tmp_path: Path) -> None:
    forged = tmp_path / "forged.md"
    forged.write_text(re.sub(r"\d(?= ms\[\^)", "9", measured[1].read_text(encoding="utf-8")), encoding="utf-8")
    before = tree(repo)
    code, _, talk = asked(measured, repo, "--document", "optimizations", report=forged)
    assert (code, tree(repo)) == (2, before)
    assert "do not verify" in talk


def test_an_unknown_kind_names_those_that_there_are(measured: tuple[Workbench, Path], repo: Path) -> None:
    code, _, talk = asked(measured, repo, "--document", "benchmark")
    assert code == 2
    assert "benchmarks" in talk


@pytest.mark.parametrize("feature", ["../../x", "/etc/x", "..\\x", "a/../../x", "x\0", "%2e%2e/x"])
def test_a_feature_stays_inside_whatever_it_is_called(measured: tuple[Workbench, Path], repo: Path, feature: str) -> None:
    outside = tree(repo.parent).keys() - {f"repo/{name}" for name in tree(repo)}
    assert asked(measured, repo, "--feature", feature)[0] == 0
    assert tree(repo.parent).keys() - {f"repo/{name}" for name in tree(repo)} == outside
    assert [path.name for path in (repo / "docs" / "archive").glob("performance_*x_2*.md")]


@pytest.mark.parametrize("link", ["docs/archive", "docs/architecture", "docs/architecture/backend.md"])
def test_links_that_lead_out_are_refused(measured: tuple[Workbench, Path], repo: Path, link: str) -> None:
    outside = repo.parent / "outside"
    outside.mkdir()
    (outside / "backend.md").write_bytes(ARCHITECTURE.encode())
    place = repo / link
    if place.is_dir():
        for path in place.iterdir():
            path.unlink()
        place.rmdir()
    elif place.exists():
        place.unlink()
    place.symlink_to(outside / "backend.md" if link.endswith(".md") else outside)
    before = tree(outside)
    code, _, talk = asked(measured, repo, "--document", "optimizations")
    assert code == 2
    assert "leads out of" in talk
    assert tree(outside) == before


def test_a_link_inside_the_repository_is_followed_and_stays_a_link(measured: tuple[Workbench, Path], repo: Path) -> None:
    real, link = repo / "notes.md", repo / "docs/architecture/backend.md"
    link.rename(real)
    link.symlink_to(real)
    assert asked(measured, repo, "--document", "optimizations")[0] == 0
    assert link.is_symlink()
    assert "perfkit begin" in real.read_text(encoding="utf-8")


def test_a_folder_of_documents_alone_is_enough(measured: tuple[Workbench, Path], repo: Path) -> None:
    assert asked(measured, repo / "docs", "--document", "optimizations")[0] == 0
    assert (repo / "docs" / "archive" / "README.md").is_file()
    assert not (repo / "docs" / "docs").exists()


def test_rights_of_a_document_stay(measured: tuple[Workbench, Path], repo: Path) -> None:
    document = repo / "docs/architecture/backend.md"
    document.chmod(0o640)
    asked(measured, repo, "--document", "optimizations")
    assert document.stat().st_mode & 0o777 == 0o640


def test_when_the_second_file_fails_the_first_is_as_before(tmp_path: Path) -> None:
    first, second = tmp_path / "first.md", tmp_path / "second.md"
    first.write_text("as before")
    wanted = [change_of(first, b"changed"), change_of(tmp_path / "new" / "third.md", b"new"), change_of(second, b"new")]
    second.mkdir()
    with pytest.raises(DocumentError, match=r"second\.md: cannot be written"):
        apply(wanted)
    assert first.read_text() == "as before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["first.md", "second.md"]


def test_pictures_move_with_the_report(measured: tuple[Workbench, Path], repo: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.md"
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "latency.svg").write_text("<svg/>")
    report.write_text("# Search\n\nIt is fast.\n\n![P95](report/latency.svg)\n")
    assert asked(measured, repo, report=report)[0] == 0
    kept = next((repo / "docs/archive").glob("performance_search_*.md"))
    assert f"]({kept.stem}/latency.svg)" in kept.read_text()
    assert (kept.parent / kept.stem / "latency.svg").read_text() == "<svg/>"
    assert asked(measured, repo, report=kept)[0] == 0
    assert len(list((repo / "docs/archive").glob("*.md"))) == 2


@pytest.mark.parametrize("picture", ["report/gone.svg", "../secret.svg", "/etc/hostname", "../reports/own.svg", "../../HERE/reports/own.svg"])
def test_a_picture_that_is_not_beside_the_report_is_not_taken(measured: tuple[Workbench, Path], repo: Path, tmp_path: Path, picture: str) -> None:
    (tmp_path / "secret.svg").write_text("secret")
    (tmp_path / "reports").mkdir()
    report = tmp_path / "reports" / "report.md"
    (report.parent / "own.svg").write_text("<svg/>")
    report.write_text(f"# Search\n\n![P95]({picture.replace('HERE', tmp_path.name)})\n")
    before = tree(tmp_path)
    assert asked(measured, repo, report=report)[0] == 2
    assert tree(tmp_path) == before


def test_what_somebody_else_changed_meanwhile_stays(tmp_path: Path) -> None:
    (index := tmp_path / "index.md").write_text("as before")
    wanted = [change_of(tmp_path / "new" / "report.md", b"new"), change_of(index, b"with mine")]
    index.write_text("with theirs")
    with pytest.raises(DocumentError, match=r"index\.md: somebody else changed it meanwhile"):
        apply(wanted)
    assert tree(tmp_path) == {"index.md": b"with theirs"}


@pytest.mark.parametrize("damage", [{"system": 5}, {"feature": ["x"]}, {"document": {}}, {"base": None}])
def test_a_report_whose_own_words_are_damaged_is_refused(
    measured: tuple[Workbench, Path], repo: Path, tmp_path: Path, damage: dict[str, object]
) -> None:
    report = tmp_path / "report.md"
    said = {"system": "sight", "base": "baseline", "candidate": "optimized", "document": "optimizations", **damage}
    report.write_text(f"# Search\n\nFast.\n\n<!-- perfkit report {json.dumps(said)} -->\n")
    code, _, talk = asked(measured, repo, report=report)
    assert (code, len(talk.splitlines())) == (2, 1)
    assert "which names system and labels, is damaged" in talk


def test_what_is_no_markdown_is_not_archived(measured: tuple[Workbench, Path], repo: Path, tmp_path: Path) -> None:
    (question := tmp_path / "shop.yml").write_text("name: shop\n")
    code, _, talk = asked(measured, repo, report=question)
    assert (code, "is no report" in talk, (repo / "docs" / "archive").exists()) == (2, True, False)


def test_the_archive_never_overwrites_another_report(measured: tuple[Workbench, Path], repo: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.md"
    for words in ("One.", "Two.", "One."):
        report.write_text(f"# Performance Optimization: Search\n\n{words}\n")
        asked(measured, repo, report=report)
    names = sorted(path.name for path in (repo / "docs/archive").iterdir())
    assert [re.sub(r"\d{4}-\d\d-\d\d", "DAY", name) for name in names] == ["README.md", "performance_search_DAY.md", "performance_search_DAY_2.md"]
    assert (repo / "docs/archive" / names[1]).read_text().endswith("One.\n")


def test_the_index_has_a_line_a_report_newest_first_and_keeps_its_own_words() -> None:
    old = Entry(date(2026, 1, 2), "Old", "old.md", "It was slow.")
    new = Entry(date(2026, 3, 4), "New [thing]", "new.md", "It is fast.")
    own = "# Ours\r\n\r\nKept words.\r\n"
    index = indexed(indexed(own, new, "README.md"), old, "README.md")
    assert index.startswith(own)
    assert re.findall(r"\((\w+\.md)\): (.*)\r\n", index) == [("new.md", "It is fast."), ("old.md", "It was slow.")]
    assert indexed(index, new, "README.md") == index
    assert "# Archive of performance reports" in indexed(None, new, "README.md")


def test_an_index_that_is_there_is_used(measured: tuple[Workbench, Path], repo: Path) -> None:
    (repo / "docs/archive").mkdir()
    (repo / "docs/archive/index.md").write_text("# Archive\n")
    asked(measured, repo)
    assert not (repo / "docs/archive/README.md").exists()
    assert "Persona research" in (repo / "docs/archive/index.md").read_text(encoding="utf-8")


def test_a_feature_becomes_a_file_name() -> None:
    assert slug("GET /projects/{id}") == "get_projects_id"
    assert slug("Übersicht Łódź") == "ubersicht_łodz"
    assert slug("検索") == "検索"
    for wrong in ("???", "", "x" * 200):
        with pytest.raises(DocumentError):
            slug(wrong)


def test_only_markdown_is_written_to(repo: Path) -> None:
    (repo / ".git").mkdir()
    (repo / ".git/config").write_text("[core]")
    with pytest.raises(DocumentError, match="no markdown"):
        Repository(repo.resolve()).document(".git/config")
    with pytest.raises(DocumentError, match="no such folder"):
        repository(repo / "nowhere")


def test_the_workspace_is_the_repository_unless_one_is_named(measured: tuple[Workbench, Path]) -> None:
    bench, report = measured
    kept = bench.archive(report)
    assert kept.parent == Path(os.path.realpath(bench.workspace.archive))
