"""The comment of a pull request: short, worst and best first, and harmless where it is posted."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from perfkit.cli import program
from perfkit.model.finding import Finding
from perfkit.report.summary import MOST_LINES, _calm, _code, _described
from perfkit.workbench import Workbench
from perfkit.workspace import Workspace
from tests.report.small_reports import INVESTIGATION, stored


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    """Measured once for all tests, none of which changes what is stored."""
    folder = tmp_path_factory.mktemp("shop")
    bench = Workbench(Workspace(folder))
    stored(bench, folder / "logs")
    return bench


@pytest.fixture(scope="module")
def report(bench: Workbench) -> Path:
    return bench.report(INVESTIGATION, bench.workspace.reports / "shop.md")


def perfkit(bench: Workbench, *arguments: str) -> Result:
    return CliRunner().invoke(program, ["--workspace", str(bench.workspace.root), *arguments])


def test_worst_regressions_come_first_then_the_greatest_improvements(bench: Workbench, report: Path) -> None:
    text = bench.summary(report)
    assert re.findall(r"^\| `GET /(\w+)`.* (slower|faster) \|$", text, re.MULTILINE) == [
        *((name, "slower") for name in ("jam", "ice", "honey")),
        *((name, "faster") for name in ("eggs", "dates", "cheese")),
    ]
    assert "| change | 97.5 % interval | |" in text
    assert "Besides: 2 slower, 2 faster, 1 same." in text.splitlines()


def test_the_longest_summary_fits_and_names_runs_and_the_way_back(bench: Workbench, report: Path) -> None:
    lines = bench.summary(report).splitlines()
    assert len(lines) <= MOST_LINES
    assert bench.runs()[0].run_id in next(line for line in lines if line.startswith("Runs: "))
    assert "`perfkit verify shop.md`" in lines[-1]


def test_a_report_that_was_changed_shows_in_its_summary(bench: Workbench, report: Path, tmp_path: Path) -> None:
    changed = tmp_path / "shop.md"
    changed.write_text(report.read_text().replace("Of 11[^", "Of 99[^"))
    true, false = (bench.summary(path).splitlines()[-1] for path in (report, changed))
    agreeing, numbers = (int(number) for number in re.findall(r"\d+", false)[:2])
    assert true.startswith(f"{numbers} of {numbers} numbers")
    assert agreeing == numbers - 1


def test_a_report_of_one_label_compares_nothing(bench: Workbench, tmp_path: Path) -> None:
    text = bench.summary(bench.report(INVESTIGATION.model_copy(update={"candidate": None}), tmp_path / "one.md"))
    assert "| `baseline` |" in text
    assert not re.search("optimized|change|compare", text)


def test_words_of_others_call_nobody_and_break_nothing() -> None:
    title = "<img src=x> @everyone | **bold**\n# heading ![x](y) `code`"
    finding = Finding("1", "2", "r", "P0", "HIGH", "LOW", title, None, "a|b`c\nd", None, None, None, None, "", "", "i")
    said = _described(finding)
    assert not re.search(r"<|@\w|(?<!\\)[*|#\[]|`code`|\n", said.replace("`a¦b’c d`", ""))
    assert _calm("see `a < b @c`, <b> @d") == "see `a < b @c`, &lt;b> @\u2060d"
    assert _code("") == "–"


def test_report_makes_pages_and_summaries_of_what_is_written(bench: Workbench, report: Path) -> None:
    page = perfkit(bench, "report", str(report), "--format", "html", "--json")
    assert json.loads(page.stdout) == {"page": str(report.with_suffix(".html"))}
    assert report.with_suffix(".html").read_text().startswith("<!doctype html>")
    assert perfkit(bench, "report", str(report), "--format", "summary").stdout == bench.summary(report)


def test_an_investigation_gives_report_and_page_in_one_go(bench: Workbench, tmp_path: Path) -> None:
    (tmp_path / "shop.yml").write_text("name: shop\nsystem: demo\nfeature: The shop\nquestion: Did it get faster?\n")
    done = perfkit(bench, "report", str(tmp_path / "shop.yml"), "--format", "html", "--output", str(tmp_path / "made" / "shop.html"))
    assert done.stdout.split() == [str(tmp_path / "made" / "shop.html")]
    assert (tmp_path / "made" / "shop.md").is_file()


@pytest.mark.parametrize(("options", "said"), [(["--base", "x", "--format", "html"], "--base"), ([], "already")])
def test_what_is_written_takes_no_options_of_an_investigation(bench: Workbench, options: list[str], said: str) -> None:
    done = perfkit(bench, "report", "written.md", *options)
    assert said in str(done.exception)


@pytest.mark.parametrize("form", ["html", "summary"])
def test_nothing_is_written_over_what_it_is_made_of(bench: Workbench, report: Path, tmp_path: Path, form: str) -> None:
    before = report.read_bytes()
    assert "what the" in str(perfkit(bench, "report", str(report), "--format", form, "--output", str(report)).exception)
    (question := tmp_path / "shop.yml").write_text("name: shop\nsystem: demo\nfeature: The shop\nquestion: Did it get faster?\n")
    assert "what the markdown is made of" in str(perfkit(bench, "report", str(question), "--output", str(question)).exception)
    assert "is a folder" in str(perfkit(bench, "report", str(question), "--output", str(tmp_path)).exception)
    assert "are both 'baseline'" in str(perfkit(bench, "report", str(question), "--candidate", "baseline").exception)
    page = perfkit(bench, "report", str(question), "--format", "html", "--output", str(tmp_path / "shop.md"))
    assert "Name the page with .html" in str(page.exception)
    assert (report.read_bytes(), [path.name for path in tmp_path.iterdir()]) == (before, ["shop.yml"])
