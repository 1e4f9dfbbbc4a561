"""A rule says what is wrong, where and what it costs; how much that matters is judged for all rules in one place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from perfkit.model.finding import PRIORITY_OF, WEIGHT, Finding, Level, finding_id, identity_of, impact_of, without_numbers


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
    anchor: tuple[str, ...] | None = None,
    impact: Level = "LOW",
    subject: str | None = None,
    file: str | None = None,
    line: int | None = None,
    cost_ms: float | None = None,
    saves_ms: float | None = None,
    round_trips: float | None = None,
) -> Finding:
    """A finding as its rule sees it; impact is what the rule knows by itself, and the least that the finding gets.

    Its identity follows from the anchor, which for a statement is its fingerprint, file and function; without one
    from the place, cause and subject, numbers left out.
    """
    stays = anchor if anchor is not None else (without_numbers(place), without_numbers(cause), subject or "")
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
        identity=identity_of(rule, *stays),
        round_trips=round_trips,
    )


def weighed(findings: Iterable[Finding], request_ms: Mapping[str, float]) -> list[Finding]:
    """Findings with impact and priority from the share of the request that they cost, where that says more than the rule; worst first."""
    weighed_findings = []
    for finding in findings:
        impact = max(finding.impact, impact_of(finding.saves_ms, request_ms.get(finding.subject or "")), key=WEIGHT.__getitem__)
        weighed_findings.append(finding if impact == finding.impact else replace(finding, impact=impact, priority=PRIORITY_OF[impact]))
    return sorted(weighed_findings, key=lambda finding: (finding.priority, -(finding.saves_ms or 0), finding.finding_id))


def place_of(file: str | None, line: int | None, otherwise: str) -> str:
    """file:line where it is known."""
    return f"{file}:{line}" if file and line else otherwise
