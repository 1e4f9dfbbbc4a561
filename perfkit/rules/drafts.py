"""A rule says what is wrong, where and what it costs; how much that matters is judged for all rules in one place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from perfkit.model.finding import PRIORITY_OF, Finding, Level, finding_id, impact_of


def draft(  # noqa: PLR0913  these are the parts of a finding
    rule: str,
    run_id: str,
    *,
    title: str,
    place: str,
    saving_basis: str,
    remedy: str,
    effort: Level,
    cause: str = "",
    subject: str | None = None,
    file: str | None = None,
    line: int | None = None,
    cost_ms: float | None = None,
    saves_ms: float | None = None,
    impact: Level = "LOW",
) -> Finding:
    """A finding whose weight in the request is not known yet; impact is what the rule alone can say."""
    return Finding(
        finding_id=finding_id(rule, place, cause, run_id),
        run_id=run_id,
        rule=rule,
        priority=PRIORITY_OF[impact],
        impact=impact,
        effort=effort,
        title=title,
        subject=subject,
        place=place,
        file=file,
        line=line,
        cost_ms=cost_ms,
        saves_ms=saves_ms,
        saving_basis=saving_basis,
        remedy=remedy,
    )


def weighed(findings: Iterable[Finding], request_ms: Mapping[str, float]) -> list[Finding]:
    """Findings with impact and priority from the share of the request that they cost, worst first.

    Without a known request, or without a predicted saving, the rule's own word on the impact stands.
    """
    weighed_findings = []
    for finding in findings:
        known_ms = request_ms.get(finding.subject or "")
        impact = impact_of(finding.saves_ms, known_ms) if known_ms and finding.saves_ms is not None else finding.impact
        weighed_findings.append(replace(finding, impact=impact, priority=PRIORITY_OF[impact]))
    return sorted(weighed_findings, key=lambda finding: (finding.priority, -(finding.saves_ms or 0), finding.finding_id))


def place_of(file: str | None, line: int | None, otherwise: str) -> str:
    """file:line where it is known."""
    return f"{file}:{line}" if file and line else otherwise
