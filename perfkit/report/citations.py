"""A citation is a number with its origin; the same function computes it for the writer and for verify."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from perfkit.analyses.memory_growth import memory_growth
from perfkit.analyses.metrics import METRICS
from perfkit.analyses.profile_bound import SAID, Bound, ProfileBound, profile_bounds
from perfkit.errors import DocumentError
from perfkit.model.finding import Finding
from perfkit.report.checklist import done
from perfkit.report.evidence import Evidence
from perfkit.report.review import gates
from perfkit.units import format_quantity

SEPARATOR = " · "
LEAKS = {"leak": "leaks", "flat": "does not leak", "undecided": "may or may not leak"}
BOUND_BY: Mapping[Bound, str] = {
    "cpu": "CPU",
    "gil": "the interpreter's lock",
    "io": "I/O",
    "lock": "locks",
    "sleep": "sleeping",
    "memory": "memory: copying",
    "allocation": "memory: allocating",
    "inconclusive": "undecided",
}
MOST_GONE = 0.999
"""What still takes something has not fallen by 100 %, as rounding would say."""
ALL_TARGETS, ALL_RULES = "all targets", "all rules"
FOOTNOTE = re.compile(r"^\[\^(?P<number>[0-9]{1,6})\]: (?P<text>.+)$")


@dataclass(frozen=True, slots=True)
class Origin:
    """What a number is: the footnote says these four, in this order."""

    figure: str
    """Which number: a key of FIGURES."""
    name: str
    """Metric, rule or target."""
    subject: str
    side: str
    """A label, or both of them."""


@dataclass(frozen=True, slots=True)
class Citation:
    """The number as it stands in the text, and what its footnote says."""

    text: str
    footnote: str


Figure = Callable[[Evidence, Origin], tuple[str, str]]
"""Text of the number, and what the footnote adds about its samples."""


def cite(evidence: Evidence, origin: Origin) -> Citation:
    """The number that an origin names, computed from the evidence."""
    if origin.figure not in FIGURES:
        raise DocumentError(f"A footnote names the figure {origin.figure!r}. Known: {', '.join(FIGURES)}.")
    try:
        text, samples = FIGURES[origin.figure](evidence, origin)
    except KeyError as error:
        raise DocumentError(f"A footnote names {error}, and the report stands on runs of {' and '.join(evidence.runs)}.") from error
    parts = [origin.figure, origin.name, f"`{origin.subject}`", origin.side, samples]
    return Citation(text, SEPARATOR.join(part for part in parts if part))


def parse_footnote(text: str) -> Origin:
    """The origin that a footnote states."""
    parts = text.split(SEPARATOR)
    if len(parts) < 4:
        raise DocumentError(f"The footnote {text!r} does not name figure, metric, subject and label.")
    return Origin(parts[0], parts[1], parts[2].strip("`"), parts[3])


def _value(evidence: Evidence, origin: Origin) -> tuple[str, str]:
    measured = evidence.measured(origin.name, origin.side).get(origin.subject)
    if measured is None:
        return format_quantity(None, "ms"), "n = 0"
    return format_quantity(measured.value, measured.unit), _samples(len(measured.runs), measured.n)


def _bound(end: str) -> Figure:
    def bound(evidence: Evidence, origin: Origin) -> tuple[str, str]:
        measured = evidence.measured(origin.name, origin.side).get(origin.subject)
        value = getattr(measured, end) if measured else None
        if measured is None or value is None:
            return "unbounded", "too few runs"
        return format_quantity(value, measured.unit), _samples(len(measured.runs), measured.n)

    return bound


def _ratio(end: str) -> Figure:
    def ratio(evidence: Evidence, origin: Origin) -> tuple[str, str]:
        compared = evidence.compared(origin.name).get(origin.subject)
        value = getattr(compared, end) if compared else None
        if compared is None or value is None:
            return "undecided", "too few runs"
        speedup = {"ratio": 1 / compared.ratio if compared.ratio else 0, "lo": 1 / value if value else 0, "hi": 1 / value if value else 0}[end]
        return format_quantity(speedup, "factor"), f"{compared.runs_base} and {compared.runs_candidate} runs"

    return ratio


def _change(evidence: Evidence, origin: Origin) -> tuple[str, str]:
    """By how much the candidate differs from the base, in per cent of the base."""
    compared = evidence.compared(origin.name).get(origin.subject)
    if compared is None or compared.ratio is None:
        return "undecided", "too few runs"
    part = abs(compared.ratio - 1)
    change = format_quantity(min(part, MOST_GONE) if 0 < compared.ratio < 1 else part, "ratio")
    sign = "−" if compared.ratio < 1 else "+"
    return f"{sign}{change}", f"{compared.runs_base} and {compared.runs_candidate} runs"


def _judged(evidence: Evidence, origin: Origin) -> tuple[str, str]:
    """The value that a verdict was given for."""
    for verdict in evidence.verdicts[origin.side]:
        if verdict.target == origin.name and (verdict.subject or "") == origin.subject:
            return format_quantity(verdict.value, verdict.unit), f"{verdict.metric}, {_samples(len(verdict.runs), verdict.n)}"
    raise DocumentError(f"The scorecard of {origin.side} has no line {origin.name!r} for {origin.subject!r}.")


def _accuracy(evidence: Evidence, origin: Origin) -> tuple[str, str]:  # noqa: ARG001  every figure takes the same
    """What the check said, in quotation marks: its words may hold numbers of its own."""
    found = evidence.accuracy
    return (_quoted(found.said) if found else "not measured"), "newest check of each label"


def _saved(evidence: Evidence, origin: Origin) -> tuple[str, str]:
    compared = evidence.compared(origin.name).get(origin.subject)
    if compared is None:
        return format_quantity(None, "ms"), "n = 0"
    return format_quantity(compared.base - compared.candidate, compared.unit), f"{compared.runs_base} and {compared.runs_candidate} runs"


def _of_finding(column: str) -> Figure:
    def number(evidence: Evidence, origin: Origin) -> tuple[str, str]:
        finding = _finding(evidence, origin)
        value: float | None = getattr(finding, column)
        return format_quantity(value, "ms"), f"run {finding.run_id}"

    return number


def _title(evidence: Evidence, origin: Origin) -> tuple[str, str]:
    finding = _finding(evidence, origin)
    return f"**{finding.title}**", f"run {finding.run_id}"


def _place(evidence: Evidence, origin: Origin) -> tuple[str, str]:
    finding = _finding(evidence, origin)
    return f"`{finding.place}`", f"run {finding.run_id}"


def _words(column: str) -> Figure:
    """In quotation marks: advice and explanations carry numbers that their footnote answers for."""

    def words(evidence: Evidence, origin: Origin) -> tuple[str, str]:
        finding = _finding(evidence, origin)
        return _quoted(str(getattr(finding, column))), f"run {finding.run_id}"

    return words


def _finding(evidence: Evidence, origin: Origin) -> Finding:
    finding = evidence.finding_by_id.get(origin.subject)
    if finding is None:
        raise DocumentError(f"The evidence no longer shows the finding {origin.subject} of the rule {origin.name}.")
    return finding


def _limit(evidence: Evidence, origin: Origin) -> tuple[str, str]:
    for target in evidence.pack.targets:
        if target.name == origin.name:
            quantity = target.quantity
            return format_quantity(quantity.value, quantity.unit), f"pack {evidence.pack.name}"
    raise DocumentError(f"The pack {evidence.pack.name} has no target {origin.name!r}.")


def _verdict_count(evidence: Evidence, origin: Origin) -> tuple[str, str]:
    given = evidence.verdicts[origin.side]
    about = [verdict for verdict in given if origin.subject in (ALL_TARGETS, verdict.target)]
    fitting = [verdict for verdict in about if origin.name in ("all", verdict.verdict)]
    return format_quantity(len(fitting), "count"), f"pack {evidence.pack.name}"


def _finding_count(evidence: Evidence, origin: Origin) -> tuple[str, str]:
    found = [item for item in evidence.findings_of(origin.side) if origin.subject in (ALL_RULES, item.priority, item.rule)]
    return format_quantity(len(found), "count"), "newest evidence of each kind"


def _item_count(evidence: Evidence, origin: Origin) -> tuple[str, str]:
    """Of one of the pack's checklists."""
    items = [done(evidence, item) for checklist in evidence.pack.checklists if checklist.title == origin.subject for item in checklist.items]
    return format_quantity(len([item for item in items if item.ticked or origin.name == "all"]), "count"), f"pack {evidence.pack.name}"


def _gate_count(evidence: Evidence, origin: Origin) -> tuple[str, str]:
    answered = [gate for gate in gates(evidence, origin.side) if origin.name in ("all", gate.answer)]
    return format_quantity(len(answered), "count"), f"pack {evidence.pack.name}"


def _faster_count(evidence: Evidence, origin: Origin) -> tuple[str, str]:
    compared = [item for item in evidence.compared(origin.name).values() if item.subject != "all requests"]
    counted = [item for item in compared if origin.subject in ("measured", item.verdict)]
    return format_quantity(len(counted), "count"), f"{len(compared)} compared"


def _run_count(evidence: Evidence, origin: Origin) -> tuple[str, str]:
    """Of a kind; of a metric those that its number stands on, for a ladder beside a load is no run of that load."""
    if origin.name in METRICS:
        found = evidence.measured(origin.name, origin.side).get(origin.subject)
        return format_quantity(len(found.runs) if found else 0, "count"), "valid and alike"
    return format_quantity(len([run for run in evidence.runs[origin.side] if run.kind == origin.name]), "count"), "valid and invalid"


def _leak(evidence: Evidence, origin: Origin) -> tuple[str, str]:
    """Whether the newest run that watched a series shows that memory leaks."""
    watched = [run.run_id for run in evidence.runs[origin.side] if run.kind == "memory"]
    grown = [row for row in memory_growth(evidence.store, watched) if row.series == origin.subject]
    newest = min(grown, key=lambda row: watched.index(row.run_id), default=None)
    if newest is None:
        return format_quantity(None, "bytes"), "n = 0"
    return f"**{LEAKS[newest.verdict]}**", f"run {newest.run_id}, n = {format_quantity(newest.n, 'count')}"


def _bound_of(evidence: Evidence, origin: Origin) -> ProfileBound:
    named = [run.run_id for runs in evidence.runs.values() for run in runs if run.run_id == origin.subject]
    found = profile_bounds(evidence.store, named) if named else []
    if not found:
        raise DocumentError(f"The run {origin.subject} is no profile that the report stands on.")
    return found[0]


def _bound_by(evidence: Evidence, origin: Origin) -> tuple[str, str]:
    return f"**{BOUND_BY[_bound_of(evidence, origin).bound]}**", f"run {origin.subject}"


def _bound_evidence(evidence: Evidence, origin: Origin) -> tuple[str, str]:
    """How busy it was, and what decides."""
    found = _bound_of(evidence, origin)
    sentences = found.evidence or ("nothing was counted",)
    deciding = next((item for item in sentences if found.bound in SAID and SAID[found.bound] in item), sentences[-1])
    return _quoted("; ".join(dict.fromkeys((sentences[0], deciding)))), f"run {origin.subject}"


FIGURES: dict[str, Figure] = {
    "value": _value,
    "lower bound": _bound("lo"),
    "upper bound": _bound("hi"),
    "speed-up": _ratio("ratio"),
    "least speed-up": _ratio("hi"),
    "greatest speed-up": _ratio("lo"),
    "change": _change,
    "judged": _judged,
    "accuracy": _accuracy,
    "measured saving": _saved,
    "cost": _of_finding("cost_ms"),
    "predicted saving": _of_finding("saves_ms"),
    "title": _title,
    "place": _place,
    "remedy": _words("remedy"),
    "basis": _words("saving_basis"),
    "leak": _leak,
    "bound": _bound_by,
    "bound because": _bound_evidence,
    "limit": _limit,
    "verdicts": _verdict_count,
    "findings": _finding_count,
    "gates": _gate_count,
    "items": _item_count,
    "endpoints": _faster_count,
    "runs": _run_count,
}


def _quoted(words: str) -> str:
    """Quotations within it get other marks, so that its end is its own."""
    return f"“{words.replace('“', '‘').replace('”', '’')}”"


def _samples(runs: int, samples: int) -> str:
    counted = format_quantity(samples, "count")
    return f"{runs} run{'s' if runs != 1 else ''}, n = {counted}"
