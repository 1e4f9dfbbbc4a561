"""A report in a few lines for somebody's document: its answer, what was measured, and the runs; it verifies by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from perfkit.analyses.metrics import METRICS
from perfkit.errors import DocumentError
from perfkit.model.verdict import Verdict
from perfkit.report.blocks import footnote
from perfkit.report.citations import Origin, cite, parse_footnote
from perfkit.report.cited import MARK
from perfkit.report.context import BOTH, VERDICT_WORDS
from perfkit.report.evidence import Evidence
from perfkit.report.table_rows import as_row
from perfkit.report.written import WrittenReport

MOST_ROWS = 8
TIMES = ("ms", "per_second")
WORTH = {"faster": "better", "slower": "worse"}
"""What is no time is neither fast nor slow."""


@dataclass
class Notes:
    """Footnotes of one block; equal ones share a number."""

    name: str
    evidence: Evidence
    lines: list[str] = field(default_factory=list)

    def mark(self, text: str) -> str:
        """The mark of a footnote with this text."""
        if text not in self.lines:
            self.lines.append(text)
        return footnote(self.name, self.lines.index(text) + 1)

    def cite(self, figure: str, name: str, subject: str, side: str = BOTH) -> str:
        """A number with its mark."""
        citation = cite(self.evidence, Origin(figure, name, subject, side))
        return f"{citation.text}{self.mark(citation.footnote)}"

    @property
    def definitions(self) -> list[str]:
        return [f"{footnote(self.name, number)}: {text}" for number, text in enumerate(self.lines, start=1)]


@dataclass(frozen=True, slots=True)
class Place:
    """Where the digest will stand."""

    name: str
    """Of its block."""
    level: int
    """Of its heading."""
    feature: str
    link: str
    """From there to the whole report."""
    on: date


def digest(report: WrittenReport, evidence: Evidence, place: Place) -> list[str]:
    """Line by line."""
    notes = Notes(place.name, evidence)
    answer = [_with_own_marks(line, report, notes) for line in report.answer]
    table = list(_table(_measured(report), notes))
    return [
        f"{'#' * place.level} {place.feature}",
        "",
        *answer,
        "",
        *([*table, ""] if table else ["The report has no measured number.", ""]),
        f"Written on {place.on.isoformat()}. [The whole report]({place.link}) has the other numbers, the causes and the changes.",
        "",
        "<details><summary>Runs behind the numbers</summary>",
        "",
        "| label | kind | runs |",
        "|---|---|---|",
        *report.runs,
        "",
        "</details>",
        "",
        report.meta_line,
        "",
        *notes.definitions,
    ]


def _with_own_marks(line: str, report: WrittenReport, notes: Notes) -> str:
    def own(mark: re.Match[str]) -> str:
        if mark[1] not in report.footnotes:
            raise DocumentError(f"{report.path}: the footnote {mark[0]} of its first paragraph is missing. Write the report again.")
        return notes.mark(report.footnotes[mark[1]])

    return MARK.sub(own, line)


def _measured(report: WrittenReport) -> list[tuple[str, str]]:
    """Metric and subject of every measured value that the report shows, in its order."""
    origins = [parse_footnote(text) for text in report.footnotes.values() if text.startswith("value ")]
    return list(dict.fromkeys((origin.name, origin.subject) for origin in origins if origin.name in METRICS))


def _table(measured: Sequence[tuple[str, str]], notes: Notes) -> Iterator[str]:
    """What changed comes first, then what a target asks for."""
    evidence = notes.evidence
    labels = [label for label in (evidence.base, evidence.candidate) if label]
    known = [item for item in measured if any(_tells(evidence, *item, label) for label in labels)]
    if not known:
        return
    compared = len(labels) > 1
    heads = ["metric", "of", *labels, *(["improvement", "verdict"] if compared else []), "target"]
    yield f"| {' | '.join(heads)} |"
    yield f"|{'|'.join('---:' if head in (*labels, 'improvement') else '---' for head in heads)}|"
    for metric, subject in sorted(known, key=lambda item: _weight(evidence, *item))[:MOST_ROWS]:
        values = [notes.cite("value", metric, subject, label) for label in labels]
        change = [_improvement(notes, metric, subject), _changed(evidence, metric, subject)] if compared else []
        cells = [f"`{metric}`", f"`{subject}`", *values, *change, _targets(notes, metric, subject, labels[-1])]
        yield as_row(f"| {' | '.join(cells)} |")


def _tells(evidence: Evidence, metric: str, subject: str, label: str) -> bool:
    """Not of a part that no request has: its time is 0 under every label."""
    found = evidence.measured(metric, label).get(subject)
    return found is not None and (found.value != 0 or not METRICS[metric].sums)


def _weight(evidence: Evidence, metric: str, subject: str) -> int:
    judged = _changed(evidence, metric, subject)
    if judged in (*WORTH, *WORTH.values()):
        return 0
    return 1 if any(True for label in evidence.runs for _ in _verdicts(evidence, metric, subject, label)) else 2


def _improvement(notes: Notes, metric: str, subject: str) -> str:
    """As a factor where less is better; more of anything else is in the values."""
    comparable = METRICS[metric].better == "lower" and subject in notes.evidence.compared(metric)
    return notes.cite("speed-up", metric, subject) if comparable else "–"


def _changed(evidence: Evidence, metric: str, subject: str) -> str:
    compared = evidence.compared(metric).get(subject)
    if compared is None:
        return "not compared"
    return compared.verdict if compared.unit in TIMES else WORTH.get(compared.verdict, compared.verdict)


def _targets(notes: Notes, metric: str, subject: str, label: str) -> str:
    judged = list(_verdicts(notes.evidence, metric, subject, label))
    said = [f"{VERDICT_WORDS[item.verdict]}: {item.must_be} {notes.cite('limit', item.target, metric, 'pack')}" for item in judged]
    return "; ".join(said) or "none"


def _verdicts(evidence: Evidence, metric: str, subject: str, label: str) -> Iterator[Verdict]:
    return (item for item in evidence.verdicts[label] if item.metric == metric and item.subject == subject)
