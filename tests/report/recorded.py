"""Evidence that real tools left once, in a workspace of its own; the reports that are written from it, and the golden files that they must equal."""

from __future__ import annotations

import difflib
import re
from datetime import date
from pathlib import Path

from perfkit.packs.investigation import load_investigation
from perfkit.report.as_written import remember
from perfkit.report.evidence import gather
from perfkit.report.lint import outside_fences
from perfkit.report.named import report_lines
from perfkit.report.writing import write_report
from perfkit.workbench import Workbench
from perfkit.workspace import Workspace

CHECKOUT = Path(__file__).parents[2]
RECORDED = Path(__file__).parent / "recorded"
"""A folder for each system with a bundle, as `perfkit export --for REPORT --to evidence.tar.zst` writes it, or with what an unpacked one holds."""
GOLDEN = Path(__file__).parent / "golden"
WRITTEN_ON = date(2026, 11, 21)
MOST_BYTES = 1_000_000

MARK = re.compile(r"\[\^\d+\]")
HOLE = re.compile(r"\bNone\b|\bnan\b|\{\{|\}\}|\{%| ,| \(\)|  \S|``(?!`)|\.\.(?!\.)| \.(?!\w)")
"""What a sentence looks like from which something is missing."""
BARE = re.compile(r"(?<![\w.`/^\[-])\d[\d\u202f]*(?:\.\d+)?\[\^(?P<note>\d+)\]")
"""A cited number without a unit."""
COUNTS = ("verdicts", "findings", "gates", "items", "endpoints", "runs")
"""Citations that count things, and name them in the sentence."""
COUNTED = ("statements.per_request", "llm.calls", "pool.most_held", "db.connections", "statement.calls", "growth", "scaling", "api.calls")
"""Metrics that count, and have no unit."""


def workspace_of(name: str, folder: Path) -> Workbench:
    """A fresh workspace that holds the recorded evidence of one system, and nothing else."""
    bench = Workbench(Workspace(folder / name))
    bench.workspace.root.mkdir(parents=True)
    bench.ingest([*(RECORDED / name).glob("*.tar.zst")] or [RECORDED / name])
    return bench


def written(bench: Workbench, investigation: Path, output: Path) -> Path:
    """The report of an investigation file, as of a fixed day; code is read from the checkout, and git is not asked."""
    said = load_investigation(investigation)
    with bench.store.sitting():
        evidence = gather(bench.store, bench.pack(said.system), said)
        report = write_report(output, said, evidence, root=CHECKOUT, changes=lambda *_: [], on=WRITTEN_ON)
    remember(bench.store, report, report_lines(report))
    return report


def disagreeing(bench: Workbench, report: Path) -> list[str]:
    """What verify finds wrong."""
    checked = bench.verify(report)
    assert len(checked) > 20, "a report of this kind has more numbers"
    return [f"line {item.line}: {item.text}: {item.message}" for item in checked if not item.agrees]


def difference(report: Path, golden: str, *, update: bool) -> str:
    """Empty when the report equals the golden file; `pytest --update-golden` writes it anew, and its diff is read before it is committed."""
    expected, text = GOLDEN / golden, report.read_text(encoding="utf-8")
    if update:
        GOLDEN.mkdir(exist_ok=True)
        expected.write_text(text, encoding="utf-8")
    known = expected.read_text(encoding="utf-8") if expected.exists() else ""
    return "\n".join(difflib.unified_diff(known.splitlines(), text.splitlines(), golden, report.name, lineterm="", n=1))


def headings(report: Path) -> list[str]:
    """All headings with their marks, in order; a heading that a person filled in keeps what stands before the colon."""
    return [line for _, line in outside_fences(report.read_text(encoding="utf-8").splitlines()) if line.startswith("#")]


def hard_to_read(report: Path) -> list[str]:
    """Sections without content, sentences with holes, numbers without a unit."""
    lines = report.read_text(encoding="utf-8").splitlines()
    notes = {match[1]: match[2] for line in lines if (match := re.match(r"\[\^(\d+)\]: (.*)", line))}
    told = [(number, line) for number, line in outside_fences(lines) if not line.startswith(("[^", ">", "<!--"))]
    return [*_empty(told), *_holes(told), *_bare(told, notes)]


def _empty(told: list[tuple[int, str]]) -> list[str]:
    spoken = [(number, line) for number, line in told if line.strip()]
    followed = zip(spoken, [*spoken[1:], (0, "#")], strict=True)
    return [
        f"line {number}: nothing stands under {line!r}"
        for (number, line), (_, after) in followed
        if line.startswith("#") and _level(after) <= _level(line)
    ]


def _level(line: str) -> int:
    marks = len(line) - len(line.lstrip("#"))
    return marks or 99


def _holes(told: list[tuple[int, str]]) -> list[str]:
    plain = [(number, re.sub(r"`[^`]*`|“[^”]*”", "x", MARK.sub("", line)).strip()) for number, line in told if not line.startswith("|")]
    return [f"line {number}: {found[0]!r} in {line!r}" for number, line in plain if (found := HOLE.search(line))]


def _bare(told: list[tuple[int, str]], notes: dict[str, str]) -> list[str]:
    cited = [(number, line, match) for number, line in told for match in BARE.finditer(line)]
    return [f"line {number}: {match[0]} has no unit" for number, _, match in cited if not _counts(notes.get(match["note"], ""))]


def _counts(note: str) -> bool:
    """Whether a footnote is of a count, which has no unit."""
    figure, _, rest = note.partition(" · ")
    return figure in COUNTS or any(name in rest for name in COUNTED)
