"""A report → the comment of a pull request: answer, verdicts, worst and best changes, worst finding, runs. At most 25 lines."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from pathlib import Path

from perfkit.analyses.comparison import Compared
from perfkit.analyses.latency import ALL_REQUESTS
from perfkit.model.finding import Finding
from perfkit.model.run import Run
from perfkit.model.verdict import Verdict
from perfkit.packs import Pack, load_pack
from perfkit.report.cited import MARK
from perfkit.report.evidence import Evidence
from perfkit.report.lint import HEADING
from perfkit.report.named import named_in, report_lines
from perfkit.report.table_rows import CODE
from perfkit.report.verify import checked, evidence_of
from perfkit.stats.comparison import CONFIDENCE
from perfkit.store import Store
from perfkit.units import format_quantity

MOST_LINES, MOST_ROWS, MOST_IDS = 25, 3, 3
MEASURES = {"latency.p95": "P95 under load", "bench.median": "median of the rounds", "time.total": "traced request", "statement.mean": "statement"}
"""What is compared first, where both labels have it."""
COUNTS = {"met": "met", "missed": "missed", "inconclusive": "inconclusive", "no_data": "not measured"}
MENTION = "@\u2060"
"""An at sign that calls nobody: a word joiner stands behind it."""
ACTIVE = re.compile(r"([\\*_\[\]~#|])")


def summary(report: Path, store: Store, pack_of: Callable[[str], Pack] = load_pack) -> str:
    """Everything but the answer is computed again, from the runs that the report names."""
    lines = report_lines(report)
    named = named_in(report, lines)
    evidence = evidence_of(report, named, store, pack_of(named.system))
    numbers = checked(report, lines, evidence)
    blocks = (
        _answer(lines),
        _verdicts(evidence),
        _changes(evidence) if evidence.candidate else _missed(evidence),
        [_finding(evidence)],
        [_runs(evidence)],
        [_again(report, evidence, sum(item.agrees for item in numbers), len(numbers))],
    )
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _answer(lines: Sequence[str]) -> list[str]:
    """The report's heading and first paragraph, on one line each."""
    heading = next((line for line in lines if HEADING.match(line)), "# Performance")
    after = lines[lines.index(heading) + 1 :] if heading in lines else []
    paragraphs = (list(group) for some, group in groupby(after, key=bool) if some)
    answer = " ".join(next(paragraphs, []))
    return [f"### {_calm(heading.lstrip('# '))}", "", _calm(MARK.sub("", answer))]


def _verdicts(evidence: Evidence) -> Iterator[str]:
    yield f"| targets | {' | '.join(COUNTS.values())} |"
    yield "|---|" + "---:|" * len(COUNTS)
    for label, given in evidence.verdicts.items():
        counted = (format_quantity(sum(item.verdict == name for item in given), "count") for name in COUNTS)
        yield f"| {_code(label)} | {' | '.join(counted)} |"


def _changes(evidence: Evidence) -> list[str]:
    """The worst and the best, and how many more there are."""
    metric = next((name for name in MEASURES if evidence.compared(name)), None)
    if metric is None:
        return ["The two labels have no measurement in common, so nothing is said about speed."]
    compared = [item for item in evidence.compared(metric).values() if item.subject != ALL_REQUESTS and item.ratio is not None]
    decided = {verdict: _by_change([item for item in compared if item.verdict == verdict]) for verdict in ("slower", "faster")}
    shown = [*decided["slower"][::-1][:MOST_ROWS], *decided["faster"][:MOST_ROWS]]
    bounds = f"{format_quantity(CONFIDENCE, 'ratio')} interval"
    table = [
        f"| {MEASURES[metric]} | {_code(evidence.base)} | {_code(evidence.candidate or '')} | change | {bounds} | |",
        "|---|---:|---:|---:|---|---|",
        *map(_row, shown),
    ]
    return [*(table if shown else ()), *_others(compared, shown)]


def _by_change(compared: Sequence[Compared]) -> list[Compared]:
    return sorted(compared, key=lambda item: (item.ratio or 0.0, item.subject))


def _row(item: Compared) -> str:
    interval = f"{_change(item.lo)} … {_change(item.hi)}"
    values = f"{format_quantity(item.base, item.unit)} | {format_quantity(item.candidate, item.unit)}"
    return f"| {_code(item.subject)} | {values} | {_change(item.ratio)} | {interval} | {item.verdict} |"


def _change(ratio: float | None) -> str:
    if ratio is None:
        return "open"
    return f"{'−' if ratio < 1 else '+'}{format_quantity(abs(ratio - 1), 'ratio')}"


def _others(compared: Sequence[Compared], shown: Sequence[Compared]) -> list[str]:
    rest = [item.verdict for item in compared if item not in shown]
    if not rest:
        return []
    counted = ", ".join(f"{rest.count(verdict)} {verdict}" for verdict in ("slower", "faster", "same", "inconclusive") if verdict in rest)
    # a line of its own below a table, and a paragraph where there is none
    return ["", f"{'Besides' if shown else 'Compared'}: {counted}."]


def _missed(evidence: Evidence) -> list[str]:
    """Of a report about one label: what it misses."""
    missed = [item for item in evidence.verdicts[evidence.base] if item.verdict == "missed"]
    if not missed:
        return []
    head = ["| missed | of | limit | value |", "|---|---|---:|---:|"]
    rows = [_missed_row(item) for item in missed[: 2 * MOST_ROWS]]
    return [*head, *rows, *(["", f"Besides: {len(missed) - len(rows)} missed."] if len(missed) > len(rows) else [])]


def _missed_row(item: Verdict) -> str:
    limit = f"{item.must_be} {format_quantity(item.limit, item.unit)}"
    return f"| {_inert(item.target)} | {_code(item.subject or '')} | {_calm(limit)} | {format_quantity(item.value, item.unit)} |"


def _finding(evidence: Evidence) -> str:
    if evidence.remaining:
        return f"**Worst finding left in {_code(evidence.judged)}**: {_described(evidence.remaining[0])}"
    if not evidence.findings:
        return f"No rule finds a problem in the evidence of {_code(evidence.judged)}."
    worst = _described(evidence.findings[0])
    if evidence.candidate is None:
        return f"**Worst finding**: {worst}"
    return f"**Worst finding in {_code(evidence.base)}**, not found in {_code(evidence.candidate)} any more: {worst}"


def _described(finding: Finding) -> str:
    cost = "its cost was not measured" if finding.cost_ms is None else f"costs {format_quantity(finding.cost_ms, 'ms')}"
    return f"{finding.priority}, {_inert(finding.title)}, at {_code(finding.place)}; {cost}."


def _runs(evidence: Evidence) -> str:
    return "Runs: " + "; ".join(f"{_code(label)} {_of_label(runs)}" for label, runs in evidence.runs.items()) + "."


def _of_label(runs: Sequence[Run]) -> str:
    kinds = {kind: [run.run_id for run in runs if run.kind == kind] for kind in sorted({run.kind for run in runs})}
    return ", ".join(f"{len(ids)} {kind} ({' '.join(ids[:MOST_IDS])}{' …' if len(ids) > MOST_IDS else ''})" for kind, ids in kinds.items())


def _again(report: Path, evidence: Evidence, agreeing: int, numbers: int) -> str:
    """How somebody else comes to the same numbers."""
    place = report.resolve()
    shown = place.relative_to(Path.cwd()) if place.is_relative_to(Path.cwd()) else Path(place.name)
    agree = f"{format_quantity(agreeing, 'count')} of {format_quantity(numbers, 'count')} numbers of the report agree with the store"
    commands = [f"perfkit verify {shown}", f"perfkit check --system {evidence.pack.name} --label {evidence.judged}"]
    if evidence.candidate:
        commands.append(f"perfkit compare {evidence.base} {evidence.candidate}")
    return f"{agree}. To see for yourself: {', '.join(map(_code, commands))}."


def _code(text: str) -> str:
    """A name that shows as it is, in a table as well."""
    return f"`{' '.join(text.split()).replace('`', '’').replace('|', '¦')}`" if text.strip() else "–"


def _inert(text: str) -> str:
    """Words of others without what markdown or a forge would act on."""
    return _calm(ACTIVE.sub(r"\\\1", " ".join(text.replace("`", "’").split())))


def _calm(text: str) -> str:
    """Markdown that stays, without tags, pictures and mentions; code is code anyway."""
    parts = re.split(f"({CODE})", " ".join(text.split()))
    return "".join(part if number % 2 else _without_calls(part) for number, part in enumerate(parts))


def _without_calls(text: str) -> str:
    return text.replace("<", "&lt;").replace("@", MENTION).replace("![", "[")
