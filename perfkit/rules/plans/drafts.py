"""A finding of a plan's node: its place, who sends the statement, and what the node costs."""

from __future__ import annotations

from collections.abc import Mapping

from perfkit.analyses.statement_owners import StatementOwner
from perfkit.model.finding import Finding, Level
from perfkit.model.plan import Node
from perfkit.rules.drafts import draft

Owners = Mapping[str, StatementOwner]


def place_in_plan(node: Node) -> str:
    """Where a reader finds the node."""
    return f"{node.place} (plan {node.plan.head.plan_id}, node {node.step.node_id})"


def node_finding(  # noqa: PLR0913  these are the parts of a finding
    rule: str,
    node: Node,
    owners: Owners,
    *,
    title: str,
    remedy: str,
    effort: Level,
    cost_ms: float | None,
    saves_ms: float | None,
    saving_basis: str,
    impact: Level = "LOW",
    cause: str = "",
) -> Finding:
    """A finding that stands at a node; its impact is that on the statement, which holds where no request is known."""
    head = node.plan.head
    owner = owners.get(head.fingerprint or "")
    return draft(
        rule,
        head.run_id,
        title=title,
        place=place_in_plan(node),
        subject=owner.subject if owner else None,
        file=owner.file if owner else None,
        line=owner.line if owner else None,
        cost_ms=cost_ms,
        saves_ms=saves_ms,
        saving_basis=saving_basis,
        remedy=remedy,
        effort=effort,
        impact="LOW" if owner else impact,
        cause=cause,
        anchor=(head.fingerprint or head.name or "", node.place, cause),
    )
